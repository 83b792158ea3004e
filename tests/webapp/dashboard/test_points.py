"""What somebody did to a photo's points, event by event."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from evalsuite.db import session_scope
from tests.turk.coloring_made import SIZE, make_coloring_study
from tests.webapp.conftest import come_in
from turk.coloring_tables import ColoringRow, PointEventRow
from turk.tables import ConditionRow, ParticipantRow, SessionRow, TrialRow
from webapp.srgb import lab_of

NOW = datetime(2026, 1, 31, tzinfo=UTC)
EVENTS: tuple[dict[str, Any], ...] = (
    {"kind": "place", "point": 0, "at_ms": 1500.0, "x": 10, "y": 20, "a": 30.0, "b": -10.0, "size": 6,
     "source": "recommended"},
    {"kind": "place", "point": 1, "at_ms": 2500.0, "x": 40, "y": 41, "a": -20.0, "b": 20.0, "size": 6},
    {"kind": "move", "point": 0, "at_ms": 3000.0, "x": 12, "y": 20},
    {"kind": "delete", "point": 1, "at_ms": 4000.0},
)  # fmt: skip


@pytest.fixture
def trial(app: Flask, tmp_path: Path) -> int:
    """A photo of a synthetic participant that was handed in after some events; another one is gray."""
    engine: Engine = app.extensions["engine"]
    study = make_coloring_study(engine, tmp_path / "paint")
    return add_session(engine, study.id, synthetic=True)


def add_session(engine: Engine, study_id: int, synthetic: bool) -> int:
    """Keep a session of two photos; the key of the first, which has points, is returned."""
    with session_scope(engine) as db:
        person = ParticipantRow(platform="link", key=f"person {synthetic}", created_at=NOW)
        db.add(person)
        db.flush()
        mine = (ConditionRow.study_id == study_id, ConditionRow.name == "with_recommendations")
        condition = db.scalars(select(ConditionRow.id).where(*mine)).one()
        session = SessionRow(
            study_id=study_id, participant_id=person.id, synthetic=synthetic, token_sha256=f"{synthetic}", tab="t",
            state="finished", arm="all", rank=0, seed=1, locale="en", arrival={}, created_at=NOW, seen_at=NOW,
        )  # fmt: skip
        db.add(session)
        db.flush()
        first, second = (
            TrialRow(
                session_id=session.id, number=k, kind="test", photo=f"photo-{k:03d}", condition_id=condition,
                stimuli=[[f"photo-{k:03d}", "with_recommendations"]], turns=[0], nonce=f"{synthetic}{k}",
                state="answered", answer="done", rt_ms=9000.0, valid=True, exposure={},
            )
            for k in range(2)
        )  # fmt: skip
        db.add_all([first, second])
        db.flush()
        db.add(ColoringRow(trial_id=first.id, begun_at=NOW, colorizer="levin2004"))
        db.add_all(PointEventRow(trial_id=first.id, number=k, kept_at=NOW, **event) for k, event in enumerate(EVENTS))
        return first.id


@pytest.mark.slow
def test_a_session_leads_to_the_points_of_its_photos(app: Flask, trial: int) -> None:
    visitor = come_in(app, "researcher")
    with session_scope(app.extensions["engine"], read_only=True) as db:
        session = db.scalars(select(TrialRow.session_id).where(TrialRow.id == trial)).one()

    page = visitor.get(f"/sessions/{session}").text

    assert f'href="/trials/{trial}/points">Points of 1<' in page
    assert "Exposure" not in page
    assert visitor.get(f"/trials/{trial}").location == f"/trials/{trial}/points"
    assert visitor.get(f"/trials/{trial}.json").location == f"/trials/{trial}/points.json"


@pytest.mark.slow
def test_points_are_those_after_so_many_events_in_the_color_that_they_have_there(app: Flask, trial: int) -> None:
    visitor = come_in(app, "researcher")

    found = [visitor.get(f"/trials/{trial}/points.json?after={k}").get_json() for k in range(5)]
    whole = visitor.get(f"/trials/{trial}/points.json").get_json()

    assert [[(mark["point"], mark["x"]) for mark in one["points"]] for one in found] == [
        [], [(0, 10)], [(0, 10), (1, 40)], [(0, 12), (1, 40)], [(0, 12)],
    ]  # fmt: skip
    assert whole["points"] == found[4]["points"]
    assert [row["source"] for row in whole["rows"]] == ["recommended", None, None, None]
    color = found[1]["points"][0]["color"]
    _, a, b = lab_of([int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    assert (a, b) == pytest.approx((30, -10), abs=1.5)


@pytest.mark.slow
def test_the_page_draws_the_photo_with_its_points_and_leads_from_event_to_event(app: Flask, trial: int) -> None:
    visitor = come_in(app, "researcher")

    page = visitor.get(f"/trials/{trial}/points?after=2").text

    assert f'<image href="/stimulus/{trial}/0.png" width="{SIZE}"' in page
    assert len(re.findall("<rect ", page)) == 2
    assert "After 2 of 4 events, 2.5 s after the photo was opened" in page
    assert f'rel="next" href="/trials/{trial}/points?after=3"' in page
    assert "the participant was done, after 9.0 s" in page
    assert visitor.get(f"/stimulus/{trial}/0.png").status_code == 200
    assert "The gray photo with 1 point<" in visitor.get(f"/trials/{trial}/points").text


@pytest.mark.slow
def test_a_photo_without_points_says_so(app: Flask, trial: int) -> None:
    visitor = come_in(app, "researcher")

    assert "No point was set" in visitor.get(f"/trials/{trial + 1}/points").text


@pytest.mark.slow
def test_while_it_is_blinded_nothing_tells_the_condition(app: Flask, trial: int) -> None:
    engine: Engine = app.extensions["engine"]
    with session_scope(engine, read_only=True) as db:
        study = db.scalars(select(func.max(ConditionRow.study_id))).one()
    mine = add_session(engine, study, synthetic=False)

    said = [come_in(app, "researcher").get(f"/trials/{mine}/points{form}").text for form in ("", ".json", ".csv")]

    assert "Blinded" in said[0]
    assert not any("recommend" in text for text in said)


@pytest.mark.slow
def test_drawings_go_on_when_the_file_is_gone(app: Flask, trial: int, tmp_path: Path) -> None:
    for file in (tmp_path / "paint" / "stimuli").iterdir():
        file.unlink()

    found = come_in(app, "researcher").get(f"/trials/{trial}/points.json?after=1").get_json()

    assert len(found["points"]) == 1
