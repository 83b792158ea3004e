"""Methods against each other: tests as scipy has them, ranks worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from evalsuite.contest import Matches, play, standings
from evalsuite.contracts import Better


def tables(seed: int, methods: int = 5, photos: int = 30, missing: float = 0.1) -> np.ndarray:
    """Scores with photos that matter more than methods, some of them missing."""
    rng = np.random.default_rng(seed)
    table = 25 + rng.normal(0, 3, (1, photos)) + rng.normal(0, 1, (methods, photos)) + np.arange(methods)[:, None] / 3
    table[rng.random(table.shape) < missing] = np.nan
    return np.asarray(table)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_every_pair_is_tested_as_scipy_tests_it(seed: int) -> None:
    table = tables(seed)

    found = play(table)

    for a in range(len(table)):
        for b in range(len(table)):
            both = np.isfinite(table[a]) & np.isfinite(table[b])
            expected = ttest_rel(table[a][both], table[b][both]) if a != b else None
            assert found.n[a, b] == both.sum()
            assert found.difference[a, b] == pytest.approx(np.mean(table[a][both] - table[b][both]), abs=1e-9)
            assert found.p[a, b] == pytest.approx(1.0 if expected is None else expected.pvalue, rel=1e-6)


def test_methods_with_equal_scores_are_not_told_apart() -> None:
    scores = np.random.default_rng(0).normal(30, 4, 200)

    found = play(np.stack([scores, scores, scores + 1]))

    assert found.p[0, 1] == 1.0
    assert found.p[0, 2] == 0.0  # one more on every photo without exception


def test_a_single_shared_photo_says_nothing() -> None:
    found = play(np.array([[1.0, np.nan, 2.0], [np.nan, 3.0, 4.0]]))

    assert found.n[0, 1] == 1
    assert np.isnan(found.p[0, 1])


def matches(p: np.ndarray) -> Matches:
    """Matches of which only p matters."""
    return Matches(np.full(p.shape, 100.0), np.ones(p.shape), np.ones(p.shape), p)


def test_ranks_groups_and_the_next_follow_from_the_pairs_that_are_apart() -> None:
    # Three methods: the first two cannot be told apart, both beat the third. Holm of (0.4, 0.01, 0.002) is
    # (0.4, 0.02, 0.006).
    p = np.array([[1.0, 0.4, 0.002], [0.4, 1.0, 0.01], [0.002, 0.01, 1.0]])

    best, second, last = standings([30.0, 29.0, 20.0], matches(p), "higher")

    assert [(s.place, s.lo, s.hi, s.group) for s in (best, second, last)] == [(1, 1, 2, 1), (2, 1, 2, 1), (3, 3, 3, 2)]
    assert best.p_next == pytest.approx(0.4)
    assert second.p_next == pytest.approx(0.02)
    assert second.photos_more == 0
    assert (last.p_next, last.photos_more) == (None, None)


@pytest.mark.parametrize(("better", "first"), [("higher", 1), ("lower", 3)])
def test_the_direction_decides_who_is_first(better: Better, first: int) -> None:
    found = standings([3.0, 2.0, 1.0], matches(np.full((3, 3), 1e-9)), better)

    assert found[0].place == found[0].lo == found[0].hi == first


def test_without_any_p_every_rank_is_possible() -> None:
    found = standings([3.0, 2.0, 1.0], matches(np.full((3, 3), np.nan)), "higher")

    assert {(s.lo, s.hi, s.group, s.p_next) for s in found} == {(1, 3, 1, None)}


@pytest.mark.slow
def test_so_many_photos_more_do_separate_the_neighbours_in_four_of_five_repetitions() -> None:
    rng, photos, gap = np.random.default_rng(1), 100, 0.1

    def separated(n: int) -> bool:
        pair = np.stack([rng.normal(gap, 1, n), np.zeros(n)])
        return standings(pair.mean(1).tolist(), play(pair), "higher")[0].photos_more == 0

    # The first method is better by exactly a tenth of the spread of differences.
    scores = rng.normal(0, 1, photos)
    pair = np.stack([(scores - scores.mean()) / scores.std(ddof=1) + gap, np.zeros(photos)])
    more = standings([gap, 0.0], play(pair), "higher")[0].photos_more

    assert more == pytest.approx((1.96 + 0.8416) ** 2 / gap**2 - photos, abs=1.5)  # Cohen's formula
    assert more is not None
    assert 0.7 < np.mean([separated(photos + more) for _ in range(200)]) < 0.9


def test_no_number_of_photos_is_promised_where_there_is_no_difference() -> None:
    found = standings([1.0, 1.0], play(np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0]])), "higher")

    assert found[0].photos_more is None
