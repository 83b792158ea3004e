"""Any request to any address that the site's table of routes has: an answer or a sentence, never a crash."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from evalsuite.db import Base
from tests.webapp.participant.scripted import Scripted
from tests.webapp.participant.test_hostile import BODIES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
WORDS = st.text(max_size=30) | st.sampled_from(
    ["..", "../..", "%2e%2e", "\x00", "0", "-1", "99999999999999999999", "'--", "street", "app.css"]
)
QUERIES = st.dictionaries(
    st.sampled_from(["lang", "locale", "preview", "page", "sort", "id"]) | WORDS, WORDS, max_size=4
)
KINDS = st.sampled_from(
    ["application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)


def address(rule: Rule, words: list[str], query: dict[str, str]) -> str:
    """An address of a route with whatever words in place of its arguments."""
    path = re.sub("<[^>]+>", lambda _: quote(words.pop(), safe=""), rule.rule)
    return path + (f"?{urlencode(query)}" if query else "")


def counted(engine: Engine) -> dict[str, int]:
    """How many rows every table has."""
    with Session(engine) as db:
        return {
            name: db.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


@pytest.mark.slow
@settings(
    max_examples=150, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(data=st.data())
def test_any_request_is_an_answer_or_a_sentence_and_what_is_refused_writes_nothing(
    app: Flask, person: Scripted, engine: Engine, data: Any
) -> None:
    if not person.token:
        person.begin()
    rules = sorted(app.url_map.iter_rules(), key=str)
    rule = data.draw(st.sampled_from(rules))
    path = address(rule, data.draw(st.lists(WORDS, min_size=4, max_size=4)), data.draw(QUERIES))
    headers = data.draw(
        st.sampled_from(
            [{}, {"Authorization": f"Bearer {person.token}", "X-Tab": person.tab}, {"Authorization": "Bearer"}]
        )
    )
    body = {"json": data.draw(BODIES)} if data.draw(st.booleans()) else {"data": data.draw(st.binary(max_size=200))}
    if "data" in body:
        body["content_type"] = data.draw(KINDS)
    before = counted(engine)
    response = person.client.open(path, method=data.draw(st.sampled_from(METHODS)), headers=headers, **body)

    assert response.status_code < 500, response.data
    if response.status_code >= 400:
        assert counted(engine) == before
        assert b"Traceback" not in response.data
