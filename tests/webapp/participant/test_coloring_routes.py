"""The site where people color: who asks for what, and a coloring process that goes away in the middle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from evalsuite.errors import UserError
from evalsuite.points import Point
from evalsuite.studio.client import Away, Canvas, Recommended
from tests.turk.coloring_made import make_coloring_study, place
from tests.turk.studies_made import SYNTHETIC_KEY
from tests.webapp.participant.scripted import Scripted

pytestmark = pytest.mark.slow

POINT = {"x": 3, "y": 4, "a": 20.5, "b": -7, "size": 6}


class Coloring:
    """Answers as the coloring process does, and may go away."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.gone = False

    def methods(self) -> tuple[str, ...]:
        self._be_there()
        return ("levin2004",)

    def color(self, canvas: Canvas, points: Sequence[Point], method: str, draft: bool, yields: bool) -> bytes:
        self._be_there()
        if any(point.x > 60 for point in points):
            raise UserError("points, point 1: it lies outside the photo. Take it away.")
        self.asked.append((canvas.sha256, canvas.read()[:4], tuple(points), method, draft, yields))
        return b"\x89PNG of the result"

    def recommend(self, canvas: Canvas, x: int, y: int, count: int, points: Sequence[Point]) -> Recommended:
        self._be_there()
        self.asked.append((x, y, count, tuple(points)))
        return Recommended(((10.0, -3.0, 0.5),), "siggraph17")

    def _be_there(self) -> None:
        if self.gone:
            raise Away("The coloring process ended in the middle of this and is started again.")


@pytest.fixture
def coloring(app: Flask) -> Coloring:
    """A coloring process of tests."""
    made = Coloring()
    app.extensions["studio"] = (made, BoundedSemaphore(2))
    return made


@pytest.fixture
def novice(app: Flask, engine: Engine, tmp_path: Path) -> Scripted:
    """Somebody at the address of a study in which people color."""
    row = make_coloring_study(engine, tmp_path / "paint")
    return Scripted(app.test_client(), row.name)


def asked(novice: Scripted, step: dict[str, Any], what: str, body: Any, method: str = "POST") -> Any:
    return novice.request(method, f"/api/photos/{step['nonce']}{what}", body)


def now(novice: Scripted) -> dict[str, Any]:
    """Where the session stands."""
    said: Any = novice.request("GET", "/api/session").json
    step: dict[str, Any] = said["step"]
    return step


def test_a_photo_is_opened_colored_recommended_for_and_handed_in(
    novice: Scripted, coloring: Coloring, engine: Engine
) -> None:
    step = novice.begin(synthetic=False, id="ada")

    opened = asked(novice, step, "/open", {}).json["step"]
    kept = asked(novice, step, "/events", {"events": [place(0, 0.0)]}, "PUT").json
    picture = asked(novice, step, "/picture", {"points": [POINT], "draft": True})
    colors = asked(novice, step, "/colors", {"x": 9, "y": 8, "points": [POINT]}).json
    following = asked(novice, step, "", {"events": 1, "ended": "done"}, "PUT").json["step"]

    assert (opened["name"], opened["begun"], len(opened["images"])) == ("photo", True, 1)
    assert kept["events"] == 1
    assert 0 < kept["remaining_ms"] <= 120_000
    assert (picture.data, picture.mimetype, picture.headers["Cache-Control"]) == (
        b"\x89PNG of the result", "image/png", "no-store"
    )  # fmt: skip
    assert colors == {"colors": [{"a": 10.0, "b": -3.0, "share": 0.5}], "source": "siggraph17", "note": ""}
    point = Point(3, 4, 20.5, -7.0, 6)
    assert coloring.asked[0][1:] == (b"\x89PNG", (point,), "levin2004", True, False)
    assert coloring.asked[1] == (9, 8, 9, (point,))
    assert (following["number"], following["begun"]) == (2, False)


def test_colors_are_recommended_only_where_the_condition_has_them(novice: Scripted, coloring: Coloring) -> None:
    step, told = novice.begin(synthetic=False), set()

    while step["name"] == "photo":
        asked(novice, step, "/open", {})
        answer = asked(novice, step, "/colors", {"x": 1, "y": 1, "points": []})
        told.add((step["task"]["recommendations"], answer.status_code))
        step = asked(novice, step, "", {"events": 0, "ended": "done"}, "PUT").json["step"]

    assert told == {(True, 200), (False, 409)}


def test_no_time_begins_while_nobody_colors_and_nothing_is_lost_when_that_happens_later(
    novice: Scripted, coloring: Coloring
) -> None:
    step = novice.begin(synthetic=False)
    coloring.gone = True
    refused = asked(novice, step, "/open", {})
    assert (refused.status_code, "started again" in refused.json["error"]) == (503, True)
    assert now(novice)["begun"] is False

    coloring.gone = False
    asked(novice, step, "/open", {})
    coloring.gone = True
    assert asked(novice, step, "/events", {"events": [place(0, 0.0)]}, "PUT").status_code == 200
    assert asked(novice, step, "/picture", {"points": [POINT]}).status_code == 503
    assert asked(novice, step, "/colors", {"x": 1, "y": 1, "points": []}).status_code == 503
    assert asked(novice, step, "/open", {}).status_code == 200
    assert [point["x"] for point in now(novice)["points"]] == [10]
    assert asked(novice, step, "", {"events": 1, "ended": "time"}, "PUT").status_code == 200


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("/picture", {"points": "many"}),
        ("/picture", {"points": [{"x": 1}]}),
        ("/picture", {"points": [{**POINT, "a": 300}]}),
        ("/picture", {"points": [{**POINT, "x": 61}]}),
        ("/picture", {}),
        ("/colors", {"x": "left", "y": 1, "points": []}),
        ("/colors", {"x": 1, "y": 1, "points": [POINT], "more": 1}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    novice: Scripted, coloring: Coloring, what: str, body: dict[str, Any]
) -> None:
    step = novice.begin(synthetic=False)
    asked(novice, step, "/open", {})

    answer = asked(novice, step, what, body)

    assert (answer.status_code, answer.json["kind"]) == (400, "bad")
    assert answer.json["error"].endswith(".")


def test_synthetic_participants_open_photos_while_nobody_colors(novice: Scripted, coloring: Coloring) -> None:
    coloring.gone = True
    step = novice.begin()
    key = {"X-Synthetic-Key": SYNTHETIC_KEY}

    opened = novice.request("POST", f"/api/photos/{step['nonce']}/open", {}, **key)
    ahead = {"events": [place(0, 90_000.0)], "elapsed_ms": 90_000.0}
    kept = novice.request("PUT", f"/api/photos/{step['nonce']}/events", ahead, **key)

    assert (opened.status_code, kept.status_code) == (200, 200)


def test_the_page_loads_the_editor_where_people_color_and_a_preview_says_what_they_do(
    novice: Scripted, coloring: Coloring, app: Flask
) -> None:
    client = app.test_client()

    page, preview = (client.get(f"/study/paint{query}").get_data(as_text=True) for query in ("", "?preview=1"))

    assert "coloring/style.css" in page
    assert "preview.js" in preview
    assert "photo" in preview
    assert "Set-Cookie" not in str(client.get("/study/paint").headers)
