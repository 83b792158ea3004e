"""Whatever is sent to the study site: a sentence, never a crash, and nothing is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.webapp.participant.scripted import DEVICE, Scripted, exposure
from turk.study import REAL
from turk.tables import DecisionRow, EventRow, SessionRow, StudyRow, TrialRow

pytestmark = pytest.mark.slow

EVENTS = ("device", "consent", "color-vision", "begin", "events", "comment", "leave", "finish")
ROUTES = [("POST", f"/api/session/{event}") for event in EVENTS] + [("GET", "/api/session")]
BODIES_OF: dict[str, dict[str, Any]] = {
    "device": DEVICE,
    "consent": {"version": "v1", "agree": True},
    "color-vision": {"answers": []},
    "begin": {},
    "events": {"events": []},
    "comment": {"text": ""},
    "leave": {},
    "finish": {},
}
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
)
NAMES = ["query", "tab", "locale", "synthetic", "version", "agree", "answers", "events", "text", "answer", "rt_ms"]
NAMES += ["exposure", "elapsed_ms", "width", "height", "refresh_hz", "touch"]
BODIES = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=6)
MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def counts(engine: Engine) -> list[int]:
    """How much there is of everything that people can make."""
    with Session(engine) as db:
        tables = (SessionRow, EventRow, DecisionRow)
        found = [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]
        return [*found, db.scalar(select(func.count()).where(TrialRow.state == "answered")) or 0]


def refused(response: Any) -> None:
    """It says why in a sentence, with a status of the caller's mistakes."""
    assert 400 <= response.status_code < 500, response.data
    sentence = response.json["error"]
    assert sentence.endswith((".", "!"))
    assert len(sentence) < 400


@MANY
@given(body=BODIES, k=st.integers(0, len(ROUTES)))
def test_any_json_to_any_route_is_an_answer_or_a_refusal(person: Scripted, body: dict[str, Any], k: int) -> None:
    if not person.token:
        person.begin()
    method, path = [*ROUTES, ("POST", f"/api/studies/{person.study}/enter")][k]
    response = person.request(method, path, body if method != "GET" else None)

    assert response.status_code < 500, response.data
    if response.status_code >= 400:
        refused(response)


@MANY
@given(body=BODIES, changed=st.sampled_from(["answer", "rt_ms", "exposure", "elapsed_ms"]), value=VALUES)
def test_any_answer_that_is_none_is_refused_and_not_kept(
    person: Scripted, engine: Engine, body: dict[str, Any], changed: str, value: Any
) -> None:
    if not person.token:
        person.begin()
    found = person.request("GET", "/api/session").json
    assert found is not None
    step = found["step"]
    before = counts(engine)
    for response in (
        person.request("PUT", f"/api/trials/{step['nonce']}", body),
        person.answer(step, **{changed: value}) if not acceptable(changed, value) else None,
    ):
        if response is not None:
            refused(response)

    assert counts(engine) == before


def acceptable(name: str, value: Any) -> bool:
    """Whether a value is one that an honest page may send."""
    if name == "answer":
        return value in ("left", "right")
    if name == "exposure":
        return isinstance(value, dict)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 <= value <= 86_400_000 if name == "rt_ms" else number or value is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"[" * 30_000, "application/json"),
        (b'{"a":' * 5_000, "application/json"),
        (b'{"answer": "left"}', "text/plain"),
        (b"\xff\xfe\x00", "application/json"),
        (b'"' + b"1" * 60_000 + b'"', "application/json"),
        (b"1" * 60_000, "application/json"),
    ],
)
def test_bytes_that_are_no_request_are_refused(person: Scripted, engine: Engine, body: bytes, kind: str) -> None:
    step = person.begin()
    before = counts(engine)
    sent = {"X-Tab": person.tab, "Authorization": f"Bearer {person.token}", "Content-Type": kind}
    for method, path in [*ROUTES[:-1], ("PUT", f"/api/trials/{step['nonce']}")]:
        refused(person.client.open(path, method=method, data=body, headers=sent))

    assert counts(engine) == before


def test_a_huge_body_is_refused_unread(person: Scripted) -> None:
    person.begin()
    response = person.request("POST", "/api/session/comment", {"text": "x" * 200_000})

    assert response.status_code == 413
    refused(response)


@pytest.mark.parametrize("token", ["", "x", "x" * 32, "x" * 5000, "ä" * 32, "' OR 1=1 --", "\u0000"])
def test_a_wrong_token_opens_nothing(person: Scripted, token: str) -> None:
    step = person.begin()
    sent = {"X-Tab": person.tab, "Authorization": f"Bearer {token}".encode().decode("latin-1")}
    for method, path in [*ROUTES, ("PUT", f"/api/trials/{step['nonce']}")]:
        body = BODIES_OF.get(path.rsplit("/", 1)[1], {"answer": "left", "rt_ms": 1, "exposure": {}})
        response = person.client.open(path, method=method, json=None if method == "GET" else body, headers=sent)

        assert response.status_code == 401
        refused(response)


def test_another_sessions_trial_cannot_be_answered(app: Flask, study: StudyRow, engine: Engine) -> None:
    mine, theirs = (Scripted(app.test_client(), study.name) for _ in range(2))
    mine.begin()
    step = theirs.begin()
    before = counts(engine)
    response = mine.answer(step)

    assert response.status_code == 404
    refused(response)
    assert counts(engine) == before


@pytest.mark.parametrize(
    "path",
    [
        "/i/../secret_key",
        "/i/..%2f..%2fsecret_key",
        "/i/%00",
        "/i/" + "a" * 5000,
        "/study/..%2f..",
        "/study/%00",
        "/study/" + "x" * 3000,
        "/static/../config.py",
        "/static/participant/..%2f..%2fconfig.py",
        "/static//etc/passwd",
        "/api/trials/%00",
        "/api/trials/..%2fsession",
    ],
)
def test_tricks_with_paths_find_nothing(person: Scripted, path: str) -> None:
    person.begin()
    for method in ("GET", "PUT"):
        response = person.request(method, path, {"answer": "left", "rt_ms": 1, "exposure": {"shown": []}})

        assert response.status_code in (308, 400, 404, 405)
        assert b"secret" not in response.data


def test_numbers_that_json_does_not_know_are_refused(person: Scripted, engine: Engine) -> None:
    step = person.begin()
    sent = {"X-Tab": person.tab, "Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}
    before = counts(engine)
    for odd in ("NaN", "Infinity", "-Infinity", "1e999", "-1"):
        text = json.dumps({"answer": "left", "exposure": exposure(step)})[:-1] + f', "rt_ms": {odd}}}'
        refused(person.client.put(f"/api/trials/{step['nonce']}", data=text, headers=sent))

    assert counts(engine) == before


@pytest.mark.parametrize("name", [REAL, "unknown", "street2", "STREET"])
def test_an_unknown_study_is_a_sentence(app: Flask, study: StudyRow, name: str) -> None:
    page = app.test_client().get(f"/study/{name}")
    entered = Scripted(app.test_client(), name).enter(synthetic=False)

    assert page.status_code == 404
    assert "There is no such study." in page.text
    refused(entered)
