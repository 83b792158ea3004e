"""What the commands about money share: the database, and the books of a study."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from evalsuite.db import default_url, make_engine, upgrade
from evalsuite.thumbnails import folder_beside
from turk.books import Books, open_books
from turk.recruiters.registry import recruiter
from turk.site_secret import site_secret


@contextmanager
def database(url: str | None) -> Iterator[Engine]:
    """Open the database at its newest revision."""
    engine = make_engine(url or default_url())
    try:
        upgrade(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def books_of(engine: Engine, name: str, url: str | None) -> Iterator[Books]:
    """Open a study's books."""
    secret = site_secret(os.environ, folder_beside(url or default_url()))
    with open_books(engine, name, secret, recruiter) as books:
        yield books
