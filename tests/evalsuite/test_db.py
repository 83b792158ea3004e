"""Engines, sessions and times, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, inspect, literal, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from evalsuite.db import SQLITE_PRAGMAS, UtcDateTime, default_url, make_engine, now, session_scope, upgrade
from evalsuite.errors import UserError
from evalsuite.tables import CounterRow, EntryRow
from tests.conftest import SHIPPED_PRAGMAS


def counter(engine: Engine, name: str) -> int | None:
    """The value of a counter, None where there is none."""
    with session_scope(engine, read_only=True) as session:
        return session.scalar(select(CounterRow.value).where(CounterRow.name == name))


def test_the_database_is_an_sqlite_file_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert default_url() == f"sqlite:///{tmp_path}/colorization-evalsuite/evalsuite.db"


def test_database_url_names_another_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://lab/colors")

    assert default_url() == "postgresql://lab/colors"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_way_to_write_postgresql_means_psycopg_3(scheme: str) -> None:
    engine = make_engine(f"{scheme}://someone:secret@lab:5433/colors?sslmode=require")

    assert engine.url.render_as_string(False) == "postgresql+psycopg://someone:secret@lab:5433/colors?sslmode=require"


def test_the_folder_of_a_new_sqlite_file_is_made(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/new/folder/evalsuite.db")
    upgrade(engine)
    engine.dispose()

    assert (tmp_path / "new/folder/evalsuite.db").is_file()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UserError, match=r"file/folder: the database's folder cannot be made \(Not a directory\)"):
        make_engine(f"sqlite:///{tmp_path}/file/folder/evalsuite.db")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("evalsuite.db", r"'evalsuite.db' is no database URL\. Write sqlite:///FILE"),
        ("mysql://lab/colors", "the database is sqlite or postgresql; got 'mysql'"),
    ],
)
def test_other_databases_are_refused(url: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make_engine(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.db").write_bytes(b"\x89PNG" * 1000)
    engine = make_engine(f"sqlite:///{tmp_path}/photo.db")

    with pytest.raises(UserError, match=r"cannot be opened \(file is not a database\)\. Check --db or DATABASE_URL"):
        upgrade(engine)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    engine = make_engine("postgresql://someone:secret@127.0.0.1:1/colors")

    with pytest.raises(UserError, match=r"someone:\*\*\*@127.0.0.1:1/colors: the database cannot be opened") as caught:
        upgrade(engine)

    assert "secret" not in str(caught.value)


def test_sqlite_writes_ahead_waits_and_keeps_foreign_keys(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SQLITE_PRAGMAS, "synchronous", SHIPPED_PRAGMAS["synchronous"])

    with sqlite_engine.connect() as connection:
        found = {
            pragma: connection.execute(text(f"PRAGMA {pragma}")).scalar()
            for pragma in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous")
        }

    assert found == {"journal_mode": "wal", "busy_timeout": 30000, "foreign_keys": 1, "synchronous": 2}


def test_a_session_commits_at_its_end(engine: Engine) -> None:
    with session_scope(engine) as session:
        session.add(CounterRow(name="visits", value=3))

    assert counter(engine, "visits") == 3


def test_an_error_takes_back_all_that_its_session_wrote(engine: Engine) -> None:
    def fail() -> None:
        with session_scope(engine) as session:
            session.add(CounterRow(name="visits", value=1))
            session.flush()
            session.execute(text("CREATE TABLE stray (id INTEGER)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert counter(engine, "visits") is None
    assert "stray" not in inspect(engine).get_table_names()


def test_a_reading_session_cannot_write_and_leaves_the_next_one_free(engine: Engine) -> None:
    with pytest.raises(DBAPIError), session_scope(engine, read_only=True) as session:
        session.execute(insert(CounterRow).values(name="visits", value=1))

    with session_scope(engine) as session:
        session.add(CounterRow(name="visits", value=2))
    assert counter(engine, "visits") == 2


def test_foreign_keys_hold(engine: Engine) -> None:
    with pytest.raises(IntegrityError), session_scope(engine) as session:
        session.add(EntryRow(run_id=1, colorizer_id=1, position=0))


def test_readers_do_not_wait_for_a_writer(engine: Engine) -> None:
    with session_scope(engine) as session:
        session.add(CounterRow(name="visits", value=1))
        session.flush()

        assert counter(engine, "visits") is None


@pytest.mark.slow
def test_writers_that_read_first_wait_for_each_other_and_none_is_lost(sqlite_engine: Engine) -> None:
    with session_scope(sqlite_engine) as session:
        session.add(CounterRow(name="visits", value=0))

    def visit() -> None:
        for _ in range(20):
            with session_scope(sqlite_engine) as session:
                session.get_one(CounterRow, "visits").value += 1

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counter(sqlite_engine, "visits") == 80


def test_times_come_back_aware_and_in_utc(engine: Engine) -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))
    with session_scope(engine) as session:
        found = session.scalar(select(literal(noon, UtcDateTime())))

    assert found == noon
    assert found is not None
    assert found.utcoffset() == timedelta(0)


def test_no_time_stays_no_time(engine: Engine) -> None:
    with session_scope(engine) as session:
        assert session.scalar(select(literal(None, UtcDateTime()))) is None


def test_a_naive_time_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementError, match="times are aware"), session_scope(engine) as session:
        session.scalar(select(literal(datetime(2026, 1, 31), UtcDateTime())))


def test_now_is_aware() -> None:
    assert now().tzinfo is UTC
