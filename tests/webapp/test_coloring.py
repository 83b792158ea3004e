"""The coloring page: photos of runs and of visitors, for those who may, and a sentence for whatever goes wrong."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from evalsuite.images import decode, encode_png
from evalsuite.points import Point
from evalsuite.studio.client import Away, Canvas, Look, Recommended
from tests.webapp.conftest import OF_OUR_OWN, Enter, come_in
from webapp import studio, uploads
from webapp.uploads import find_upload, keep_upload, sweep_uploads

PHOTO = encode_png(np.random.default_rng(3).integers(0, 256, (30, 40, 3), np.uint8))
POINT = {"x": 3, "y": 4, "a": 20.5, "b": -7, "size": 6}
OF_A_RUN = {"run": 1, "photo": 5}


class Answering:
    """Answers as the coloring process does, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def methods(self) -> tuple[str, ...]:
        return ("levin2004",)

    def look(self, canvas: Canvas) -> Look:
        rgb = decode(canvas.read())
        return Look(encode_png(canvas.resize.apply(rgb)), 1, 1, (rgb.shape[1], rgb.shape[0]))

    def color(
        self, canvas: Canvas, points: Sequence[Point], method: str, draft: bool, full: bool, yields: bool
    ) -> bytes:
        self.asked.append((canvas.resize, tuple(points), method, draft, full))
        return encode_png(canvas.resize.apply(decode(canvas.read())))

    def recommend(self, canvas: Canvas, x: int, y: int, count: int, points: Sequence[Point]) -> Recommended:
        self.asked.append((x, y, count, tuple(points)))
        return Recommended(((10.0, -3.0, 0.5),), "uniform")


class Failing(Answering):
    """A process that is away."""

    def color(self, *_: Any, **__: Any) -> bytes:
        raise Away("The coloring process ended in the middle of this.")


@pytest.fixture
def answering(site: Flask) -> Iterator[Answering]:
    """The site with runs asks somebody who answers at once."""
    before, one = site.extensions["studio"], Answering()
    site.extensions["studio"] = (one, threading.BoundedSemaphore(2))
    yield one
    site.extensions["studio"] = before


@pytest.fixture
def visitor(answering: Answering, site: Flask) -> FlaskClient:
    """A viewer of that site."""
    return come_in(site, "viewer")


def bring(visitor: FlaskClient, data: bytes = PHOTO, name: str = "old street.png") -> TestResponse:
    return visitor.post("/color/photo", data={"photo": (io.BytesIO(data), name)}, headers=OF_OUR_OWN)


def upload_of(brought: TestResponse) -> str:
    return brought.headers["Location"].removeprefix("/color?upload=")


@pytest.mark.slow
def test_a_photo_of_a_run_is_colored_at_the_size_of_the_run(visitor: FlaskClient, answering: Answering) -> None:
    page = visitor.get("/color?run=1&photo=5")
    gray = visitor.get("/color/gray?run=1&photo=5")
    asked = {"photo": OF_A_RUN, "points": [POINT], "method": "levin2004", "draft": True}
    colored = visitor.post("/api/color", json=asked, headers=OF_OUR_OWN)

    assert 'id="editor"' in page.text
    assert gray.mimetype == colored.mimetype == "image/png"
    assert colored.headers["Cache-Control"] == "no-store"
    [(resize, points, method, draft, full)] = answering.asked
    assert (resize.policy, resize.size) == ("squash", 24)
    assert (points, method, draft, full) == ((Point(3, 4, 20.5, -7.0, 6),), "levin2004", True, False)
    assert decode(colored.data).shape == (24, 24, 3)


def test_the_page_of_a_photo_leads_to_the_editor(visitor: FlaskClient) -> None:
    assert 'href="/color?run=' in visitor.get("/photo/5?at=squash-24").text


