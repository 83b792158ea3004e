"""Metrics against people."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.turk.planted import World, planted
from turk.agreement import AGREEMENT, agreement, pearson_of, spearman_of, stepped_up
from turk.sample import sample

RATES = {"a": 0.15, "b": 0.25, "c": 0.35, "d": 0.5}
WORLD = World(RATES, people=30, trials=40, photos=60, catch=0, seed=4)


def answered() -> pd.DataFrame:
    """Answers that count."""
    return sample(*planted(WORLD)).trials


def scores(noise: float, seed: int = 0) -> pd.DataFrame:
    """Two metrics: one that knows what fools people, but for noise, and one that knows nothing."""
    rng = np.random.default_rng(seed)
    effects = np.random.default_rng(WORLD.seed).normal(0, WORLD.si, WORLD.photos)
    rows = [
        {"image": f"photo-{k:04d}", "colorizer": name, "metric": metric, "value": value}
        for level, name in enumerate(RATES)
        for k in range(WORLD.photos)
        for metric, value in (("knows", level + effects[k] + rng.normal(0, noise)), ("nothing", rng.normal()))
    ]
    return pd.DataFrame(rows)


def rows(found: pd.DataFrame) -> dict[tuple[str, str], dict[Hashable, Any]]:
    """Metric and level to the rest of the row."""
    return {(row["metric"], row["level"]): row for row in found.to_dict("records")}


@pytest.mark.slow
def test_a_metric_that_knows_people_agrees_and_one_that_does_not_does_not() -> None:
    found = agreement(scores(0.2), answered(), draws=300)

    assert list(found.columns) == list(AGREEMENT)
    knows, nothing = rows(found)["knows", "photo"], rows(found)["nothing", "photo"]
    assert knows["pearson_low"] > 0.5
    assert nothing["pearson_low"] < 0 < nothing["pearson_high"]
    assert rows(found)["knows", "colorizer"]["spearman"] == pytest.approx(1)
    assert (knows["photos"], knows["colorizers"]) == (60, 4)


@pytest.mark.slow
def test_no_metric_agrees_with_people_much_better_than_people_do() -> None:
    found = rows(agreement(scores(0.0), answered(), draws=50))["knows", "photo"]

    # A metric without noise of its own correlates with people as the root of how people correlate with people.
    assert 0.6 < found["ceiling"] < 1
    assert found["pearson"] == pytest.approx(np.sqrt(found["ceiling"]), abs=0.08)


@pytest.mark.slow
def test_which_colorizer_is_better_says_nothing_about_photos() -> None:
    only_level = scores(0.0)
    only_level["value"] = only_level["colorizer"].map({name: float(k) for k, name in enumerate(RATES)})

    found = rows(agreement(only_level[only_level["metric"].eq("knows")], answered(), draws=20))

    assert np.isnan(found["knows", "photo"]["pearson"])
    assert found["knows", "colorizer"]["pearson"] > 0.9


@pytest.mark.slow
def test_two_colorizers_have_no_correlation() -> None:
    few = scores(0.1)
    found = rows(agreement(few[few["colorizer"].isin(["a", "b"])], answered(), draws=20))

    assert np.isnan(found["knows", "colorizer"]["pearson"])
    assert found["knows", "photo"]["pearson"] > 0.3


def test_correlations_are_those_of_a_reference() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=50)
    b = a + rng.normal(size=50).round()

    assert pearson_of(np.stack([a, b], 1)) == pytest.approx(stats.pearsonr(a, b).statistic)
    assert spearman_of(np.stack([a, b], 1)) == pytest.approx(stats.spearmanr(a, b).statistic)
    assert np.isnan(pearson_of(np.stack([a, np.zeros(50)], 1)))
    assert np.isnan(spearman_of(np.zeros((0, 2))))


def test_half_of_the_people_are_stepped_up_to_all() -> None:
    # Two halves with noise of variance 1 around truths of variance 1 correlate .5; all people with as many, 2/3.
    assert stepped_up(0.5) == pytest.approx(2 / 3)
    assert stepped_up(1.0) == 1


@pytest.mark.slow
def test_photos_without_scores_or_answers_are_left_out() -> None:
    part = scores(0.1)
    part.loc[part["image"].eq("photo-0003"), "value"] = np.nan
    part = part[part["image"] != "photo-0005"]

    found = agreement(part, answered(), draws=10)

    assert found["photos"].unique().tolist() == [58]
