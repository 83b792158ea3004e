from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from evalsuite.contracts import Counts, Estimator
from evalsuite.reductions import ratio
from evalsuite.stats import (
    Floats,
    bootstrap,
    bootstrap_p,
    holm,
    interval,
    is_mean,
    paired,
    point,
    rank_intervals,
    restricted,
    sign_flips,
    tie_groups,
    wins,
)


def mean(values: object) -> Estimator:
    array = np.asarray(values, np.float64)
    return ratio(array, np.ones(len(array)))


def test_the_point_value_takes_every_photo_once() -> None:
    assert point(mean([1.0, 2.0, 6.0]), 3) == pytest.approx(3.0)


@pytest.mark.slow
def test_the_interval_of_a_mean_is_scipys_percentile_bootstrap() -> None:
    values = np.random.default_rng(0).exponential(size=300)

    low, high = interval(bootstrap([mean(values)], 300, 10_000, seed=0)[0])

    theirs = scipy_stats.bootstrap((values,), np.mean, n_resamples=10_000, method="percentile", rng=0)
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert low == pytest.approx(theirs.confidence_interval.low, abs=0.03 * width)
    assert high == pytest.approx(theirs.confidence_interval.high, abs=0.03 * width)


@pytest.mark.slow
def test_intervals_cover_a_planted_mean_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    samples = rng.normal(5.0, 2.0, (400, 100))

    drawn = bootstrap([mean(sample) for sample in samples], 100, 1000, seed=0)
    covered = sum(low <= 5.0 <= high for low, high in map(interval, drawn))

    # The percentile interval of 100 normal values covers 94.4%; three standard errors of 400 trials are 3.4 points.
    assert 0.905 <= covered / 400 <= 0.978


@pytest.mark.slow
def test_intervals_of_a_skewed_pooled_ratio_cover_a_planted_value() -> None:
    rng = np.random.default_rng(2)
    weights = rng.lognormal(0, 0.5, (1000, 400))
    scores = weights * rng.beta(8, 2, (1000, 400))

    drawn = bootstrap([ratio(s, w) for s, w in zip(scores, weights, strict=True)], 400, 1000, seed=0)
    covered = sum(low <= 0.8 <= high for low, high in map(interval, drawn))

    assert 0.925 <= covered / 1000 <= 0.97


def test_estimators_share_their_resamples() -> None:
    values = np.random.default_rng(3).normal(size=50)

    drawn = bootstrap([mean(values), mean(values + 7)], 50, 100, seed=0)

    assert np.allclose(drawn[1] - drawn[0], 7)


def test_one_photo_has_no_interval() -> None:
    drawn = bootstrap([mean([3.0])], 1, 100, seed=0)

    assert drawn.shape == (1, 100)
    assert np.isnan(interval(drawn[0])).all()


def test_no_resamples_and_no_estimators_give_empty_tables() -> None:
    assert bootstrap([mean([1.0, 2.0])], 2, 0, seed=0).shape == (1, 0)
    assert bootstrap([], 2, 10, seed=0).shape == (0, 10)


def test_a_metric_that_is_rarely_undefined_keeps_its_interval_and_one_that_often_is_loses_it() -> None:
    drawn = np.arange(1000.0)
    drawn[:20] = np.nan
    assert np.isfinite(interval(drawn)).all()

    drawn[:200] = np.nan
    assert np.isnan(interval(drawn)).all()


def test_an_estimator_of_some_photos_reads_counts_of_all() -> None:
    estimate = restricted(mean([10.0, 20.0]), np.array([0, 2]), 3)

    assert estimate(np.array([[1.0, 5, 1], [1, 0, 3]])).tolist() == [15.0, 17.5]


def test_a_paired_difference_is_surer_than_its_two_values() -> None:
    rng = np.random.default_rng(4)
    easy = rng.normal(25, 5, 200)
    a, b = mean(easy + 0.5 + rng.normal(0, 0.5, 200)), mean(easy)

    [difference] = paired([(a, b)], 200, 2000, seed=0)

    assert difference.value == pytest.approx(0.5, abs=0.15)
    assert difference.ci95[1] - difference.ci95[0] < 0.2
    assert difference.distinguishable
    assert difference.p == pytest.approx(2 / 2001)


def test_the_same_method_twice_differs_by_nothing() -> None:
    a = mean([1.0, 2.0, 3.0])

    [difference] = paired([(a, a)], 3, 500, seed=0)

    assert (difference.value, difference.ci95, difference.p) == (0.0, (0.0, 0.0), 1.0)
    assert not difference.distinguishable


@pytest.mark.parametrize(("n", "told"), [(2, False), (5, False), (6, True)])
def test_a_handful_of_photos_shows_no_difference(n: int, told: bool) -> None:
    [difference] = paired([(mean(np.arange(n) + 1.0), mean(np.arange(n)))], n, 500, seed=0)

    assert difference.ci95 == pytest.approx((1.0, 1.0))
    assert difference.distinguishable is told
    assert (sign_flips(np.ones((n, 1)), 1000, seed=0)[0][0] < 0.05) == told


