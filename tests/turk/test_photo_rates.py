"""Rates of single photos drawn toward their condition's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, betabinom

from tests.turk.planted import World, planted
from turk.photo_rates import COLUMNS, ENOUGH, fit_beta, photo_rates
from turk.sample import sample


def test_the_beta_law_that_made_the_counts_is_found() -> None:
    rng = np.random.default_rng(0)
    views = rng.integers(5, 30, 4000)
    hits = rng.binomial(views, rng.beta(2.0, 5.0, 4000))

    a, b = fit_beta(hits.astype(float), views.astype(float))

    assert (a, b) == pytest.approx((2, 5), rel=0.1)


def test_no_other_law_makes_the_counts_likelier() -> None:
    rng = np.random.default_rng(1)
    views = rng.integers(1, 20, 60).astype(float)
    hits = rng.binomial(views.astype(int), rng.beta(1.5, 3, 60)).astype(float)

    a, b = fit_beta(hits, views)

    def likely(x: float, y: float) -> float:
        return float(np.sum(betabinom.logpmf(hits, views, x, y)))

    for x, y in ((a * 1.1, b), (a, b * 1.1), (a * 0.9, b), (a * 1.1, b * 1.1), (1, 1), (a * 3, b * 3)):
        assert likely(x, y) <= likely(a, b) + 1e-6


def test_photos_that_do_not_differ_are_drawn_onto_their_mean() -> None:
    views = np.full(50, 10.0)
    hits = np.full(50, 3.0)

    a, b = fit_beta(hits, views)

    assert a / (a + b) == pytest.approx(0.3, abs=0.005)
    assert (a + 3) / (a + b + 10) == pytest.approx(0.3, abs=0.001)


@pytest.mark.slow
def test_shrunken_rates_are_the_law_after_the_views_and_order_the_table() -> None:
    taken = sample(*planted(World({"a": 0.3, "b": 0.5}, people=20, photos=60, seed=3)))

    found = photo_rates(taken, ("a", "b", "unseen"))

    assert list(found.columns) == list(COLUMNS)
    mine = found[found["condition"].eq("a")]
    assert mine["shrunk"].is_monotonic_decreasing
    hits = (mine["value"] * mine["views"]).to_numpy(float)
    a, b = fit_beta(hits, mine["views"].to_numpy(float))
    expected = beta(a + hits, b + mine["views"] - hits)
    np.testing.assert_allclose(mine["shrunk"], expected.mean(), atol=1e-6)
    np.testing.assert_allclose(mine["low"], expected.ppf(0.025), atol=1e-6)
    np.testing.assert_allclose(mine["high"], expected.ppf(0.975), atol=1e-6)
    assert (mine["ranked"] == (mine["views"] >= ENOUGH)).all()


def test_shrunken_rates_are_nearer_to_the_truth_than_raw_ones() -> None:
    world = World({"a": 0.3}, people=15, photos=100, seed=8)
    rng = np.random.default_rng(world.seed)
    truth = {f"photo-{k:04d}": effect for k, effect in enumerate(rng.normal(0, world.si, world.photos))}

    found = photo_rates(sample(*planted(world)), ("a",))

    target = 1 / (1 + np.exp(-(found["photo"].map(truth).to_numpy(float) - 1.05)))
    assert np.mean((found["shrunk"] - target) ** 2) < 0.8 * np.mean((found["value"] - target) ** 2)


def test_a_study_without_answers_has_an_empty_table() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=2))

    assert photo_rates(sample(responses.iloc[:0], sessions), ("a",)).empty
