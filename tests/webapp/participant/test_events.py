"""A session over HTTP, event by event."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.turk.studies_made import make_study
from tests.webapp.participant.scripted import DEVICE, Scripted
from turk.tables import SessionRow, StudyRow, TrialRow

pytestmark = pytest.mark.slow


def finish(person: Scripted, step: dict[str, Any]) -> dict[str, Any]:
    """Answer all trials that are left, and finish."""
    while step["name"] == "trial":
        response = person.answer(step)
        assert response.status_code == 200, response.data
        step = response.json["step"] if response.json else {}
    return person.post("finish")


def test_a_session_ends_with_a_code(person: Scripted, engine: Engine) -> None:
    done = finish(person, person.begin())

    with Session(engine) as db:
        [row] = db.scalars(select(SessionRow))
        answered = db.scalar(select(func.count()).where(TrialRow.state == "answered"))
    assert done["departure"] == {"kind": "code", "code": row.code}
    assert answered == 8


def test_the_same_answer_again_has_the_same_result_and_another_is_refused(person: Scripted) -> None:
    step = person.begin()
    first, again = person.answer(step), person.answer(step)
    other = person.answer(step, "right")

    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert other.status_code == 409
    assert "first answer counts" in str(other.json)


def test_practice_tells_the_truth_after_the_answer_and_the_test_tells_nothing(person: Scripted) -> None:
    step = person.begin()
    told = []
    while step["name"] == "trial":
        response = person.answer(step)
        assert response.json is not None
        told.append((step["block"], response.json.get("feedback", {}).get("truth")))
        step = response.json["step"]

    assert [truth in ("left", "right") for block, truth in told if block == "practice"] == [True, True]
    assert [truth for block, truth in told if block == "test"] == [None] * 6


def test_an_answer_faster_than_the_images_is_refused_and_can_be_given_later(
    app: Flask, engine: Engine, tmp_path: Path
) -> None:
    slow = make_study(engine, tmp_path / "slow", name="slow", parameters={"exposure_ms": 5000})
    person = Scripted(app.test_client(), slow.name)
    step = person.begin()
    early = person.answer(step, elapsed_ms=300)

    assert early.status_code == 422
    assert "before the images could be seen" in str(early.json)
    assert person.answer(step).status_code == 200


def test_virtual_time_is_for_synthetic_participants_alone(app: Flask, study: StudyRow) -> None:
    human = Scripted(app.test_client(), study.name)
    assert human.enter(synthetic=False).status_code == 200
    version = human.post("device", DEVICE)["version"]
    human.post("consent", {"version": version, "agree": True})
    human.post("color-vision", {"answers": ["no"]})

    assert human.answer(human.post("begin")).status_code == 400


def test_the_newest_tab_wins(person: Scripted) -> None:
    step = person.begin()
    other = Scripted(person.client, person.study, token=person.token)
    seen = other.request("GET", "/api/session")
    older = person.answer(step)

    assert seen.json is not None
    assert seen.json["step"] == step
    assert older.status_code == 409
    assert older.json is not None
    assert older.json["moved"] is True
    assert other.answer(step).status_code == 200


def test_a_person_who_comes_again_goes_on_with_the_same_pairs(app: Flask, study: StudyRow) -> None:
    first = Scripted(app.test_client(), study.name)
    step = first.begin(id="p-17")
    second = Scripted(app.test_client(), study.name)
    again = second.enter(id="p-17")

    assert again.json is not None
    assert again.json["step"] == step
    assert first.request("GET", "/api/session").status_code == 401


def test_a_study_without_places_says_so_before_consent(app: Flask, engine: Engine, tmp_path: Path) -> None:
    full = make_study(engine, tmp_path / "full", name="full", participants_per_condition=1, conditions=("ours",))
    Scripted(app.test_client(), full.name).enter(synthetic=False)
    late = Scripted(app.test_client(), full.name).enter(synthetic=False)

    assert late.status_code == 409
    assert late.json is not None
    assert late.json["kind"] == "no_place"


@pytest.mark.parametrize(("state", "status"), [("built", 410), ("paused", 410), ("closed", 410)])
def test_a_study_that_is_not_live_takes_nobody_in(
    app: Flask, engine: Engine, tmp_path: Path, state: str, status: int
) -> None:
    row = make_study(engine, tmp_path / state, name=state, state=state)

    assert Scripted(app.test_client(), row.name).enter(synthetic=False).status_code == status


def test_events_and_leaving(person: Scripted, engine: Engine) -> None:
    person.begin()
    noted = person.request("POST", "/api/session/events", {"events": [{"kind": "blur", "at_ms": 12, "facts": {}}]})
    left = person.post("leave")

    assert noted.json == {}
    assert left["name"] == "left"
    with Session(engine) as db:
        assert db.scalars(select(SessionRow.state)).one() == "left"


def test_images_are_served_while_their_trial_is_near_and_to_nobody_later(person: Scripted) -> None:
    step = person.begin()
    images = person.look(step)
    person.answer(step)
    later = [person.request("GET", address).status_code for address in step["images"]]

    assert all(image.startswith(b"\x89PNG") for image in images)
    assert len({len(image) for image in images}) == 1
    assert later == [404, 404]
    assert person.request("GET", f"/i/{secrets.token_urlsafe(24)}").status_code == 404