def test_recommended_colors_say_where_they_come_from(visitor: FlaskClient, answering: Answering) -> None:
    asked = {"photo": OF_A_RUN, "x": 3, "y": 4, "points": [POINT]}
    said = visitor.post("/api/color/recommended", json=asked, headers=OF_OUR_OWN).get_json()

    assert said["colors"] == [{"a": 10.0, "b": -3.0, "share": 0.5}]
    assert said["source"] == "uniform"
    assert said["note"] == studio.SPREAD
    assert answering.asked == [(3, 4, 9, (Point(3, 4, 20.5, -7.0, 6),))]


def test_a_visitors_own_photo_is_theirs_alone(visitor: FlaskClient, site: Flask, answering: Answering) -> None:
    brought = bring(visitor)
    upload = upload_of(brought)
    other = come_in(site, "admin")
    asked = {"photo": {"upload": upload}, "points": [POINT], "full": True}

    assert brought.status_code == 303
    assert "Color old street" in visitor.get(f"/color?upload={upload}").text
    assert visitor.get(f"/color/gray?upload={upload}").status_code == 200
    assert visitor.post("/api/color", json=asked, headers=OF_OUR_OWN).status_code == 200
    assert answering.asked[0][0].policy == "fit"
    assert answering.asked[0][4]
    assert "This photo is not here" in other.get(f"/color?upload={upload}").text
    assert other.get(f"/color/gray?upload={upload}").status_code == 404
    refused = other.post("/api/color", json=asked, headers=OF_OUR_OWN)
    assert refused.status_code == 404
    assert "kept for a day" in refused.get_json()["error"]


def test_files_that_are_no_photos_are_refused_with_a_sentence(
    site: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = site.extensions["config"].uploads
    before = set(folder.glob("*"))
    none = visitor.post("/color/photo", data={}, headers=OF_OUR_OWN)
    empty, bad = bring(visitor, b""), bring(visitor, b"no picture", "notes.txt")
    after = set(folder.glob("*"))
    monkeypatch.setattr("webapp.coloring.MOST_PIXELS", 1000)
    wide = bring(visitor)
    monkeypatch.setattr(uploads, "LARGEST", 100)
    large = bring(visitor, b"x" * 101)
    huge = bring(visitor, b"x" * 70_000)

    assert [one.status_code for one in (none, empty, bad, wide, large, huge)] == [400, 400, 400, 400, 413, 413]
    assert "an image file; got none" in none.text
    assert "an image file; got none" in empty.text
    assert "notes.txt: not an image" in bad.text
    assert before == after
    assert "at most 1,000 pixels; got 40 x 30" in wide.text
    assert "Save it smaller" in large.text
    assert "Save it smaller" in huge.text


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ([], 400, "an object of JSON"),
        ({"photo": OF_A_RUN}, 400, "points: a list"),
        ({"photo": OF_A_RUN, "points": [{**POINT, "x": "left"}]}, 400, "point 1, x: a whole number; got 'left'"),
        ({"photo": OF_A_RUN, "points": [], "colour": 1}, 400, "'colour', which is not known here"),
        ({"photo": 5, "points": []}, 400, "an object of JSON"),
        ({"photo": {"run": 1, "photo": 99}, "points": []}, 404, "no such photo in this run"),
        ({"photo": {"run": "1 or 1", "photo": 9**30}, "points": []}, 404, "no such photo"),
        ({"photo": {"upload": "forged"}, "points": []}, 404, "not here any more"),
        ({"photo": {"upload": [1]}, "points": []}, 404, "not here any more"),
    ],
)
def test_questions_that_make_no_sense_get_a_sentence(visitor: FlaskClient, asked: Any, status: int, says: str) -> None:
    answer = visitor.post("/api/color", json=asked, headers=OF_OUR_OWN)

    assert answer.status_code == status
    assert says in answer.get_json()["error"]


