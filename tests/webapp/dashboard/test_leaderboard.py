"""The leaderboard: who is best, and who cannot be told from whom."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from scipy.stats import t, ttest_rel

from evalsuite.typesetting import DASH
from tests.webapp.runs import PHOTOS, values_of

BOARD = "/leaderboard/1?at=squash-24"


def rows(viewer: FlaskClient, address: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Method and metric to the record of the page's JSON."""
    found = viewer.get(address.replace("/leaderboard/1", "/leaderboard/1.json"))
    assert found.status_code == 200, found.text
    return {(row["colorizer"], row["metric"]): row for row in found.get_json()["rows"]}


@pytest.mark.slow
def test_methods_of_all_runs_at_that_size_stand_in_the_order_of_their_scores(viewer: FlaskClient) -> None:
    found = rows(viewer, BOARD)

    order = [colorizer for colorizer, metric in found if metric == "psnr_rgb"]
    psnr = {name: float(values_of(name)["psnr_rgb"].mean()) for name in ("good", "rival", "gray", "truth")}
    assert order == sorted(psnr, key=lambda name: -psnr[name])
    assert {name: found[name, "psnr_rgb"]["value"] for name in order} == pytest.approx(psnr)


def test_ranks_tell_what_paired_tests_with_holms_correction_tell(viewer: FlaskClient) -> None:
    found = rows(viewer, BOARD)

    assert found["truth", "psnr_rgb"]["rank_lo"] is None  # who sees the photo does not compete
    gray, good, rival = (found[name, "psnr_rgb"] for name in ("gray", "good", "rival"))
    assert (gray["rank_lo"], gray["rank_hi"], gray["tie_group"]) == (3, 3, 2)
    p = ttest_rel(values_of("good")["psnr_rgb"], values_of("rival")["psnr_rgb"]).pvalue
    first = min((good, rival), key=lambda row: row["place"])
    assert p > 0.05
    assert first["p_next"] == pytest.approx(p)  # the largest of three p values is not changed by Holm
    assert {(row["rank_lo"], row["rank_hi"], row["tie_group"]) for row in (good, rival)} == {(1, 2, 1)}
    assert first["photos_more"] > PHOTOS


def test_the_page_shows_ranks_ties_published_numbers_and_what_methods_are_told(viewer: FlaskClient) -> None:
    text = viewer.get(BOARD).text

    assert f"1{DASH}2" in text
    assert "†" in text
    assert re.search(r"published 26\.50", text)
    assert "sees the photo" in text
    assert re.search(r"≈ [\d,]+ photos more", text)


def test_a_pinned_method_turns_values_into_paired_differences(viewer: FlaskClient) -> None:
    found = rows(viewer, BOARD)
    base = found["gray", "psnr_rgb"]["entry"]

    pinned = rows(viewer, f"{BOARD}&pin={base}")

    differences = values_of("good")["psnr_rgb"] - values_of("gray")["psnr_rgb"]
    error = differences.std(ddof=1) / PHOTOS**0.5
    low, high = t.interval(0.95, PHOTOS - 1, differences.mean(), error)
    row = pinned["good", "psnr_rgb"]
    assert [row["difference"], row["difference_low"], row["difference_high"]] == pytest.approx(
        [differences.mean(), low, high]
    )
    assert pinned["gray", "psnr_rgb"]["difference"] is None
    fid = pinned["good", "fid_clean"]  # no mean over photos: as it was resampled at import
    assert [fid["difference"], fid["difference_low"], fid["difference_high"]] == [-3.0, -4.0, -2.0]
    elsewhere = pinned["rival", "fid_clean"]  # of another run: the values only
    assert (elsewhere["difference"], elsewhere["difference_low"]) == (pytest.approx(-2.95), None)
    text = viewer.get(f"{BOARD}&pin={base}").text
    assert re.search(r"▲ \+[56]\.\d\d", text)
    assert "Differences from <strong>Gray</strong>" in text


def test_the_view_of_table_1_has_its_columns_and_what_people_said(viewer: FlaskClient) -> None:
    text = viewer.get(f"{BOARD}&style=zhang2016").text

    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', text)
    assert [re.sub("<[^>]+>", "", head) for head in heads] == [
        "Rank", "Method", "n", "From the next", "Params ↓ (MB)", "AuC non-rebal ↑ (%)", "Labeled real ↑ (%)",
    ]  # fmt: skip
    assert "<u>published 32.3</u>" in text  # the paper's fool rate
    assert "<u>40 people, 480 trials</u>" in text


def test_metrics_can_be_chosen_and_ranked_by(viewer: FlaskClient) -> None:
    found = rows(viewer, f"{BOARD}&m=ciede2000,colorfulness&by=ciede2000")

    assert {metric for _, metric in found} == {"ciede2000", "colorfulness"}
    assert next(iter(found)) == ("truth", "ciede2000")


def test_a_form_may_name_metrics_one_by_one(viewer: FlaskClient) -> None:
    moved = viewer.get("/leaderboard/1?m=psnr_rgb&m=auc&q=&style=default")

    assert moved.status_code == 302
    assert moved.headers["Location"] == "/leaderboard/1?m=psnr_rgb,auc"


