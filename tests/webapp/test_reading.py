"""The database as pages read it."""

from __future__ import annotations

import time

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import ServiceUnavailable

from tests.webapp.conftest import Enter
from webapp.reading import reading

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
}


@pytest.mark.slow
def test_a_statement_that_takes_too_long_is_stopped_with_a_sentence(engine: Engine) -> None:
    started = time.monotonic()

    with pytest.raises(ServiceUnavailable, match="longer than a second"), reading(engine, 0.2) as session:
        session.execute(text(ENDLESS[engine.dialect.name]))

    assert time.monotonic() - started < 5


@pytest.mark.slow
def test_the_limit_is_that_of_each_statement_and_not_of_the_page(engine: Engine) -> None:
    with reading(engine, 0.3) as session:
        for _ in range(3):
            time.sleep(0.15)
            assert session.scalar(text("SELECT 1")) == 1


def test_a_connection_that_was_stopped_serves_the_next_page(engine: Engine) -> None:
    with pytest.raises(ServiceUnavailable), reading(engine, 0.1) as session:
        session.execute(text(ENDLESS[engine.dialect.name]))

    with reading(engine) as session:
        assert session.scalar(text("SELECT 2")) == 2


def test_pages_cannot_write(engine: Engine) -> None:
    with pytest.raises(DBAPIError), reading(engine) as session:
        session.execute(text("INSERT INTO counters (name, value) VALUES ('x', 1)"))


def test_other_mistakes_of_the_database_stay_what_they_are(engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="nothing_of_that_name"), reading(engine) as session:
        session.execute(text("SELECT * FROM nothing_of_that_name"))


@pytest.mark.slow
def test_visitors_read_why_a_page_was_stopped(app: Flask, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = text(ENDLESS[app.extensions["engine"].dialect.name])
    monkeypatch.setattr("webapp.dashboard.home.boards", lambda session: session.execute(endless))
    visitor = enter("viewer")

    answer = visitor.get("/")

    assert answer.status_code == 503
    assert "The database took longer than a second to answer and was stopped" in answer.text
