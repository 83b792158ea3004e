from __future__ import annotations

import numpy as np
import pytest

from evalsuite.reductions import mean_of, ratio
from evalsuite.resampling import resample_counts


def test_a_mean_is_numpys_mean_of_the_repeated_values() -> None:
    values = np.array([1.0, 5.0, 9.0, 2.0])
    counts = np.array([[1.0, 1, 1, 1], [4, 0, 0, 0], [0, 2, 0, 2]])

    means = mean_of("value")({"value": values})(counts)

    assert means.tolist() == [4.25, 1.0, 3.5]


def test_a_pooled_ratio_divides_sums_and_not_photo_by_photo() -> None:
    assert ratio([1.0, 9.0], [1.0, 99.0])(np.ones((1, 2)))[0] == pytest.approx(0.1)


def test_a_ratio_over_nothing_is_not_finite_and_warns_of_nothing() -> None:
    for counts in (np.array([[2.0, 0.0]]), np.array([[2, 0]], np.float32)):
        assert not np.isfinite(ratio([1.0, 2.0], [0.0, 1.0])(counts)[0])
        assert np.isnan(ratio([0.0, 0.0], [0.0, 0.0])(counts)[0])


def test_an_infinite_value_makes_the_mean_infinite_and_its_resamples_useless() -> None:
    estimate = ratio([1.0, np.inf], [1.0, 1.0])

    assert estimate(np.ones((1, 2)))[0] == np.inf
    assert not np.isfinite(estimate(np.array([[1, 1], [2, 0]], np.float32))).any()


@pytest.mark.parametrize("offset", [0.0, 25.0, 1e6])
def test_counts_in_single_precision_cost_next_to_nothing_of_a_standard_error(offset: float) -> None:
    rng = np.random.default_rng(0)
    values, weights = rng.normal(offset, 3, 5000), rng.lognormal(0, 2, 5000)
    counts = np.concatenate(list(resample_counts(5000, 200, seed=0)))

    for denominator in (np.ones(5000), weights):
        estimate = ratio(values * denominator, denominator)
        exact = estimate(counts.astype(np.float64))
        assert np.abs(estimate(counts) - exact).max() < 1e-5 * exact.std()