def test_metrics_that_are_shown_anyway_leave_the_address(viewer: FlaskClient) -> None:
    shown = re.findall(r'name="m" value="(\w+)" checked', viewer.get(BOARD).text)

    moved = viewer.get(f"{BOARD}&m={','.join(shown)}&q=riv")

    assert (moved.status_code, moved.headers["Location"]) == (302, f"{BOARD}&q=riv")


def test_without_a_choice_the_newest_runs_are_shown(viewer: FlaskClient) -> None:
    assert {row["run"] for row in rows(viewer, "/leaderboard/1").values()} == {"third"}


def test_methods_are_found_by_a_part_of_their_name(viewer: FlaskClient) -> None:
    assert {colorizer for colorizer, _ in rows(viewer, f"{BOARD}&q=RIV")} == {"rival"}
    assert "No method has nobody" in viewer.get(f"{BOARD}&q=nobody").text


def test_csv_has_a_record_per_method_and_metric(viewer: FlaskClient) -> None:
    found = viewer.get("/leaderboard/1.csv?at=squash-24&m=psnr_rgb")

    records = list(csv.DictReader(io.StringIO(found.text)))
    assert found.mimetype == "text/csv"
    assert next(row["colorizer"] for row in records) == "truth"
    assert len(records) == 4


def test_latex_has_the_table_its_address_and_the_papers(viewer: FlaskClient) -> None:
    text = viewer.get("/leaderboard/1.tex?at=squash-24&m=psnr_rgb").text

    assert r"\toprule" in text
    assert r"\textbf{" in text
    assert "% http://localhost/leaderboard/1.tex?at=squash-24&m=psnr_rgb" in text
    assert "% data version 5" in text
    assert "%   author = {Ada and Grace}," in text


def test_bibtex_has_the_methods_that_were_published(viewer: FlaskClient) -> None:
    text = viewer.get("/leaderboard/1.bib?at=squash-24").text

    assert "@misc{good2024,\n  author = {Ada and Grace},\n  title = {A Good Method},\n  howpublished = {CVPR}" in text
    assert r"title = {A \textless{}Rival\textgreater{}}" in text
    assert text.count("@misc") == 2


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("?colour=red", 400, "no parameter is called &#39;colour&#39;"),
        ("?at=squash-99", 400, "at is one of crop-24, squash-24"),
        ("?m=beauty", 400, "no metric &#39;beauty&#39;"),
        ("?m=auc,auc", 400, "a name stands twice"),
        ("?by=beauty", 400, "no metric &#39;beauty&#39;"),
        ("?pin=99", 400, "no method has key 99"),
        ("?pin=x", 400, "expected a whole number"),
        ("?style=nature2030", 400, "expected one of default, zhang2016"),
        ("?q=a&q=b", 400, "stands twice"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    viewer: FlaskClient, query: str, status: int, sentence: str
) -> None:
    answer = viewer.get(f"/leaderboard/1{query}", follow_redirects=True)

    assert answer.status_code == status
    assert sentence in answer.text


def test_a_dataset_that_is_not_there_is_not_found(viewer: FlaskClient) -> None:
    answer = viewer.get("/leaderboard/77")

    assert answer.status_code == 404
    assert "There is no dataset 77" in answer.text


def test_methods_rank_by_how_often_they_fooled_people(viewer: FlaskClient) -> None:
    found = rows(viewer, f"{BOARD}&m=fool_rate&by=fool_rate")

    good, rival, gray = (found[name, "fool_rate"] for name in ("good", "rival", "gray"))
    assert [row["place"] for row in (good, rival, gray)] == [1, 2, 3]
    assert [(row["rank_lo"], row["rank_hi"]) for row in (good, rival, gray)] == [(1, 2), (1, 2), (3, 3)]
    assert (good["value"], good["low"], good["high"], good["n"]) == pytest.approx((0.30, 0.25, 0.35, 40))
    assert good["published"] == 0.323
    assert (rival["people_more"], rival["photos_more"]) == (0, None)


def test_neighbors_are_told_how_many_people_more_would_part_them(viewer: FlaskClient) -> None:
    """By hand: the difference 0.02 has standard error 0.04 / 1.96; at 80% power and 5% / 3 it takes (3.235 e / d)^2."""
    text = viewer.get(f"{BOARD}&m=fool_rate&by=fool_rate").text
    needed = 40 * ((2.3940 + 0.8416) * (0.04 / 1.96) / 0.02) ** 2

    told = int(re.findall(r"≈ ([\d,]+) people more", text)[0].replace(",", ""))

    assert told == pytest.approx(needed - 40, abs=2)


def test_a_pinned_method_shows_how_fool_rates_differ(viewer: FlaskClient) -> None:
    base = rows(viewer, f"{BOARD}&m=fool_rate&by=fool_rate")["gray", "fool_rate"]["entry"]

    found = rows(viewer, f"{BOARD}&m=fool_rate&by=fool_rate&pin={base}")

    row = found["good", "fool_rate"]
    assert [row["difference"], row["difference_low"], row["difference_high"]] == pytest.approx([0.25, 0.19, 0.31])
