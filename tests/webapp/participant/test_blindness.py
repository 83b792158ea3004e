"""What participants receive, byte by byte: nothing that tells a condition, a file, a side, or another person."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.turk.studies_made import SECRET, make_study
from tests.webapp.participant.scripted import Scripted
from turk.registry import protocols
from turk.tables import SessionRow, StudyRow, TrialRow
from webapp import create_app
from webapp.config import Config

pytestmark = pytest.mark.slow


def test_no_byte_of_the_test_names_a_condition_a_file_or_a_hash(person: Scripted, engine: Engine) -> None:
    step = person.begin()
    while step["name"] == "trial":
        person.look(step)
        response = person.answer(step)
        assert response.json is not None
        step = response.json["step"]
    with Session(engine) as db:
        trials = list(db.scalars(select(TrialRow)))
        study = db.scalars(select(StudyRow)).one()
    secrets = {"ours", "theirs", "random", "photo-", study.folder}
    secrets |= {sha256 for files in study.config["stimuli"].values() for sha256 in files.values()}

    received = b"\n".join(person.received).decode("latin-1").lower()
    assert not {secret for secret in secrets if secret.lower() in received}
    assert {"condition", "stimulus", "fake_place", "truth"} & set(received.split('"')) <= {"truth"}
    assert received.count('"truth"') == sum(trial.kind == "practice" for trial in trials)


def test_answers_of_the_test_are_acknowledged_alike_whether_right_or_wrong(person: Scripted, engine: Engine) -> None:
    step = person.begin()
    sizes: dict[bool, set[tuple[str, ...]]] = {True: set(), False: set()}
    while step["name"] == "trial":
        test, nonce = step["block"] == "test", step["nonce"]
        response = person.answer(step)
        assert response.json is not None
        step = response.json["step"]
        with Session(engine) as db:
            trial = db.scalars(select(TrialRow).where(TrialRow.nonce == nonce)).one()
        if test and step["name"] == "trial":
            sizes[bool(trial.correct)].add((str(response.status_code), *sorted(response.json), *sorted(step)))

    assert sizes[True] == sizes[False]


def test_addresses_and_order_tell_nothing(app: Flask, engine: Engine, tmp_path: Path) -> None:
    row = make_study(engine, tmp_path / "large", name="large", photos=80, parameters={"test": 40, "catch": 8})
    first, second = (Scripted(app.test_client(), row.name) for _ in range(2))
    one, two = first.begin(), second.begin()
    with Session(engine) as db:
        sides = list(db.scalars(select(TrialRow.fake_place).where(TrialRow.kind == "test")))

    assert not set(one["images"]) & set(two["images"])
    assert 0.3 < sum(side == 0 for side in sides) / len(sides) < 0.7


def test_images_carry_nothing_but_themselves(person: Scripted) -> None:
    step = person.begin()
    answers = [person.request("GET", address) for address in step["images"]]

    for response in answers:
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers
        assert "Last-Modified" not in response.headers
    [first, second] = [[(name, value) for name, value in answer.headers if name != "Date"] for answer in answers]
    assert first == second


def test_pages_of_participants_and_their_answers_have_their_own_headers(person: Scripted, study: StudyRow) -> None:
    page = person.request("GET", f"/study/{study.name}").headers
    data = person.enter().headers

    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert "'unsafe" not in page["Content-Security-Policy"]
    assert page["Cross-Origin-Opener-Policy"] == "same-origin"
    for headers in (page, data):
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "X-Frame-Options" not in headers
        assert "Set-Cookie" not in headers


def test_mturk_alone_may_frame_its_studies(app: Flask, engine: Engine, tmp_path: Path) -> None:
    row = make_study(engine, tmp_path / "hit", name="hit", recruiter="mturk")
    policy = app.test_client().get(f"/study/{row.name}?preview=1").headers["Content-Security-Policy"]

    assert "frame-ancestors 'self' https://www.mturk.com https://worker.mturk.com" in policy
    assert "form-action 'self' https://www.mturk.com" in policy


def test_sites_that_are_named_may_frame_a_link_and_https_stays_https(
    engine: Engine, tmp_path: Path, study: StudyRow
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    config = Config(
        url, SECRET, tmp_path / "studies", tmp_path / "thumbnails",
        public_url="https://study.example", recruiter_origins=("https://panel.example",),
    )  # fmt: skip
    app = create_app(config)
    headers = app.test_client().get(f"/study/{study.name}").headers
    app.extensions["engine"].dispose()

    assert "frame-ancestors 'self' https://panel.example" in headers["Content-Security-Policy"]
    assert "max-age" in headers["Strict-Transport-Security"]


@pytest.mark.parametrize("name", sorted(protocols()))
def test_the_preview_of_every_protocol_shows_a_trial_of_its_form(
    app: Flask, engine: Engine, tmp_path: Path, name: str
) -> None:
    row = make_study(engine, tmp_path / "look", name="look", protocol=name)
    page = app.test_client().get(f"/study/{row.name}?preview=1").text
    found = re.search(r'data-preview="([^"]*)"', page)
    assert found is not None
    step = json.loads(unescape(found[1]))

    single = name in ("single", "naturalness", "rating")
    assert step["screen"]["order"] == ([0] if single else [0, 1])
    assert len(step["images"]) == (1 if single else 2)
    assert all("demonstration" in image for image in step["images"])


def test_the_hash_of_the_study_stands_on_its_page(person: Scripted, study: StudyRow) -> None:
    assert study.sha256[:16] in person.request("GET", f"/study/{study.name}").text


@pytest.mark.parametrize("lang", ["en", "de"])
def test_the_page_speaks_the_language_that_is_asked_for(app: Flask, study: StudyRow, lang: str) -> None:
    client = app.test_client()

    assert f'<html lang="{lang}">' in client.get(f"/study/{study.name}?lang={lang}").text
    assert f'<html lang="{lang}">' in client.get(f"/study/{study.name}", headers={"Accept-Language": lang}).text


def test_a_walk_over_every_route_shows_nobody_another_session(app: Flask, study: StudyRow, engine: Engine) -> None:
    victim = Scripted(app.test_client(), study.name)
    step = victim.begin()
    thief = Scripted(app.test_client(), study.name)
    thief.begin()
    nobody = Scripted(app.test_client(), study.name)
    for walker in (thief, nobody):
        walker.received.clear()
        for rule in app.url_map.iter_rules():
            values = {name: _value(name, study.name, step["nonce"]) for name in rule.arguments}
            with app.test_request_context():
                path = app.url_map.bind("localhost").build(rule.endpoint, values)
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                assert walker.request(method, path, {}).status_code < 500
    with Session(engine) as db:
        answered = [trial.nonce for trial in db.scalars(select(TrialRow).where(TrialRow.state == "answered"))]
        states = {row.token_sha256: row.state for row in db.scalars(select(SessionRow))}

    received = b"".join([*thief.received, *nobody.received])
    assert not answered
    assert "running" in states.values()
    for secret in (victim.token, *step["images"], *step["ahead"]):
        assert secret.encode() not in received


def _value(name: str, study: str, nonce: str) -> object:
    known: dict[str, object] = {"name": study, "nonce": nonce, "token": nonce, "filename": "participant/main.js"}
    return known.get(name, 1)
