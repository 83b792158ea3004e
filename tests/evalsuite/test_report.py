from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from evalsuite.errors import UserError
from evalsuite.report import report
from evalsuite.results import Run
from tests.evalsuite.folders import write_run

BASE = np.linspace(20, 30, 40)
WAVE = np.tile([0.8, -0.8], 20)
DASH, DAGGER, UP, TIED = "\N{EN DASH}", "\N{DAGGER}", "\N{UPWARDS ARROW}", "\N{ALMOST EQUAL TO}"


def numbers(shift: float, wave: float = 0.0) -> dict[str, ArrayLike]:
    quality = BASE + shift + wave * WAVE
    return {
        "psnr_rgb.value": quality,
        "auc.value": quality / 40,
        "colorfulness_abs.value": BASE,
        "auc_rebalanced.gain": np.full((40, 313), 0.5),
        "auc_rebalanced.target.count": np.ones((40, 313)),
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    methods = {
        "ground_truth": numbers(9),
        "gray": numbers(-3),
        "eccv16": numbers(0),
        "siggraph17": numbers(0.02, 1),
        "welsh2002": numbers(-1),
    }
    return write_run(
        tmp_path / "run",
        methods,
        failed={"welsh2002": [3, 4]},
        costs={"eccv16": {"params_mb": 129.0, "runtime_ms": 22.1}},
        dataset="ctest10k",
    )


def rows_of(text: str, first: str) -> dict[str, list[str]]:
    """Rows of the Markdown table with a column that begins so, by method."""
    for block in text.split("\n\n"):
        lines = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines() if line[:1] == "|"
        ]
        if lines and any(head.startswith(first) for head in lines[0]):
            column = next(k for k, head in enumerate(lines[0]) if head.startswith(first))
            return {line[0]: [line[column], lines[0][column]] for line in lines[2:]}
    raise AssertionError(f"no column {first}")


@pytest.mark.slow
def test_the_best_is_bold_what_ties_with_it_has_a_dagger_and_baselines_have_neither(run: Run) -> None:
    psnr = rows_of(report(run), "PSNR")

    assert psnr["siggraph17"][0].startswith("**25.0")
    assert psnr["eccv16"][0].startswith(f"25.00{DAGGER} [")
    assert psnr["welsh2002"][0].startswith("24.22 [")
    for baseline in ("ground_truth", "gray"):
        assert "**" not in psnr[baseline][0]
        assert DAGGER not in psnr[baseline][0]


@pytest.mark.slow
def test_heads_carry_arrows_units_and_percentages(run: Run) -> None:
    auc = rows_of(report(run), "AuC")

    assert auc["eccv16"][1] == f"AuC {UP} (%)"
    assert auc["eccv16"][0].startswith("62.5")


@pytest.mark.slow
def test_neighbors_that_cannot_be_told_apart_are_named(run: Run) -> None:
    assert f"- PSNR: siggraph17 {TIED} eccv16 > welsh2002 > gray." in report(run)


@pytest.mark.slow
def test_failures_fewer_photos_and_priors_are_told(run: Run) -> None:
    text = report(run)

    assert "- welsh2002 has 38 of 40 photos in PSNR, AuC" in text
    assert "- Photos on which welsh2002 failed: p3, p4 (broken)." in text
    assert "AuC rebalanced: prior from the photos' own colors; effective sample size 11,894 of 11,894 pixels." in text
    assert "10,000 resamples, the same for all methods; seed 0" in text


@pytest.mark.slow
def test_what_could_not_be_decoded_and_what_was_skipped_is_told(run: Run) -> None:
    failed = [{"photo": f"x{k}", "reason": "truncated"} for k in range(7)]
    dataset = {**run.manifest["dataset"], "failed": failed, "gray": 2}
    skipped = [{"kind": "colorizer", "name": "eccv16", "reason": "no weights"}]
    other = Run(run.path, {**run.manifest, "dataset": dataset, "skipped": skipped})

    text = report(other)

    assert "Photos that could not be decoded: x0, x1, x2, x3, x4 and 2 more (truncated)." in text
    assert "Truly gray photos: 2, counted in." in text
    assert "- Skipped colorizer eccv16: no weights" in text
    assert "--no-reference" not in text


@pytest.mark.slow
def test_scores_of_photos_without_colors_are_called_what_they_are(run: Run) -> None:
    grays = {**run.manifest["dataset"], "gray": run.summary["dataset"]["images"]}

    text = report(Run(run.path, {**run.manifest, "dataset": grays}))

    assert "No photo has colors: what compares with them rewards gray outputs." in text
    assert "--no-reference looks at outputs alone" in text


@pytest.mark.slow
def test_a_metric_whose_plug_in_is_gone_is_shown_without_ties(run: Run) -> None:
    facts = {**run.manifest["metrics"], "mine": {**run.manifest["metrics"]["psnr_rgb"], "title": "Mine"}}
    other = Run(run.path, {**run.manifest, "metrics": facts})
    score = {"value": 1.0, "ci95": None, "n": 40, "unit": "dB", "better": "higher"}
    for scores in other.summary["colorizers"].values():
        scores["mine"] = score

    text = report(other)

    assert rows_of(text, "Mine")["eccv16"][0] == "1.00"
    assert "Mine: no paired differences" in text


def test_published_numbers_stand_beside_ours_for_the_dataset_of_that_name(run: Run) -> None:
    text = report(run)
    reported = text[text.index("What the papers report for ctest10k") :]

    assert " 89.5 [62.5] |" in reported
    assert "siggraph17 |" not in reported.split("\n\n")[1]


