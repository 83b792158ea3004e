"""The site as a whole."""

from __future__ import annotations

import pytest
from flask import Flask, request
from sqlalchemy import inspect

from tests.webapp.conftest import Enter
from webapp.config import MAX_REQUEST_BYTES


def test_the_site_brings_its_database_to_the_newest_tables(app: Flask) -> None:
    assert {"scores", "tokens", "shares"} <= set(inspect(app.extensions["engine"]).get_table_names())


@pytest.mark.slow
def test_an_empty_database_says_what_to_do_next(enter: Enter) -> None:
    answer = enter("viewer").get("/")

    assert answer.status_code == 200
    assert "evalsuite import runs/first" in answer.text


def test_a_wrong_address_gets_one_sentence_as_a_page(app: Flask) -> None:
    answer = app.test_client().get("/nowhere")

    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert answer.mimetype == "text/html"
    assert "default-src &#39;none&#39;" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.slow
def test_a_wrong_address_below_api_gets_json(app: Flask) -> None:
    answer = app.test_client().get("/api/nowhere")

    assert answer.status_code == 404
    assert "no such page" in answer.get_json()["error"]


@pytest.mark.slow
def test_a_strange_host_is_refused(app: Flask) -> None:
    assert app.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_large_request_is_refused(app: Flask) -> None:
    app.post("/api/echo")(lambda: str(len(request.get_data())))

    answer = app.test_client().post("/api/echo", data=b"x" * (MAX_REQUEST_BYTES + 1))

    assert answer.status_code == 413
    assert "too large" in answer.get_json()["error"]


@pytest.mark.slow
def test_a_bug_is_told_as_one_sentence_and_logged(app: Flask) -> None:
    def broken() -> str:
        raise RuntimeError("a secret detail")

    app.get("/api/broken")(broken)
    app.get("/broken")(broken)

    as_json, as_page = (app.test_client().get(path) for path in ("/api/broken", "/broken"))

    assert as_json.status_code == as_page.status_code == 500
    assert "The site made a mistake" in as_json.get_json()["error"]
    assert "The site made a mistake" in as_page.text
    assert "secret" not in as_json.text + as_page.text
