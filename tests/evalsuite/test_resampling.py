from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as scipy_stats

from evalsuite.resampling import map_counts, resample_counts, resample_flips


@pytest.mark.parametrize("n", [1, 2, 40, 999, 1000, 4096, 70_000])
def test_every_resample_draws_as_many_photos_as_there_are(n: int) -> None:
    counts = np.concatenate(list(resample_counts(n, 37, seed=1)))

    assert counts.shape == (37, n)
    assert counts.dtype == np.float32
    assert (counts >= 0).all()
    assert (counts == np.floor(counts)).all()
    assert (counts.sum(1) == n).all()


@pytest.mark.parametrize("n", [40, 3000])
def test_counts_follow_the_binomial_law_of_resampling(n: int) -> None:
    counts = np.concatenate(list(resample_counts(n, 400_000 // n, seed=2)))
    observed = np.bincount(counts.astype(int).ravel(), minlength=12)[:12]
    law = scipy_stats.binom.pmf(np.arange(12), n, 1 / n)
    kept = law * counts.size > 20

    chi2 = (((observed - law * counts.size) ** 2) / (law * counts.size))[kept].sum()

    assert chi2 < scipy_stats.chi2.ppf(1 - 1e-4, kept.sum())


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 1500])
def test_resampled_means_vary_as_the_theory_of_the_mean_says(n: int) -> None:
    values = np.random.default_rng(0).normal(size=n)

    means = np.concatenate([counts @ values / n for counts in resample_counts(n, 8000, seed=3)])

    assert means.std() == pytest.approx(values.std() / n**0.5, rel=0.04)
    assert means.mean() == pytest.approx(values.mean(), abs=4 * values.std() / n**0.5 / 8000**0.5)


@pytest.mark.slow
@pytest.mark.parametrize("n", [500, 2000])
def test_half_of_the_photos_takes_a_binomial_share_of_the_draws(n: int) -> None:
    counts = np.concatenate(list(resample_counts(n, 8000, seed=4)))

    assert counts[:, : n // 2].sum(1).var() == pytest.approx(n / 4, rel=0.07)


@pytest.mark.parametrize("n", [40, 2000])
def test_fewer_resamples_are_the_first_of_more(n: int) -> None:
    few = np.concatenate(list(resample_counts(n, 30, seed=5)))
    many = np.concatenate(list(resample_counts(n, 1500, seed=5)))

    assert np.array_equal(few, many[:30])


def test_another_seed_gives_other_resamples() -> None:
    one, other = (np.concatenate(list(resample_counts(100, 10, seed=seed))) for seed in (0, 1))

    assert not np.array_equal(one, other)


def test_threads_see_the_same_counts_in_the_same_order() -> None:
    alone = np.concatenate([counts[:, 0] for counts in resample_counts(2000, 500, seed=6)])

    together = np.concatenate(map_counts(lambda counts: counts[:, 0].astype(np.float64), 2000, 500, seed=6))

    assert np.array_equal(alone, together)


def test_flips_are_fair_and_repeat_with_their_seed() -> None:
    first, again = (np.concatenate(list(resample_flips(101, 2000, seed=7))) for _ in range(2))

    assert first.shape == (2000, 101)
    assert np.array_equal(first, again)
    assert set(np.unique(first)) == {0, 1}
    assert first.mean() == pytest.approx(0.5, abs=0.005)
    assert abs(np.corrcoef(first[:, 0], first[:, 1])[0, 1]) < 0.1
