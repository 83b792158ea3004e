from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from evalsuite.compare import Comparison, compare, comparison_text
from evalsuite.errors import UserError
from evalsuite.results import Run
from tests.evalsuite.folders import write_run

PSNR = np.array([20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 21.0, 23.0])
GAIN = np.array([1.0, 2.0, 0.5, 0.0, 3.0, -1.0, 0.25, 1.5])


@pytest.fixture
def run(tmp_path: Path) -> Run:
    numbers = {
        "welsh2002": {"psnr_rgb.value": PSNR + GAIN, "ciede2000.value": PSNR, "psnr_rgb_pooled.mse": PSNR + 5},
        "gray": {"psnr_rgb.value": PSNR, "ciede2000.value": PSNR + GAIN, "psnr_rgb_pooled.mse": PSNR},
    }
    return write_run(tmp_path / "run", numbers, costs={"gray": {"runtime_ms": 3.0}})


@pytest.fixture
def comparison(run: Run) -> Comparison:
    return compare(run, "welsh2002", "gray", photos=2)


def test_the_difference_wins_and_photos_of_a_metric_are_those_counted_by_hand(comparison: Comparison) -> None:
    psnr = comparison.metrics[0]

    assert (psnr.metric, psnr.n) == ("psnr_rgb", 8)
    assert (psnr.a, psnr.b, psnr.difference) == pytest.approx((25.15625, 24.25, 0.90625))
    assert psnr.wins == (6, 1, 1)
    assert [(p.photo, p.a, p.b) for p in psnr.photos] == [("p4", 31.0, 28.0), ("p1", 24.0, 22.0)]
    assert psnr.ci95 is not None
    assert psnr.ci95[0] < 0.90625 < psnr.ci95[1]


@pytest.mark.slow
def test_where_lower_is_better_the_lower_one_wins(comparison: Comparison) -> None:
    assert comparison.metrics[1].metric == "ciede2000"
    assert comparison.metrics[1].wins == (6, 1, 1)
    assert comparison.metrics[1].difference == pytest.approx(-0.90625)


def test_means_are_tested_by_all_sign_flips_and_pooled_values_by_the_bootstrap(comparison: Comparison) -> None:
    # By hand: of 7 differences that are not 0, flipping none, .25, .5, both, or one of the two 1 keeps |sum| >= 7.25.
    psnr, _, pooled = comparison.metrics

    assert psnr.test == "exact sign flips"
    assert psnr.p == pytest.approx(2 * 6 / 2**7)
    assert pooled.test == "bootstrap"


@pytest.mark.slow
def test_holm_takes_all_metrics_as_one_family(comparison: Comparison) -> None:
    raw = {row.metric: row.p for row in comparison.metrics}
    corrected = {row.metric: row.p_holm for row in comparison.metrics}
    smallest = min(raw, key=lambda name: raw[name] or 0)

    assert corrected[smallest] == pytest.approx(3 * (raw[smallest] or 0))
    assert all((corrected[name] or 0) >= (raw[name] or 0) for name in raw)


def test_a_metric_without_scores_per_photo_has_no_wins(comparison: Comparison) -> None:
    pooled = comparison.metrics[2]

    assert (pooled.metric, pooled.wins, pooled.photos) == ("psnr_rgb_pooled", None, ())


def test_swapping_the_two_swaps_everything(run: Run, comparison: Comparison) -> None:
    swapped = compare(run, "gray", "welsh2002", photos=2)

    for one, other in zip(comparison.metrics, swapped.metrics, strict=True):
        assert one.difference == pytest.approx(-other.difference)
        assert one.p == pytest.approx(other.p)
        assert one.wins is None or one.wins == (other.wins or ())[1::-1] + (other.wins or ())[2:]


def test_only_common_photos_are_compared(tmp_path: Path) -> None:
    numbers = {"welsh2002": {"psnr_rgb.value": PSNR + GAIN}, "gray": {"psnr_rgb.value": PSNR}}
    run = write_run(tmp_path / "run", numbers, failed={"welsh2002": [4], "gray": [1]})

    [psnr] = compare(run, "welsh2002", "gray").metrics

    assert psnr.n == 6
    assert psnr.difference == pytest.approx((GAIN.sum() - 5) / 6)
    assert not {"p1", "p4"} & {photo.photo for photo in psnr.photos}


