"""The database as pages read it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.exceptions import ServiceUnavailable

from tests.conftest import KINDS
from tests.webapp.conftest import Enter
from webapp.reading import ask, make_reader, reading

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
}
HANG_UP = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid != pg_backend_pid()"
)
"""What a server that is restarted does to everybody."""
BY_A_SERVER = pytest.mark.parametrize("engine", KINDS[1:], indirect=True)
"""SQLite has none that could hang up."""


@pytest.mark.slow
def test_a_statement_that_takes_too_long_is_stopped_with_a_sentence(engine: Engine) -> None:
    started = time.monotonic()

    with pytest.raises(ServiceUnavailable, match="longer than a second"), reading(make_reader(engine, 0.2)) as session:
        session.execute(text(ENDLESS[engine.dialect.name]))

    assert time.monotonic() - started < 30  # of a minute


@pytest.mark.slow
def test_the_limit_is_that_of_each_statement_and_not_of_the_page(engine: Engine) -> None:
    with reading(make_reader(engine, 0.3)) as session:
        for _ in range(3):
            time.sleep(0.15)
            assert session.scalar(text("SELECT 1")) == 1


def test_a_connection_that_was_stopped_serves_the_next_page(engine: Engine) -> None:
    reader = make_reader(engine, 0.1)
    with pytest.raises(ServiceUnavailable), reading(reader) as session:
        session.execute(text(ENDLESS[engine.dialect.name]))

    with reading(reader) as session:
        assert session.scalar(text("SELECT 2")) == 2


def test_pages_cannot_write(engine: Engine) -> None:
    with pytest.raises(DBAPIError), reading(make_reader(engine)) as session:
        session.execute(text("INSERT INTO counters (name, value) VALUES ('x', 1)"))


def test_other_mistakes_of_the_database_stay_what_they_are(engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="nothing_of_that_name"), reading(make_reader(engine)) as session:
        session.execute(text("SELECT * FROM nothing_of_that_name"))


@pytest.mark.slow
def test_visitors_read_why_a_page_was_stopped(app: Flask, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = text(ENDLESS[app.extensions["engine"].dialect.name])
    monkeypatch.setattr("webapp.dashboard.home.boards", lambda session: session.execute(endless))
    visitor = enter("viewer")

    answer = visitor.get("/")

    assert answer.status_code == 503
    assert "The database took longer than a second to answer and was stopped" in answer.text


@BY_A_SERVER
def test_visitors_never_notice_that_the_server_hung_up(engine: Engine, enter: Enter) -> None:
    visitor = enter("viewer")
    assert visitor.get("/").status_code == 200
    with engine.connect() as other:
        hung_up = other.execute(text(HANG_UP)).scalars().all()

    answers = [visitor.get("/").status_code for _ in range(2)]

    assert True in hung_up
    assert answers == [200, 200]


@pytest.mark.postgresql
def test_postgresql_hears_nothing_but_the_questions_of_a_page(postgresql_engine: Engine, tmp_path: Path) -> None:
    reader = make_reader(postgresql_engine)

    def ask_thrice() -> None:
        with reading(reader) as session:
            for _ in range(2):
                session.execute(text("SELECT 1"))

    for _ in range(3):  # statements are prepared meanwhile
        ask_thrice()
    with reader.connect() as connection, (tmp_path / "heard").open("w") as heard:
        driver: Any = connection.connection.driver_connection
        server = driver.pgconn
        server.trace(heard.fileno())
        connection.close()
        ask_thrice()
        server.untrace()

    assert (tmp_path / "heard").read_text().count("ReadyForQuery") == 3


@BY_A_SERVER
def test_a_server_that_is_gone_for_good_is_no_page_without_end(engine: Engine) -> None:
    reader, asked = make_reader(engine), []

    def question(session: Session) -> None:
        asked.append(session)
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DBAPIError, match="terminating connection"):
        ask(reader, question)

    assert len(asked) == 2
