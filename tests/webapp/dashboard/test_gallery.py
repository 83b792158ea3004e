"""The gallery: photos in the order of a score or of a difference, page by page."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from scipy.stats import rankdata

from tests.webapp.answered import RARE, fooled_by
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


def records(viewer: FlaskClient, query: str) -> list[dict[str, Any]]:
    """The photos that a gallery lists."""
    return list(page(viewer, f"{AT}&{query}")["rows"])


def test_photos_are_ordered_by_how_often_people_were_fooled_with_counts(
    viewer: FlaskClient, entries: dict[str, int]
) -> None:
    found = records(viewer, f"a={entries['good']}&m=fool_rate&order=best")

    shrunk = [row["shrunk_a"] for row in found]
    assert shrunk == sorted(shrunk, reverse=True)
    assert len(found) == PHOTOS
    for row in found:
        assert (row["fooled_a"], row["views_a"]) == fooled_by("good", int(row["photo"][1:]))
    text = viewer.get(f"/gallery/1?{AT}&a={entries['good']}&m=fool_rate&order=best").text
    fooled, views = fooled_by("good", PHOTOS - 1)
    assert f"<b>{fooled} of {views}: " in text
    assert "study people-of-street, 40 people" in text


def test_two_methods_are_compared_by_how_often_each_fooled(viewer: FlaskClient, entries: dict[str, int]) -> None:
    found = records(viewer, f"a={entries['good']}&b={entries['gray']}&m=fool_rate&order=best")

    apart = [row["a"] - row["b"] for row in found]
    assert apart == pytest.approx([row["difference"] for row in found])
    assert apart == sorted(apart, reverse=True)


def test_convincing_failures_fooled_often_and_are_far_from_the_truth(
    viewer: FlaskClient, entries: dict[str, int]
) -> None:
    found = records(viewer, f"a={entries['good']}&m=convincing")

    names = [int(row["photo"][1:]) for row in found]
    seen = [k for k in range(PHOTOS) if k != RARE]
    assert sorted(names) == seen  # those that few saw are left out
    often, far = (rankdata(values) - 1 for values in (
        [fooled_by("good", k)[0] for k in seen], [values_of("good")["ciede2000"][k] for k in seen]
    ))  # fmt: skip
    expected = dict(zip(seen, np.minimum(often, far) / (len(seen) - 1), strict=True))
    assert [row["convincing"] for row in found] == pytest.approx([expected[k] for k in names])
    assert found[0]["convincing"] == max(expected.values())


def test_what_is_right_and_not_believed_is_the_other_end(viewer: FlaskClient, entries: dict[str, int]) -> None:
    found = records(viewer, f"a={entries['good']}&m=unbelieved")
    text = viewer.get(f"/gallery/1?{AT}&a={entries['good']}&m=unbelieved").text

    first, last = found[0], found[-1]
    assert first["shrunk_a"] < last["shrunk_a"] or first["a"] < last["a"]
    assert "seen fewer than 10 times are left out" in text
    assert "Right but never believed" in text


def test_methods_that_nobody_was_asked_about_are_told_which_were(viewer: FlaskClient, entries: dict[str, int]) -> None:
    answer = viewer.get(f"/gallery/1?{AT}&a={entries['truth']}&m=fool_rate")

    assert answer.status_code == 404
    assert "Truth was in no study whose results may be seen. These were: Gray, Good, Rival." in answer.text


def test_where_nobody_was_asked_fool_rates_are_no_metric(viewer: FlaskClient) -> None:
    answer = viewer.get("/gallery/1?at=crop-24&m=fool_rate")

    assert answer.status_code == 400
    assert "no metric" in answer.text