def test_the_bootstraps_p_counts_the_smaller_side_and_never_says_zero() -> None:
    assert bootstrap_p([-1.0, *[1.0] * 98]) == pytest.approx(2 * 2 / 100)
    assert bootstrap_p([0.0] * 10) == 1.0
    assert np.isnan(bootstrap_p([np.nan] * 10))


def test_few_photos_are_flipped_in_every_way() -> None:
    differences = np.array([0.3, -0.1, 0.8, 0.4, 0.0, 0.7, -0.2, 0.5])
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in product((-1, 1), repeat=8)]
    by_hand = sum(total >= abs(differences.sum()) - 1e-12 for total in sums) / 256

    p, test = sign_flips(differences[:, None], 10_000, seed=0)

    assert test == "exact sign flips"
    assert p[0] == pytest.approx(by_hand)


@pytest.mark.slow
def test_random_flips_agree_with_scipys_permutation_test() -> None:
    rng = np.random.default_rng(5)
    differences = rng.normal(0.4, 1, 80)

    p, test = sign_flips(np.column_stack([differences, -differences]), 20_000, seed=0)

    theirs = scipy_stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", n_resamples=20_000, rng=0
    ).pvalue
    assert test == "sign flips"
    assert p[0] == pytest.approx(theirs, abs=0.01)
    assert p[0] == p[1]


@pytest.mark.slow
def test_flips_of_right_and_wrong_agree_with_mcnemars_exact_test() -> None:
    differences = np.array([1.0] * 30 + [-1.0] * 14 + [0.0] * 200)

    p, _ = sign_flips(differences[:, None], 40_000, seed=0)

    assert p[0] == pytest.approx(scipy_stats.binomtest(30, 44).pvalue, abs=0.003)


def test_p_of_no_difference_is_spread_evenly() -> None:
    differences = np.random.default_rng(6).normal(size=(60, 400))

    p, _ = sign_flips(differences, 999, seed=0)

    assert scipy_stats.kstest(p, "uniform").pvalue > 0.01


def test_a_mean_per_photo_is_told_from_a_pooled_value() -> None:
    values = np.random.default_rng(7).uniform(size=20)

    def pooled(counts: Counts) -> Floats:
        return np.asarray(-10 * np.log10(counts @ 10 ** (-values / 10) / counts.sum(1)), np.float64)

    assert is_mean(mean(values), values)
    assert not is_mean(pooled, values)
    assert not is_mean(ratio(values, np.arange(1.0, 21)), values)


def test_holms_steps_are_those_worked_by_hand() -> None:
    # 4 hypotheses: 4 x .005, 3 x .01, 2 x .03 and 1 x .04, the last lifted to .06 by its predecessor.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == pytest.approx([1.0, 1.0])


def test_what_has_no_p_is_no_member_of_holms_family() -> None:
    adjusted = holm([0.01, np.nan, 0.03])

    assert adjusted[[0, 2]] == pytest.approx([0.02, 0.03])
    assert np.isnan(adjusted[1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_holm_lies_between_the_raw_p_and_bonferroni(p: list[float]) -> None:
    adjusted = holm(p)

    assert (adjusted >= np.array(p)).all()
    assert (adjusted <= np.minimum(1, len(p) * np.array(p)) + 1e-12).all()
    assert (np.argsort(adjusted[np.argsort(p, kind="stable")], kind="stable") == np.arange(len(p))).all()


def test_wins_know_which_direction_is_good() -> None:
    a, b = [1.0, 2.0, 3.0, np.nan], [2.0, 2.0, 1.0, 1.0]

    assert wins(a, b, "higher") == (1, 1, 1)
    assert wins([1.0, 1.0, 3.0], [2.0, 2.0, 1.0], "lower") == (2, 1, 0)
    assert wins([1.0, 1.0, 3.0], [2.0, 2.0, 1.0], None) == (1, 2, 0)


def test_rank_intervals_widen_where_methods_are_close() -> None:
    rng = np.random.default_rng(8)
    draws = np.stack([rng.normal(10, 1, 4000), rng.normal(10.1, 1, 4000), rng.normal(0, 1, 4000)])

    assert rank_intervals(draws, "higher") == [(1, 2), (1, 2), (3, 3)]
    assert rank_intervals(draws, "lower") == [(2, 3), (2, 3), (1, 1)]


def test_equals_share_the_better_rank() -> None:
    draws = np.array([[1.0, 1.0], [1.0, 1.0]])

    assert rank_intervals(draws, None) == [(1, 1), (1, 1)]


def test_methods_group_with_the_best_that_they_cannot_be_told_from() -> None:
    noise = np.random.default_rng(9).normal(0, 0.1, 1000)
    draws = np.stack([1 + 0 * noise, 5 + noise, 5.05 - noise, 5.3 + 0 * noise])

    assert tie_groups([1.0, 5.0, 5.05, 5.3], draws, "higher") == [[3], [2, 1], [0]]
    assert tie_groups([1.0, 5.0, 5.05, 5.3], draws, "lower") == [[0], [1, 2], [3]]
