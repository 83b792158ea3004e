"""The gallery: photos in the order of a score or of a difference, page by page."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from tests.webapp.runs import PHOTOS, values_of
from webapp.dashboard import gallery

AT = "at=squash-24"


@pytest.fixture
def entries(viewer: FlaskClient) -> dict[str, int]:
    """Method to its key on the board."""
    rows = viewer.get(f"/leaderboard/1.json?{AT}&m=psnr_rgb").get_json()["rows"]
    return {row["colorizer"]: row["entry"] for row in rows}


def page(viewer: FlaskClient, query: str) -> dict[str, Any]:
    """What the gallery says."""
    answer = viewer.get(f"/gallery/1.json?{query}", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def names(order: np.ndarray) -> list[str]:
    """Photos by position."""
    return [f"p{k:02}" for k in order]


@pytest.mark.parametrize(
    ("metric", "order", "sign"),
    [("psnr_rgb", "worst", 1), ("psnr_rgb", "best", -1), ("ciede2000", "worst", -1), ("ciede2000", "best", 1)],
)
def test_photos_come_in_the_order_of_a_metric(
    viewer: FlaskClient, entries: dict[str, int], metric: str, order: str, sign: int
) -> None:
    given = "" if order == "worst" else f"&order={order}"
    chosen = "" if metric == "psnr_rgb" else f"&m={metric}"

    found = page(viewer, f"{AT}&a={entries['good']}{chosen}{given}")

    values = values_of("good")[metric]
    assert [row["photo"] for row in found["rows"]] == names(np.argsort(sign * values, kind="stable"))
    assert [row["a"] for row in found["rows"]] == sorted(values, key=lambda v: sign * v)


def test_photos_come_in_the_order_of_a_difference_of_two_methods(viewer: FlaskClient, entries: dict[str, int]) -> None:
    found = page(viewer, f"{AT}&a={entries['good']}&b={entries['rival']}&order=best")

    apart = values_of("good")["psnr_rgb"] - values_of("rival")["psnr_rgb"]
    assert [row["photo"] for row in found["rows"]] == names(np.argsort(-apart, kind="stable"))
    assert found["rows"][0]["difference"] == pytest.approx(apart.max())


def test_pages_follow_each_other_without_a_gap_and_lead_back(
    viewer: FlaskClient, entries: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "PER_PAGE", 7)
    address, seen, pages = f"/gallery/1?{AT}&a={entries['good']}&m=colorfulness", [], []
    while address:
        pages.append(address)
        text = viewer.get(address).text
        seen += re.findall(r"<span>(p\d\d)</span>", text)
        after = re.search(r'rel="next" href="([^"]+)"', text)
        address = after[1].replace("&amp;", "&") if after else ""
        back = re.search(r'rel="prev" href="([^"]+)"', text)
        assert (back[1].replace("&amp;", "&") if back else None) == (pages[-2] if len(pages) > 1 else None)

    assert len(pages) == 4
    assert seen == names(np.argsort(values_of("good")["colorfulness"], kind="stable"))


def test_photos_are_found_by_class_and_by_name(viewer: FlaskClient) -> None:
    assert {row["class"] for row in page(viewer, f"{AT}&label=1")["rows"]} == {1}
    assert len(page(viewer, f"{AT}&label=1")["rows"]) == PHOTOS // 3
    assert [row["photo"] for row in page(viewer, f"{AT}&q=P07")["rows"]] == ["p07"]
    assert page(viewer, f"{AT}&q=100%25")["rows"] == []
    assert "No photo is left: no name has 100% in it" in viewer.get(f"/gallery/1?{AT}&q=100%25").text


def test_tiles_show_thumbnails_that_are_there(viewer: FlaskClient, entries: dict[str, int]) -> None:
    tile = page(viewer, f"{AT}&a={entries['good']}")["rows"][0]

    for address in (tile["real"], tile["output_a"]):
        picture = viewer.get(address)
        assert picture.status_code == 200
        assert picture.mimetype == "image/webp"
        assert "immutable" in picture.headers["Cache-Control"]
        assert viewer.get(address, headers={"If-None-Match": picture.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("m=beauty", 400, "no metric &#39;beauty&#39;"),
        ("a=99", 400, "a: no method has key 99"),
        ("b=99", 400, "b: no method has key 99"),
        ("after=1", 400, "expected VALUE~KEY"),
        ("after=x~1", 400, "expected a number"),
        ("order=random", 400, "expected one of worst, best"),
        ("m=params_mb", 404, "no Params for single photos"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(
    viewer: FlaskClient, query: str, status: int, sentence: str
) -> None:
    answer = viewer.get(f"/gallery/1?{AT}&{query}", follow_redirects=True)

    assert answer.status_code == status
    assert sentence in answer.text
