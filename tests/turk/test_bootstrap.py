"""Resampling of participants and photos: closed forms, laws and coverage."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from turk.bootstrap import resample
from turk.influence import Answers, difference, error_of, influence, ratio
from turk.sample import TARGETS
from turk.spread import Spread

Floats = NDArray[np.float64]


def crossed(table: Floats, arms: list[int] | None = None) -> Answers:
    """Everybody answered about every photo: a row per participant."""
    people, photos = table.shape
    values = np.stack([table.ravel(), np.ones(table.size)])
    who, what = np.repeat(np.arange(people), photos), np.tile(np.arange(photos), people)
    return Answers(who, what, np.array(arms or [0] * people), values)


def noisy(people: int, photos: int, seed: int = 0, sp: float = 0.1, si: float = 0.15) -> Floats:
    """Shares with an effect of people and of photos."""
    rng = np.random.default_rng(seed)
    return np.asarray(
        0.5 + rng.normal(0, sp, (people, 1)) + rng.normal(0, si, (1, photos)) + rng.normal(0, 0.3, (people, photos))
    )  # fmt: skip


def test_ten_thousand_draws_of_forty_by_forty_answers_take_under_a_fifth_of_a_second() -> None:
    answers = crossed((noisy(40, 40) > 0.5).astype(float))
    resample(answers, 100)

    spent = []
    for _ in range(3):
        started = time.process_time()
        resample(answers, 10_000, seed=1)
        spent.append(time.process_time() - started)

    # Processor time of one thread: two cores may be busy with something else.
    assert min(spent) < 0.2


def test_the_same_seed_gives_the_same_draws_and_fewer_draws_are_the_first_of_more() -> None:
    answers = crossed(noisy(8, 6))

    more, fewer = resample(answers, 6000, seed=3), resample(answers, 5000, seed=3)

    np.testing.assert_array_equal(more.new_photos[:5000], fewer.new_photos)
    np.testing.assert_array_equal(more.these_photos[:5000], fewer.these_photos)
    assert not np.array_equal(fewer.new_photos, resample(answers, 5000, seed=4).new_photos)


def test_draws_for_these_photos_vary_as_means_of_participants_do() -> None:
    table = noisy(30, 20)
    means = table.mean(1)

    drawn = resample(crossed(table), 20_000, seed=0).spread(ratio(0, 1), "these_photos")

    assert drawn.value == pytest.approx(table.mean())
    assert drawn.draws.std() == pytest.approx(means.std() / np.sqrt(30), rel=0.02)
    assert drawn.error.size == pytest.approx(means.std(ddof=1) / np.sqrt(30), rel=1e-6)
    assert drawn.error.freedom == pytest.approx(29)


def test_the_interval_for_these_photos_is_close_to_that_of_a_t_test_on_participants() -> None:
    table = noisy(25, 40, seed=2)
    expected = stats.ttest_1samp(table.mean(1), 0.5).confidence_interval(0.95)

    found = resample(crossed(table), 20_000, seed=0).spread(ratio(0, 1), "these_photos")

    assert found.interval() == pytest.approx((expected.low, expected.high), abs=0.003)
    assert found.p(0.5) == pytest.approx(stats.ttest_1samp(table.mean(1), 0.5).pvalue, abs=0.02)


def test_the_error_for_new_photos_is_that_of_an_analysis_of_variance() -> None:
    table = noisy(12, 9, seed=1)
    people, photos = table.shape
    rest = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
    between_people = photos * table.mean(1).var(ddof=1)
    between_photos = people * table.mean(0).var(ddof=1)
    within = (rest**2).sum() / ((people - 1) * (photos - 1))
    expected = (between_people + between_photos - within) / table.size

    found = error_of(crossed(table), influence(crossed(table), ratio(0, 1)), "new_photos")

    assert found.size**2 == pytest.approx(expected, rel=1e-3)


def test_photos_that_only_one_participant_saw_add_nothing_for_new_photos() -> None:
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(20), 15)
    fooled = (rng.random(300) < np.repeat(rng.random(20), 15)).astype(float)
    answers = Answers(people, np.arange(300), np.zeros(20, int), np.stack([fooled, np.ones(300)]))
    moved = influence(answers, ratio(0, 1))

    these, new = (error_of(answers, moved, target) for target in TARGETS)

    assert new.size == pytest.approx(these.size, rel=0.01)


def test_photos_that_all_arms_share_cancel_in_their_difference() -> None:
    rng = np.random.default_rng(0)
    photos = rng.normal(0, 0.3, 30)
    table = 0.5 + photos + rng.normal(0, 0.05, (40, 30))
    arms = [0] * 20 + [1] * 20
    both = crossed(table, arms)
    first = (np.array(arms)[both.participants] == 0).astype(float)
    values = np.stack([both.values[0] * first, first, both.values[0] * (1 - first), 1 - first])
    drawn = resample(Answers(both.participants, both.photos, both.arms, values), 4000, seed=0)

    alone = drawn.spread(ratio(0, 1), "new_photos")
    gap = drawn.spread(difference(ratio(0, 1), ratio(2, 3)), "new_photos")

    assert gap.error.size < alone.error.size / 5
    assert gap.draws.std() < alone.draws.std() / 5


def test_participants_are_resampled_within_their_arm() -> None:
    answers = crossed(np.array([[1.0, 1.0]] * 5 + [[0.0, 0.0]] * 7), [0] * 5 + [1] * 7)

    drawn = resample(answers, 500, seed=0).these_photos

    assert (drawn[:, 0] == 10).all()
    assert (drawn[:, 1] == 24).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 12), st.integers(3, 12), st.integers(0, 1000))
def test_the_interval_for_new_photos_is_never_surer_than_its_part(people: int, photos: int, seed: int) -> None:
    answers = crossed((noisy(people, photos, seed) > 0.5).astype(float))
    moved = influence(answers, ratio(0, 1))

    these, new = (error_of(answers, moved, target) for target in TARGETS)

    assert new.size >= these.size


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.02, 0.3))
def test_a_test_and_an_interval_agree(seed: int, alpha: float) -> None:
    found = resample(crossed(noisy(15, 12, seed)), 3000, seed).spread(ratio(0, 1), "new_photos")

    low, high = found.interval(1 - alpha)

    width = high - low
    assert found.p(low - 0.03 * width) < alpha < found.p(low + 0.03 * width)
    assert found.p(high + 0.03 * width) < alpha < found.p(high - 0.03 * width)


def test_very_few_participants_have_wide_intervals_within_bounds() -> None:
    answers = crossed(np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0]]))
    drawn = resample(answers, 2000, seed=0)

    free, bounded = (drawn.spread(ratio(0, 1), "these_photos", bounds) for bounds in ((-9.0, 9.0), (0.0, 1.0)))

    assert free.interval()[1] - free.interval()[0] > 0.4
    assert 0 <= bounded.interval()[0] < bounded.value < bounded.interval()[1] <= 1


@pytest.mark.parametrize("table", [np.zeros((5, 4)), np.ones((1, 4))])
def test_nothing_is_said_where_nothing_varies_or_nobody_is_there_to_compare(table: Floats) -> None:
    found = resample(crossed(table), 200).spread(ratio(0, 1), "new_photos")

    assert not found.known
    assert np.isnan(found.interval()).all()
    assert np.isnan([found.p(), found.p_below(0.5)]).all()


def test_a_single_photo_says_nothing_of_new_ones() -> None:
    found = resample(crossed(noisy(6, 1)), 200)

    assert found.spread(ratio(0, 1), "these_photos").known
    assert not found.spread(ratio(0, 1), "new_photos").known


def test_p_is_never_smaller_than_one_in_the_number_of_draws() -> None:
    found = resample(crossed(noisy(40, 40, si=0.01)), 999, seed=0).spread(ratio(0, 1), "these_photos")

    assert found.p(-5) == pytest.approx(2 / 1000)
    assert found.p_below(5) == pytest.approx(1 / 1000)


def test_influences_are_the_derivative_of_any_statistic() -> None:
    answers = crossed(np.abs(noisy(6, 5)))

    def statistic(sums: Floats) -> Floats:
        return np.asarray(np.log(sums[..., 0] / sums[..., 1]), np.float64)

    found = influence(answers, statistic)

    sums = answers.sums
    np.testing.assert_allclose(found, answers.values[0] / sums[0] - answers.values[1] / sums[1], rtol=1e-5, atol=1e-9)
    assert found.sum() == pytest.approx(0, abs=1e-6)


def covered(spread: Spread, truth: float) -> bool:
    """Whether an interval holds the truth."""
    low, high = spread.interval()
    return low <= truth <= high


@pytest.mark.slow
def test_intervals_hold_what_they_promise_where_plain_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    truth = float(1 / (1 + np.exp(1 - np.hypot(0.5, 1) * nodes)) @ weights / weights.sum())
    hits = []
    for k in range(400):
        logits = -1 + rng.normal(0, 0.5, (40, 1)) + rng.normal(0, 1, (1, 40))
        table = (rng.random((40, 40)) < 1 / (1 + np.exp(-logits))).astype(float)
        hits.append(covered(resample(crossed(table), 1000, k).spread(ratio(0, 1), "new_photos"), truth))

    # 93% to 99% are promised; 400 replications know a coverage of 95% within 2.1 points.
    assert 0.925 <= np.mean(hits) <= 0.99
