from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalsuite.standings import candidate, standings
from tests.evalsuite.folders import write_run

BASE = np.linspace(20, 30, 40)
WAVE = np.tile([0.8, -0.8], 20)


@pytest.mark.slow
def test_the_best_its_ties_and_the_order_are_those_planted(tmp_path: Path) -> None:
    values = {
        "ground_truth": BASE + 50,
        "gray": BASE + 9,
        "eccv16": BASE + 2,
        "siggraph17": BASE + 1.99 + WAVE,
        "welsh2002": BASE + 1,
        "levin2004": BASE + 0.95 + WAVE,
    }
    run = write_run(tmp_path / "run", {name: {"psnr_rgb.value": v} for name, v in values.items()})

    psnr = standings(run, ["psnr_rgb"])["psnr_rgb"]

    assert (psnr.best, psnr.tied) == ("eccv16", frozenset({"siggraph17"}))
    assert psnr.order == ("gray", "eccv16", "siggraph17", "welsh2002", "levin2004")
    assert psnr.apart == (True, False, True, False)


def test_where_lower_is_better_the_lowest_is_first(tmp_path: Path) -> None:
    numbers = {name: {"ciede2000.value": BASE + k} for k, name in enumerate(("eccv16", "siggraph17"))}

    found = standings(write_run(tmp_path / "run", numbers), ["ciede2000"])["ciede2000"]

    assert (found.best, found.tied, found.order) == ("eccv16", frozenset(), ("eccv16", "siggraph17"))


def test_a_method_alone_is_not_the_best_of_anything(tmp_path: Path) -> None:
    numbers = {name: {"psnr_rgb.value": BASE} for name in ("gray", "eccv16")}

    found = standings(write_run(tmp_path / "run", numbers), ["psnr_rgb"])["psnr_rgb"]

    assert found.best is None
    assert found.apart == (False,)


def test_metrics_without_a_direction_or_rows_have_no_standing(tmp_path: Path) -> None:
    numbers = {name: {"colorfulness.value": BASE} for name in ("eccv16", "siggraph17")}
    run = write_run(tmp_path / "run", numbers, costs={n: {"params_mb": 1.0} for n in numbers})

    assert standings(run, ["colorfulness", "params_mb"]) == {}


def test_baselines_and_methods_that_see_the_target_are_no_candidates(tmp_path: Path) -> None:
    names = ("ground_truth", "gray", "random", "mean_ab", "welsh2002", "levin2004")
    run = write_run(tmp_path / "run", {name: {"psnr_rgb.value": BASE} for name in names})

    assert [name for name in names if candidate(run, name)] == ["welsh2002", "levin2004"]
