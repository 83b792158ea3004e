"""The migrations make what the models say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from evalsuite.db import MIGRATIONS, Base, downgrade, upgrade
from evalsuite.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
TABLES = Base.metadata
"""All of them: tests/conftest.py names one of each module."""


def names_of(engine: Engine) -> dict[str, Any]:
    """The names of everything that has one, by table."""
    found = inspect(engine)
    return {
        table: {
            "primary key": found.get_pk_constraint(table)["name"],
            "foreign keys": sorted(str(key["name"]) for key in found.get_foreign_keys(table)),
            "unique": sorted(str(key["name"]) for key in found.get_unique_constraints(table)),
            "indexes": sorted(str(index["name"]) for index in found.get_indexes(table)),
        }
        for table in sorted(found.get_table_names())
        if table != "alembic_version"
    }


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """An engine of a database of its own with all tables."""
    upgrade(empty_engine)
    return empty_engine


@pytest.mark.slow
def test_upgrading_from_nothing_gives_the_tables_of_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), TABLES)

    assert differences == []
    assert set(TABLES.tables) == set(names_of(engine))


@pytest.mark.slow
def test_constraints_and_indexes_have_the_names_that_the_models_give_them(engine: Engine) -> None:
    migrated = names_of(engine)
    downgrade(engine, "base")
    TABLES.create_all(engine)

    assert migrated == names_of(engine)


@pytest.mark.slow
def test_downgrading_to_nothing_leaves_no_table_and_the_way_up_is_open_again(engine: Engine) -> None:
    downgrade(engine, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]

    upgrade(engine)
    assert "scores" in inspect(engine).get_table_names()


@pytest.mark.slow
def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    before = names_of(engine)

    upgrade(engine)

    assert names_of(engine) == before


def test_scores_are_clustered_by_their_key_in_sqlite(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        tables = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()

    assert {name for name, sql in tables if "WITHOUT ROWID" in sql} == {
        "scores",
        "summaries",
        "pairs",
        "curves",
        "addresses",
        "outputs",
        "standings",
        "digests",
    }


@pytest.mark.slow
def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(UserError, match=r"newer version .*9999.* Update colorization-evalsuite"):
        upgrade(engine)


def test_a_failing_upgrade_leaves_nothing_behind(empty_engine: Engine) -> None:
    with empty_engine.begin() as connection:
        connection.execute(text("CREATE TABLE summaries (id INTEGER)"))

    with pytest.raises(Exception, match="summaries"):
        upgrade(empty_engine)

    assert inspect(empty_engine).get_table_names() == ["summaries"]


def test_revisions_come_one_after_the_other_in_the_order_of_their_numbers() -> None:
    files = sorted((MIGRATIONS / "versions").glob("*.py"))

    before = None
    for file in files:
        number, lines = file.name[:4], file.read_text().splitlines()
        assert re.fullmatch(r"\d{4}(_[a-z0-9]+){2,}\.py", file.name)
        assert f'revision = "{number}"' in lines
        assert f"down_revision = {before}" in lines
        before = f'"{number}"'


@pytest.mark.slow
def test_alembics_own_command_finds_the_migrations_and_sees_no_difference(sqlite_url: str) -> None:
    for arguments in (["upgrade", "head"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=ROOT,
            env={"DATABASE_URL": sqlite_url, "PYTHONPATH": str(ROOT), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "No new upgrade operations detected" in done.stdout
