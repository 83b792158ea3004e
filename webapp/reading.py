"""The database as pages read it: never written, and no statement longer than a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import ServiceUnavailable

from evalsuite.db import session_scope

LIMIT_S = 1.0
STEPS = 10_000
"""SQLite's virtual machine asks after so many steps, well below a millisecond, whether to go on."""
SLOW = (
    "The database took longer than a second to answer and was stopped. Narrow the view down, or try again in a moment."
)


@contextmanager
def reading(engine: Engine, limit_s: float = LIMIT_S) -> Iterator[Session]:
    """Open a session that reads.

    Raises:
        ServiceUnavailable: A statement took longer than the limit and was stopped.
    """
    try:
        with session_scope(engine, read_only=True) as session:
            limit = _limit_sqlite if engine.dialect.name == "sqlite" else _limit_postgresql
            with limit(session.connection(), limit_s):
                yield session
    except OperationalError as error:
        if _stopped(error):
            raise ServiceUnavailable(SLOW) from None
        raise


@contextmanager
def _limit_sqlite(connection: Connection, limit_s: float) -> Iterator[None]:
    until = time.monotonic() + limit_s

    def start(*_: Any) -> None:
        nonlocal until
        until = time.monotonic() + limit_s

    driver: Any = connection.connection.driver_connection
    event.listen(connection, "before_cursor_execute", start)
    driver.set_progress_handler(lambda: time.monotonic() > until, STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, STEPS)


@contextmanager
def _limit_postgresql(connection: Connection, limit_s: float) -> Iterator[None]:
    connection.execute(text(f"SET LOCAL statement_timeout = {int(1000 * limit_s)}"))
    yield


def _stopped(error: OperationalError) -> bool:
    """SQLite says "interrupted", PostgreSQL 57014 (query_canceled)."""
    return str(error.orig) == "interrupted" or getattr(error.orig, "sqlstate", None) == "57014"
