"""Pages over a run of old black-and-white photos, of which nobody has the truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from evalsuite.store import import_run
from tests.webapp.conftest import Enter
from tests.webapp.runs import PHOTOS, write_legacy_run, write_photos


@pytest.fixture
def visitor(app: Flask, enter: Enter, tmp_path: Path) -> FlaskClient:
    """Somebody who may look at the site with nothing but that run."""
    run = write_legacy_run(tmp_path / "old", write_photos(tmp_path / "photos"))
    import_run(app.extensions["engine"], run)
    return enter("viewer")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/leaderboard/1", "/gallery/1", "/compare/1", "/run/1", "/photo/1"])
def test_pages_are_there_without_a_metric_that_says_better_or_worse(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)

    assert answer.status_code == 200, answer.text


@pytest.mark.slow
def test_a_gallery_begins_with_what_was_measured(visitor: FlaskClient) -> None:
    page = visitor.get("/gallery/1?order=best")

    assert "highest first" in page.text
    rows = visitor.get("/gallery/1.json?order=best").get_json()["rows"]
    assert rows[0]["photo"] == f"p{PHOTOS - 1:02}"  # the most colorful


@pytest.mark.slow
def test_nobody_judges_fakes_of_which_there_is_no_photo(visitor: FlaskClient) -> None:
    answer = visitor.get("/judge/1")

    assert answer.status_code == 404
    assert "The photos of old have no truth (--no-reference)" in answer.text
    assert "protocol: naturalness" in answer.text
