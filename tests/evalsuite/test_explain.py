from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalsuite.errors import UserError
from evalsuite.explain import explain
from evalsuite.plan import Plan
from evalsuite.registry import metric
from evalsuite.results import Run
from evalsuite.run import run
from tests.evalsuite.folders import write_run

METRICS = ("psnr_rgb", "ssim", "auc", "auc_rebalanced", "delta_colorfulness")


@pytest.fixture
def done(plan: Plan) -> Run:
    return run(replace(plan, metrics=tuple(metric(name) for name in METRICS)))


def cells(text: str, first: str) -> list[str]:
    """The cells of the row whose first cell begins so."""
    row = next(line for line in text.splitlines() if line.startswith(f"| {first}"))
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("psnr_rgb", "mean of the photos' dB"),
        ("ssim", "Gaussian window"),
        ("auc", "1 - mean(min(d, 150)) / 150"),
    ],
)
def test_the_variant_that_this_suite_computes_gives_the_runs_own_numbers(done: Run, name: str, same: str) -> None:
    text = explain(done, name)

    assert cells(text, f"{name} ")[1] == "this run's rows"
    assert cells(text, same)[2:] == cells(text, f"{name} ")[2:]
    assert "7 of 7 photos" in text


@pytest.mark.slow
def test_the_definition_and_what_went_in_come_first(done: Run) -> None:
    text = explain(done, "psnr_rgb")

    assert text.startswith("psnr_rgb: PSNR (dB, higher is better, full-reference)")
    for said in (
        "10 log10(255^2 / MSE)",
        "7 photos squashed to 32 x 32",
        "bicubic",
        "seed 0",
        f"numpy {np.__version__}",
    ):
        assert said in text


@pytest.mark.slow
def test_delta_colorfulness_has_both_readings_and_the_runs_own_is_the_first(done: Run) -> None:
    text = explain(done, "delta_colorfulness")
    own = next(line for line in text.splitlines() if line.startswith("| gray")).split("|")[2].split()[0]

    assert own in cells(text, "\\|mean - mean\\|, signed CF")
    assert "CT2" in text
    assert "mean_per_photo" in text


@pytest.mark.slow
def test_rebalancing_is_explained_from_the_rows_alone(done: Run) -> None:
    text = explain(done, "auc_rebalanced")

    assert "prior: dataset" in text
    own = next(line for line in text.splitlines() if line.startswith("| gray")).split("|")[2].split()[0]
    assert cells(text, "weights of lambda = 0, pooled")[3] == own


@pytest.mark.slow
def test_photos_that_are_gone_take_only_the_variants_with_them(done: Run, photos: Path) -> None:
    for path in photos.iterdir():
        path.unlink()

    text = explain(done, "psnr_rgb")

    assert f"Variants need the photos, which are no longer in {photos.resolve()} as they were." in text
    assert "| gray" in text
    assert "modulo 256" not in text


@pytest.mark.slow
def test_photos_that_were_changed_are_left_out_and_counted(done: Run, photos: Path) -> None:
    (photos / "p0.png").write_bytes((photos / "p1.png").read_bytes())

    text = explain(done, "psnr_rgb")

    assert "6 of 7 photos" in text
    assert "Photos of the sample that are no longer as they were: 1." in text


@pytest.mark.slow
def test_a_method_whose_outputs_are_gone_has_no_variants(done: Run) -> None:
    for path in (done.path / "outputs" / "gray").iterdir():
        path.unlink()

    assert cells(explain(done, "psnr_rgb"), "mean of the photos' dB")[3] == "\N{EN DASH}"


def test_members_of_a_family_stand_side_by_side(tmp_path: Path) -> None:
    numbers = {"gray": {"lpips_alex.value": [0.2, 0.3], "lpips_vgg.value": [0.3, 0.4]}}
    facts = {"title": "LPIPS", "unit": "", "better": "lower", "kind": "full-reference", "draws": 10, "source": "x"}
    base = write_run(tmp_path / "run", {"gray": {"psnr_rgb.value": [20.0, 21.0]}})
    metrics = {name.split(".")[0]: {**facts, "definition": "d"} for name in numbers["gray"]}
    done = Run(base.path, {**base.manifest, "metrics": metrics})
    score = {"ci95": None, "n": 2, "unit": "", "better": "lower"}
    done.summary["colorizers"]["gray"].update(lpips_alex={"value": 0.25, **score}, lpips_vgg={"value": 0.35, **score})

    text = explain(done, "lpips_alex")

    assert cells(text, "lpips_vgg")[1] == "0.350"
    assert "not comparable" in text


def test_a_cost_is_a_single_measurement(tmp_path: Path) -> None:
    costs = {"gray": {"runtime_ms": 3.0}}
    done = write_run(tmp_path / "run", {"gray": {"psnr_rgb.value": [20.0, 21.0]}}, costs=costs)

    assert "- Interval: none, a single measurement" in explain(done, "runtime_ms")


@pytest.mark.slow
def test_a_metric_that_the_run_has_not_is_refused(done: Run) -> None:
    with pytest.raises(UserError, match=r"no metric 'psnr'\. It has: psnr_rgb, ssim"):
        explain(done, "psnr")
