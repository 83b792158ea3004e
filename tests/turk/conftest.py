"""A small study for tests of the turk floor and above."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import Clock
from turk.store import Store
from turk.tables import StudyRow


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def store(engine: Engine, clock: Clock) -> Store:
    """Where the study's events are kept, on each database in turn, by that clock."""
    return make_store(engine, clock=clock)


@pytest.fixture
def study_row(engine: Engine, tmp_path: Path) -> StudyRow:
    """The live study "street" of protocol zhang2016, three places in each of two arms."""
    return make_study(engine, tmp_path / "street")