def test_a_pixel_that_is_none_is_refused(visitor: FlaskClient) -> None:
    asked = {"photo": OF_A_RUN, "x": 1.5, "y": 0}

    answer = visitor.post("/api/color/recommended", json=asked, headers=OF_OUR_OWN)

    assert (answer.status_code, answer.get_json()["error"]) == (400, "x: a whole number; got 1.5. Load the page again.")


def test_other_sites_and_strangers_are_refused(visitor: FlaskClient, site: Flask) -> None:
    asked = {"photo": OF_A_RUN, "points": []}

    forged = visitor.post("/api/color", json=asked, headers={"Sec-Fetch-Site": "cross-site"})
    stranger = site.test_client()

    assert forged.status_code == 403
    assert stranger.post("/api/color", json=asked).status_code == 401
    assert stranger.post("/api/color/recommended", json=asked).status_code == 401
    assert bring(stranger).status_code == 401


def test_without_a_coloring_process_there_is_a_sentence_and_the_rest_of_the_site(enter: Enter, app: Flask) -> None:
    visitor = enter("viewer")

    away = visitor.get("/api/color/methods")
    brought = bring(visitor)

    assert away.status_code == brought.status_code == 503
    assert away.headers["Retry-After"] == "3"
    assert "COLORING_SOCKET" in away.get_json()["error"]
    assert "The coloring process is not there" in brought.text
    assert visitor.get("/color").status_code == 200


def test_a_process_that_ends_in_the_middle_is_told_as_something_to_try_again(site: Flask, visitor: FlaskClient) -> None:
    site.extensions["studio"] = (Failing(), threading.BoundedSemaphore(2))

    answer = visitor.post("/api/color", json={"photo": OF_A_RUN, "points": []}, headers=OF_OUR_OWN)

    assert answer.status_code == 503
    assert "ended in the middle" in answer.get_json()["error"]


def test_a_crowd_that_colors_leaves_threads_for_others(
    site: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "PATIENCE_S", 0.01)
    taken = threading.BoundedSemaphore(1)
    taken.acquire()
    site.extensions["studio"] = (Answering(), taken)

    answer = visitor.post("/api/color", json={"photo": OF_A_RUN, "points": []}, headers=OF_OUR_OWN)

    assert answer.status_code == 503
    assert "Many people are coloring" in answer.get_json()["error"]


def test_photos_are_let_go_when_they_are_old_or_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [keep_upload(tmp_path / "u", bytes([k]) * 100, f"{k}/../a b.jpg", "ada", "k" * 32) for k in range(4)]
    found = [find_upload(tmp_path / "u", text, "ada", "k" * 32) for text in texts]
    assert all(one and one.name == "a b" for one in found)
    long_ago = time.time() - uploads.LIFE_S - 5
    assert found[2]
    os.utime(found[2].path, (long_ago, long_ago))

    sweep_uploads(tmp_path / "u")
    after = [find_upload(tmp_path / "u", text, "ada", "k" * 32) is not None for text in texts]
    for k in (1, 3, 0):
        here = found[k]
        assert here
        os.utime(here.path, (time.time() - 100 + 10 * k, time.time() - 100 + 10 * k))
    monkeypatch.setattr(uploads, "TOGETHER", 250)
    sweep_uploads(tmp_path / "u")
    left = [find_upload(tmp_path / "u", text, "ada", "k" * 32) is not None for text in texts]

    assert after == [True, True, False, True]
    assert left == [False, True, False, True]
    assert find_upload(tmp_path / "u", texts[1], "bob", "k" * 32) is None
    assert find_upload(tmp_path / "u", texts[1], "ada", "l" * 32) is None
    assert find_upload(tmp_path / "u", texts[1] + "x", "ada", "k" * 32) is None


def test_a_photo_that_was_moved_is_told_by_name(
    site: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.coloring.Path.is_file", lambda path: False)

    answer = visitor.post("/api/color", json={"photo": OF_A_RUN, "points": []}, headers=OF_OUR_OWN)

    assert answer.status_code == 404
    assert "was moved after the run" in answer.get_json()["error"]
