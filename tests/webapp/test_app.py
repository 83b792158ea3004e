"""The site as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, request
from sqlalchemy import inspect

from webapp import create_app
from webapp.config import MAX_REQUEST_BYTES, Config


@pytest.fixture
def config(tmp_path: Path, sqlite_url: str) -> Config:
    return Config(sqlite_url, "k" * 32, tmp_path / "studies", tmp_path / "thumbnails")


@pytest.fixture
def app(config: Config) -> Flask:
    return create_app(config)


def test_the_site_brings_its_database_to_the_newest_tables(app: Flask) -> None:
    assert "scores" in inspect(app.extensions["engine"]).get_table_names()


def test_the_first_page_answers(app: Flask) -> None:
    assert app.test_client().get("/").status_code == 200


def test_a_wrong_address_gets_one_sentence_as_a_page(app: Flask) -> None:
    answer = app.test_client().get("/nowhere")

    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert answer.mimetype == "text/html"


def test_a_wrong_address_below_api_gets_json(app: Flask) -> None:
    answer = app.test_client().get("/api/nowhere")

    assert answer.status_code == 404
    assert "no such page" in answer.get_json()["error"]


def test_a_strange_host_is_refused(app: Flask) -> None:
    assert app.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_large_request_is_refused(app: Flask) -> None:
    app.post("/api/echo")(lambda: str(len(request.get_data())))

    answer = app.test_client().post("/api/echo", data=b"x" * (MAX_REQUEST_BYTES + 1))

    assert answer.status_code == 413
    assert "too large" in answer.get_json()["error"]