@pytest.mark.slow
def test_one_photo_gives_values_and_claims_nothing(tmp_path: Path) -> None:
    numbers = {"welsh2002": {"psnr_rgb.value": PSNR[:1] + 1}, "gray": {"psnr_rgb.value": PSNR[:1]}}

    [psnr] = compare(write_run(tmp_path / "run", numbers), "welsh2002", "gray").metrics

    assert psnr.difference == pytest.approx(1.0)
    assert (psnr.ci95, psnr.p, psnr.p_holm) == (None, None, None)


def test_a_colorizer_is_not_compared_with_itself_or_with_a_stranger(run: Run) -> None:
    with pytest.raises(UserError, match="two different colorizers"):
        compare(run, "gray", "gray")
    with pytest.raises(UserError, match="no colorizer 'grey'"):
        compare(run, "gray", "grey")


@pytest.mark.slow
def test_colorizers_without_a_common_photo_cannot_be_compared(tmp_path: Path) -> None:
    numbers = {"welsh2002": {"psnr_rgb.value": PSNR[:2]}, "gray": {"psnr_rgb.value": PSNR[:2]}}
    run = write_run(tmp_path / "run", numbers, failed={"welsh2002": [0], "gray": [1]})

    with pytest.raises(UserError, match="share no metric on any photo"):
        compare(run, "welsh2002", "gray")


def test_markdown_shows_differences_bold_winners_and_photos(comparison: Comparison) -> None:
    text = comparison_text(comparison)

    assert "welsh2002 against gray on photos: 8 photos squashed to 32 x 32" in text
    row = next(line for line in text.splitlines() if line.startswith("| PSNR \N{UPWARDS ARROW} (dB)"))
    assert "+0.906 [" in row
    assert "6 : 1 : 1" in row
    assert "p4 (31.00, 28.00), p1 (24.00, 22.00)" in text
    assert "corrected for 3 metrics" in text


@pytest.mark.slow
def test_the_better_one_is_bold_only_where_the_interval_leaves_zero_out(tmp_path: Path) -> None:
    numbers = {
        "welsh2002": {"psnr_rgb.value": PSNR + 1, "ciede2000.value": PSNR + 1, "ssim.value": PSNR + GAIN - 0.9},
        "gray": {"psnr_rgb.value": PSNR, "ciede2000.value": PSNR, "ssim.value": PSNR},
    }
    text = comparison_text(compare(write_run(tmp_path / "run", numbers), "welsh2002", "gray"))
    rows = {line.split("|")[1].split()[0]: line for line in text.splitlines() if line.startswith("| ")}

    assert "**25.25** |" in rows["PSNR"]
    assert "| **24.25** |" in rows["CIEDE2000"]
    assert "**" not in rows["SSIM"]


def test_json_and_csv_carry_full_precision(comparison: Comparison) -> None:
    record = json.loads(comparison_text(comparison, "json"))
    rows = list(csv.DictReader(io.StringIO(comparison_text(comparison, "csv"))))

    assert record["metrics"]["psnr_rgb"]["difference"] == comparison.metrics[0].difference
    assert record["metrics"]["psnr_rgb"]["wins"] == {"a": 6, "b": 1, "ties": 1}
    assert record["metrics"]["psnr_rgb"]["photos"][0] == {"photo": "p4", "a": 31.0, "b": 28.0}
    assert float(rows[0]["p_holm"]) == comparison.metrics[0].p_holm
    assert (rows[2]["metric"], rows[2]["wins_a"]) == ("psnr_rgb_pooled", "")


@pytest.mark.slow
def test_latex_is_escaped_and_uses_booktabs(comparison: Comparison) -> None:
    text = comparison_text(comparison, "latex")

    assert r"\toprule" in text
    assert r"PSNR $\uparrow$ (dB)" in text
    assert text.count("{") == text.count("}")


def test_a_handful_of_photos_makes_nobody_the_better_one(tmp_path: Path) -> None:
    numbers = {"welsh2002": {"psnr_rgb.value": PSNR[:5] + 9}, "gray": {"psnr_rgb.value": PSNR[:5]}}

    text = comparison_text(compare(write_run(tmp_path / "run", numbers), "welsh2002", "gray"))

    assert "**" not in text
    assert "6 photos or more" in text
