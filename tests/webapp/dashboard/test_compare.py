"""Methods against the first of them."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from scipy.stats import ttest_rel

from evalsuite.stats import holm
from tests.webapp.runs import PHOTOS, curves_of, values_of

AT = "at=squash-24"


@pytest.fixture
def entries(viewer: FlaskClient) -> dict[str, int]:
    """Method to its key on the board."""
    rows = viewer.get(f"/leaderboard/1.json?{AT}&m=psnr_rgb").get_json()["rows"]
    return {row["colorizer"]: row["entry"] for row in rows}


def comparison(viewer: FlaskClient, query: str) -> dict[str, Any]:
    """What the page says."""
    answer = viewer.get(f"/compare/1.json?{AT}&{query}", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.mark.slow
def test_differences_are_paired_and_corrected_for_all_that_the_page_shows(
    viewer: FlaskClient, entries: dict[str, int]
) -> None:
    found = comparison(viewer, f"e={entries['gray']},{entries['good']},{entries['rival']}")

    rows = {(row["metric"], row["colorizer"]): row for row in found["rows"]}
    for metric in ("psnr_rgb", "ciede2000", "auc"):
        ours, base = values_of("good")[metric], values_of("gray")[metric]
        expected = ttest_rel(ours, base)
        interval = expected.confidence_interval(0.95)
        row = rows[metric, "good"]
        assert row["difference"] == pytest.approx((ours - base).mean())
        assert [row["low"], row["high"]] == pytest.approx([interval.low, interval.high])
        assert row["p"] == pytest.approx(expected.pvalue)
    p = [row["p"] for row in rows.values() if row["p"] is not None]
    assert [row["p_holm"] for row in rows.values() if row["p"] is not None] == pytest.approx(holm(p).tolist())


def test_wins_are_counted_photo_by_photo_in_the_metrics_direction(viewer: FlaskClient, entries: dict[str, int]) -> None:
    found = comparison(viewer, f"e={entries['good']},{entries['rival']}")

    rows = {row["metric"]: row for row in found["rows"]}
    better = int((values_of("rival")["ciede2000"] < values_of("good")["ciede2000"]).sum())
    assert (rows["ciede2000"]["wins"], rows["ciede2000"]["losses"]) == (better, PHOTOS - better)
    assert rows["fid_clean"]["wins"] is None  # has no scores of single photos
    assert rows["colorfulness"]["ties"] == PHOTOS


def test_the_photos_that_differ_most_are_one_click_away(viewer: FlaskClient, entries: dict[str, int]) -> None:
    found = comparison(viewer, f"e={entries['good']},{entries['rival']}")

    apart = values_of("rival")["psnr_rgb"] - values_of("good")["psnr_rgb"]
    above, below = found["differ_most"]["photos"]
    assert above[0]["photo"] == f"p{int(np.argmax(apart)):02}"
    assert below[0]["photo"] == f"p{int(np.argmin(apart)):02}"
    assert above[0]["difference"] == pytest.approx(apart.max())
    assert viewer.get(above[0]["address"]).status_code == 200
    assert {viewer.get(address).status_code for _, address in above[0]["pictures"]} == {200}


@pytest.mark.slow
def test_the_page_draws_histogram_curves_and_colors_of_every_method(
    viewer: FlaskClient, entries: dict[str, int]
) -> None:
    text = viewer.get(f"/compare/1?{AT}&e={entries['good']},{entries['rival']}").text

    titles = re.findall(r"<title>([^<]+)</title>", text)[1:]
    assert titles == [
        "Photos by PSNR: Rival minus Good",
        "pixels within, % by ab error, Lab units, of Good, Rival",
        "difference from Good, percentage points by ab error, Lab units, of Good, Rival",
        "Colors of the photos; the most common color has 1,000 pixels",
        "Colors of Good; the most common color has 1,000 pixels",
        "Colors of Rival; the most common color has 1,000 pixels",
        "accuracy, % by tenths of the ab bins, by how often the color occurs, of Good, Rival",
        "Good, by true color",
        "Rival, by true color",
    ]
    assert "bands there are 95% intervals of the mean difference, photo by photo" in text
    assert len(re.findall(r'class="band s\d"', text)) == 3
    assert "read its runs again" not in text


def photo_curves(method: str) -> np.ndarray:
    """The curves of a method's photos."""
    return np.asarray(curves_of(values_of(method)["auc"]), np.float64)


