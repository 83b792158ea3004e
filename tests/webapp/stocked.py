"""A site's folder with runs and studies, made once for all processes of the tests, and databases copied from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evalsuite.db import make_engine
from tests.conftest import migrate, once
from tests.webapp.answered import add_study
from tests.webapp.runs import import_three_runs
from tests.webapp.studies import add_studies


def stocked(temporary: pytest.TempPathFactory) -> Path:
    """The folder; nobody opens its `evalsuite.db`, which is there to be copied."""
    return once(temporary, "stocked", lambda folder: fill(f"sqlite:///{folder / 'evalsuite.db'}", folder))


def database_of(stock: Path, folder: Path) -> str:
    """Copy the folder's database into another folder, and return its address."""
    shutil.copyfile(stock / "evalsuite.db", folder / "evalsuite.db")
    return f"sqlite:///{folder / 'evalsuite.db'}"


def fill(url: str, folder: Path) -> None:
    """Fill an empty database with three runs and four studies, whose files come into the folder."""
    migrate(url)
    engine = make_engine(url)
    import_three_runs(engine, folder)
    add_studies(engine, folder)
    add_study(engine)
    engine.dispose()
