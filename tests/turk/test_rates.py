"""Rates, differences and equivalence of conditions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from evalsuite.stats import holm
from tests.turk.planted import World, planted
from turk.rates import DIFFERENCES, EQUIVALENCE, RATES, Rated, differences, equivalence, exact_interval, rated, rates
from turk.sample import sample

DRAWS = 2000


def resampled(world: World, draws: int = DRAWS) -> Rated:
    """The planted answers, resampled."""
    return rated("fool_rate", sample(*planted(world)), tuple(world.rates), draws, seed=1)


@pytest.mark.slow
def test_planted_rates_lie_in_their_intervals() -> None:
    world = World({"weak": 0.13, "fair": 0.32, "strong": 0.5}, people=40, photos=200, seed=4)

    found = rates(resampled(world))

    assert list(found.columns) == list(RATES)
    for row, rate in zip(found.to_dict("records"), world.rates.values(), strict=True):
        assert row["new_low"] < rate < row["new_high"]
        assert (row["participants"], row["trials"], row["photos"]) == (40, 1600, 200)


def test_a_rate_is_the_share_of_fooled_trials_whoever_gave_them() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=5, trials=10))
    shown = responses[responses["kind"] == "test"]

    found = rates(rated("fool_rate", sample(responses, sessions), ("a",), DRAWS, 1))

    assert found["value"].tolist() == [pytest.approx(shown["value"].mean())]


def test_conditions_that_nobody_saw_are_left_out() -> None:
    found = rated("fool_rate", sample(*planted(World({"a": 0.3}, people=3))), ("a", "unseen"), DRAWS, 1)

    assert found.conditions == ("a",)


@pytest.mark.slow
def test_differences_are_paired_signed_and_corrected_together() -> None:
    found = resampled(World({"a": 0.5, "b": 0.3, "c": 0.28}, people=30, seed=2))
    value = rates(found).set_index("condition")["value"]

    table = differences(found, "all")

    assert list(table.columns) == list(DIFFERENCES)
    assert list(zip(table["a"], table["b"], strict=True)) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert table["value"].tolist() == pytest.approx(
        [value[a] - value[b] for a, b in zip(table["a"], table["b"], strict=True)]
    )
    assert table["p_holm"].tolist() == holm(table["p"].to_numpy()).tolist()
    apart = (table["new_low"] > 0) | (table["new_high"] < 0)
    assert apart.tolist() == (table["p"] < 0.05).tolist()
    assert apart.tolist()[:2] == [True, True]


@pytest.mark.slow
def test_differences_lie_no_farther_apart_than_rates_can() -> None:
    found = resampled(World({"a": 0.5, "b": 0.3}, people=2, photos=8, trials=6, seed=1))

    [gap] = differences(found, "all").to_dict("records")
    same = equivalence(found, "all", 0.05)

    assert -1 == gap["new_low"] < gap["value"] < gap["new_high"] <= 1  # two people an arm say next to nothing
    assert -1 <= gap["these_low"] < gap["these_high"] <= 1
    assert same["high90"].le([0.5, 0.5, 1]).all()
    assert same["low90"].ge([-0.5, -0.5, -1]).all()


def test_contrasts_with_the_first_are_fewer_comparisons() -> None:
    found = resampled(World({"a": 0.5, "b": 0.3, "c": 0.28}, people=10))

    table = differences(found, "first")

    assert list(zip(table["a"], table["b"], strict=True)) == [("a", "b"), ("a", "c")]
    assert len(equivalence(found, "first", 0.05)) == 3 + 2


@pytest.mark.slow
def test_equal_conditions_are_told_apart_no_more_often_than_promised() -> None:
    worlds = [World({"a": 0.3, "b": 0.3}, people=12, trials=15, photos=40, catch=0, seed=seed) for seed in range(60)]

    p = np.array([differences(resampled(world, 500), "all")["p"][0] for world in worlds])

    # 5% of 60 are 3; 9 or more have a probability of .002.
    assert np.count_nonzero(p < 0.05) < 9
    assert 0.2 < np.median(p) < 0.8


@pytest.mark.slow
def test_many_people_show_that_a_condition_fools_half_of_the_time() -> None:
    found = resampled(World({"perfect": 0.5, "worse": 0.4}, people=120, photos=500, sp=0.2, si=0.3, catch=0, seed=3))

    table = equivalence(found, "all", 0.05).set_index(["a", "b"], drop=False)

    assert list(table.columns) == list(EQUIVALENCE)
    assert table["equivalent"].tolist() == [True, False, False]
    assert table["margin"].tolist() == [0.05] * 3
    chance = table.iloc[0]
    assert -0.05 < chance["low90"] < chance["high90"] < 0.05


@pytest.mark.slow
def test_equivalence_is_the_90_percent_interval_within_the_margin() -> None:
    for seed in range(6):
        found = resampled(World({"a": 0.47}, people=60, photos=500, si=0.5, catch=0, seed=seed))
        [row] = equivalence(found, "all", 0.06).to_dict("records")

        inside = row["low90"] > -0.06 and row["high90"] < 0.06

        # Between two neighboring draws both are a matter of rounding.
        assert inside == (row["p"] < 0.05) or abs(row["p"] - 0.05) < 0.002


def test_few_people_show_nothing() -> None:
    found = resampled(World({"a": 0.5}, people=6, seed=1))

    assert not equivalence(found, "all", 0.05)["equivalent"].any()


@pytest.mark.parametrize(("value", "n"), [(0.0, 40), (1.0, 25)])
def test_where_nobody_or_everybody_was_fooled_the_interval_is_the_exact_binomial_one(value: float, n: int) -> None:
    expected = binomtest(round(value * n), n).proportion_ci(0.95, "exact")

    assert exact_interval(value, n) == pytest.approx((expected.low, expected.high))


def test_a_condition_that_fools_nobody_has_an_interval_of_its_people() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=12, trials=10, photos=50))
    responses["value"] = 0.0

    [row] = rates(rated("fool_rate", sample(responses, sessions), ("a",), DRAWS, 1)).to_dict("records")

    assert (row["these_low"], row["these_high"]) == pytest.approx((0, 1 - 0.025 ** (1 / 12)))
    assert (row["new_low"], row["new_high"]) == pytest.approx((0, 1 - 0.025 ** (1 / 12)))


def test_a_rating_may_be_anything_from_1_to_5() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=10, trials=10))
    responses["value"] = np.random.default_rng(0).integers(1, 6, len(responses)).astype(float)

    found = rated("rating", sample(responses, sessions), ("a",), DRAWS, 1)

    [row] = rates(found).to_dict("records")
    assert 1 <= row["new_low"] < row["value"] < row["new_high"] <= 5
    assert equivalence(found, "all", 0.05).empty


def test_only_valid_test_trials_of_completed_sessions_count() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=4, trials=10))
    sessions.loc[0, "state"] = "left"
    responses.loc[responses["session"].eq(1) & responses["number"].lt(4), "valid"] = False
    out = pd.DataFrame({"session": [2]})

    taken = sample(responses, sessions, out)

    assert taken.participants == 2
    assert taken.trials.groupby("session").size().to_dict() == {1: 6, 3: 10}
    assert set(taken.trials["kind"]) == {"test"}