def test_curves_and_their_paired_differences_are_told_with_bands(viewer: FlaskClient, entries: dict[str, int]) -> None:
    found = comparison(viewer, f"e={entries['good']},{entries['gray']},{entries['rival']}")["curves"]

    base, other = photo_curves("good"), photo_curves("rival")
    assert [one["colorizer"] for one in found["methods"]] == ["good", "gray", "rival"]
    np.testing.assert_allclose(found["methods"][0]["share"], base.mean(axis=0))
    assert [one["colorizer"] for one in found["differences"]] == ["gray", "rival"]
    apart = found["differences"][1]
    assert apart["n"] == PHOTOS
    assert apart["threshold"] == list(range(151))
    margin = 1.96 * (other - base).std(axis=0, ddof=1) / PHOTOS**0.5
    np.testing.assert_allclose(apart["share"], (other - base).mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(apart["low"], (other - base).mean(axis=0) - margin, atol=1e-5)
    np.testing.assert_allclose(apart["high"], (other - base).mean(axis=0) + margin, atol=1e-5)


def test_csv_goes_on_with_the_points_of_the_differences(viewer: FlaskClient, entries: dict[str, int]) -> None:
    query = f"e={entries['good']},{entries['gray']},{entries['rival']}"
    rows = list(csv.DictReader(io.StringIO(viewer.get(f"/compare/1.csv?{AT}&{query}").text)))

    points = [row for row in rows if row["threshold"]]
    assert {row["metric"] for row in points} == {"auc.cmf"}
    assert [(row["colorizer"], row["threshold"]) for row in points] == [
        (method, str(k)) for method in ("gray", "rival") for k in range(151)
    ]
    drawn = comparison(viewer, query)["curves"]["differences"][1]
    for name, column in (("difference", "share"), ("low", "low"), ("high", "high")):
        assert [float(row[name]) for row in points[151:]] == drawn[column]
    by_hand = float(points[10]["value"]) - float(points[10]["base_value"])
    assert float(points[10]["difference"]) == pytest.approx(by_hand, abs=1e-5)
    assert {row["metric"] for row in rows if not row["threshold"]} == set(
        row["metric"] for row in comparison(viewer, query)["rows"]
    )


def test_runs_from_before_curves_of_photos_were_kept_are_named_and_differ_without_a_band(viewer: FlaskClient) -> None:
    at = "at=crop-24"
    rows = viewer.get(f"/leaderboard/1.json?{at}&m=psnr_rgb").get_json()["rows"]
    keys = {row["colorizer"]: row["entry"] for row in rows}
    query = f"{at}&e={keys['good']},{keys['gray']}"

    text = viewer.get(f"/compare/1?{query}").text
    apart = viewer.get(f"/compare/1.json?{query}").get_json()["curves"]["differences"][0]

    assert 'when <code>evalsuite import</code> has read its runs again: <a href="/run/3">third</a>.' in text
    assert "intervals of the mean difference" not in text
    assert (apart["n"], apart["low"], apart["high"]) == (0, None, None)
    expected = photo_curves("gray").mean(axis=0) - photo_curves("good").mean(axis=0)
    np.testing.assert_allclose(apart["share"], expected, atol=1e-7)


def test_without_a_choice_the_two_newest_candidates_are_compared(viewer: FlaskClient) -> None:
    assert [method["colorizer"] for method in comparison(viewer, "")["methods"]] == ["good", "rival"]


def test_latex_has_values_and_differences(viewer: FlaskClient, entries: dict[str, int]) -> None:
    text = viewer.get(f"/compare/1.tex?{AT}&e={entries['gray']},{entries['good']}").text

    assert r"Good - Gray" in text
    assert r"(<0.001)" in text or r"(\textless{}0.001)" in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("e=99", "no method has key 99"),
        ("e=1,2,3,4,5", "no method has key 5"),
        ("m=beauty", "no metric 'beauty'"),
        ("of=1", "1 is none of the methods after the first"),
        ("e=1,1", "a name stands twice"),
    ],
)
def test_what_cannot_be_compared_is_refused(viewer: FlaskClient, query: str, sentence: str) -> None:
    answer = viewer.get(f"/compare/1?{AT}&{query}", follow_redirects=True)

    assert answer.status_code == 400
    assert sentence in answer.text.replace("&#39;", "'")


def test_a_method_alone_is_told_what_it_needs(viewer: FlaskClient, entries: dict[str, int]) -> None:
    answer = viewer.get(f"/compare/1?{AT}&e={entries['good']}")

    assert "One method alone cannot be compared" in answer.text


def test_methods_with_hints_are_drawn_with_all_numbers_of_hints_of_their_run(viewer: FlaskClient) -> None:
    at = "at=crop-24"
    rows = viewer.get(f"/leaderboard/1.json?{at}&m=psnr_rgb").get_json()["rows"]
    entries = {row["colorizer"]: row["entry"] for row in rows}

    hinted = viewer.get(f"/compare/1?{at}&e={entries['good']},{entries['mine.5']}").text
    plain = viewer.get(f"/compare/1?{at}&e={entries['good']},{entries['gray']}").text

    assert "PSNR, dB by hints, of mine, Good" in hinted
    assert "<h2>Hints</h2>" not in plain
