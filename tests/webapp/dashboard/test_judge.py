"""The judge's page: which pairs it shows, and what people said of them."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.webapp.answered import RATES, STUDY, fooled_by
from tests.webapp.runs import PHOTOS

AT = "at=squash-24"


@pytest.fixture
def entries(viewer: FlaskClient) -> dict[str, int]:
    """Method to its key on the board."""
    rows = viewer.get(f"/leaderboard/1.json?{AT}&m=psnr_rgb").get_json()["rows"]
    return {row["colorizer"]: row["entry"] for row in rows}


def judged(viewer: FlaskClient, query: str = "") -> dict[str, Any]:
    """What the page says."""
    answer = viewer.get(f"/judge/1.json?{AT}{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.mark.slow
def test_pairs_are_photos_and_outputs_that_can_be_fetched(viewer: FlaskClient) -> None:
    found = judged(viewer, "&n=10")

    assert (found["trials"], len(found["rows"])) == (10, 12)
    assert len({row["photo"] for row in found["rows"]}) == 12
    for row in found["rows"][:2]:
        assert viewer.get(row["real"]).status_code == viewer.get(row["fake"]).status_code == 200


def test_the_same_address_shows_everybody_the_same_photos_and_another_sample_others(viewer: FlaskClient) -> None:
    first, again, other = (judged(viewer, f"&{sample}n=10")["rows"] for sample in ("", "", "sample=2&"))

    assert first == again
    assert [row["photo"] for row in first] != [row["photo"] for row in other]


def test_a_gallery_can_be_judged_in_its_order(viewer: FlaskClient, entries: dict[str, int]) -> None:
    gallery = viewer.get(f"/gallery/1.json?{AT}&a={entries['good']}&m=ciede2000&label=1").get_json()["rows"]

    found = judged(viewer, f"&a={entries['good']}&m=ciede2000&label=1&order=worst&n=4")

    assert [row["photo"] for row in found["rows"]] == [row["photo"] for row in gallery[:5]]


def test_what_people_said_stands_beside(viewer: FlaskClient, entries: dict[str, int]) -> None:
    found = judged(viewer, f"&a={entries['good']}&n={PHOTOS}")

    crowd = found["crowd"]
    assert (crowd["study"], crowd["fool_rate"], crowd["d_prime"]) == (STUDY, RATES["good"], 0.74)
    for row in found["rows"]:
        assert (row["fooled"], row["views"]) == fooled_by("good", int(row["photo"][1:]))


def test_without_a_study_there_is_no_crowd(viewer: FlaskClient, entries: dict[str, int]) -> None:
    found = judged(viewer, f"&a={entries['truth']}&n=2")

    assert found["crowd"] is None
    assert found["rows"][0]["views"] is None


def test_the_page_gives_the_participants_stage_what_it_needs(viewer: FlaskClient) -> None:
    text = viewer.get(f"/judge/1?{AT}").text

    assert "&#34;layout&#34;: &#34;sequence&#34;" in text
    assert "Which one was the fake?" in text
    assert "Nothing of it is sent, kept or counted." in text


def test_where_no_photo_is_left_that_is_said(viewer: FlaskClient) -> None:
    assert "for these photos" in viewer.get(f"/judge/1?{AT}&q=nothing-is-called-so").text


@pytest.mark.parametrize("query", ["n=0", "n=101", "n="])
def test_a_number_of_trials_that_makes_no_sense_is_refused(viewer: FlaskClient, query: str) -> None:
    answer = viewer.get(f"/judge/1?{AT}&{query}")

    assert answer.status_code == 400
    assert "1 to 100 trials" in answer.text