@pytest.mark.slow
def test_nothing_is_reported_for_a_dataset_that_no_paper_has(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"eccv16": {"psnr_rgb.value": BASE}}, dataset="holiday")

    assert "papers report" not in report(run)


@pytest.mark.slow
def test_the_style_of_zhang2016_has_the_columns_of_table_1(run: Run) -> None:
    text = report(run, style="zhang2016", labeled_real={"eccv16": {"value": 0.323, "ci95": [0.301, 0.345]}})
    heads = [head.strip().split(" ")[0] for head in text.splitlines()[2].strip("|").split("|")]

    assert heads == ["Method", "Params", "Feats", "Runtime", "AuC", "AuC", "VGG", "Labeled"]
    assert rows_of(text, "Params")["eccv16"][0] == "129.0"
    assert rows_of(text, "Params")["gray"][0] == DASH
    assert rows_of(text, "Labeled")["eccv16"][0] == "32.3 [30.1, 34.5]"
    assert "- VGG top-1: not in this run; --metrics top1_vgg16 computes it." in text


@pytest.mark.slow
def test_labeled_real_says_where_it_comes_from_when_it_is_empty(run: Run) -> None:
    assert "Labeled real: comes from a study with people (--labeled-real)." in report(run, style="zhang2016")
    other = report(run, style="zhang2016", labeled_real={"theirs": {"value": 0.3}})
    assert "Labeled real: comes from a study with people (--labeled-real), which has theirs." in other


def test_another_metric_of_the_family_stands_in_under_its_own_name(tmp_path: Path) -> None:
    columns = {"delta_colorfulness.output": BASE, "delta_colorfulness.target.colorfulness": BASE + 1}
    run = write_run(tmp_path / "run", {"eccv16": columns, "siggraph17": columns})

    text = report(run, style="ddcolor")

    assert "Delta colorfulness" in text.splitlines()[2]
    assert "stands for \N{GREEK CAPITAL LETTER DELTA}CF, which --metrics delta_colorfulness_abs computes" in text


@pytest.mark.slow
@pytest.mark.parametrize("style", ["default", "zhang2016", "ct2", "ddcolor"])
def test_latex_is_balanced_and_escaped_in_every_style(run: Run, style: str) -> None:
    text = report(run, "latex", style)

    assert text.startswith(r"% \usepackage{booktabs}")
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == text.count(r"\toprule")
    assert text.count("{") == text.count("}")
    body = text.replace(r"\_", "").replace(r"\%", "").replace(r"\label", "").split("\n", 1)[1]
    assert "_" not in body
    assert "%" not in body
    assert all(ord(character) < 128 for character in text)


@pytest.mark.slow
def test_latex_uses_titles_where_markdown_uses_the_names_of_commands(run: Run) -> None:
    assert "Zhang et al. 2016" in report(run, "latex")
    assert "Zhang et al. 2016" not in report(run)


def test_json_is_the_summary_and_csv_has_a_line_per_value_with_fractions(run: Run) -> None:
    assert json.loads(report(run, "json")) == json.loads((run.path / "summary.json").read_text())

    rows = list(csv.DictReader(io.StringIO(report(run, "csv"))))
    auc = next(row for row in rows if (row["colorizer"], row["metric"]) == ("eccv16", "auc"))
    assert float(auc["value"]) == pytest.approx(0.625)
    assert float(auc["low"]) < 0.625 < float(auc["high"])
    assert {row["metric"] for row in csv.DictReader(io.StringIO(report(run, "csv", "ct2")))} == {
        "psnr_rgb",
        "colorfulness_abs",
    }


@pytest.mark.slow
def test_an_unknown_format_or_style_is_refused(run: Run) -> None:
    with pytest.raises(UserError, match="got 'word' and 'default'"):
        report(run, "word")
    with pytest.raises(UserError, match="got 'markdown' and 'nature'"):
        report(run, style="nature")


def test_a_run_of_one_photo_and_one_method_is_printed_without_claims(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"eccv16": {"psnr_rgb.value": BASE[:1]}})

    text = report(run)

    assert rows_of(text, "PSNR")["eccv16"][0] == "20.00"
    assert "Bold" not in text
    assert "In brackets: 95%" not in text


def test_a_handful_of_photos_is_said_to_show_nothing(tmp_path: Path) -> None:
    values = {name: {"psnr_rgb.value": BASE[:5] + k} for k, name in enumerate(("eccv16", "siggraph17"))}

    text = report(write_run(tmp_path / "run", values))

    assert "- Only 5 photos: fewer than 6 can show no difference at 95%" in text
    assert f"- PSNR: siggraph17 {TIED} eccv16." in text


def test_photos_are_grouped_by_what_went_wrong_and_results_without_a_photo_are_named(tmp_path: Path) -> None:
    failures = [{"colorizer": "eccv16", "photo": f"p{k}", "reason": "odd" if k == 3 else "broken"} for k in range(8)]
    extra = {"eccv16": ["a.png", "b.png"]}
    run = write_run(tmp_path / "run", {"eccv16": {"psnr_rgb.value": BASE}}, failures=failures, extra=extra)

    text = report(run)

    assert "- Photos on which eccv16 failed: p0, p1, p2, p4, p5 and 2 more (broken); p3 (odd)." in text
    assert "- Results of eccv16 without a photo: a.png, b.png." in text
