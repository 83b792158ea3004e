"""Intervals, paired differences and ranks by resampling photos; knows nothing of images.

Everything works on estimators: functions from counts (R, n), how often each photo was drawn, to R values of a metric.
Two estimators on the same counts are paired, so their difference needs nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalsuite.contracts import Better, Counts, Estimator
from evalsuite.resampling import map_counts, resample_flips

Floats = NDArray[np.float64]
Test = Literal["sign flips", "exact sign flips", "bootstrap"]
FEWEST = 6
"""Photos from which on a difference can show at 95%: n paired signs have a two-sided p of at least 2 / 2^n."""


def point(estimator: Estimator, n: int) -> float:
    """Return the metric's value on the dataset itself: every photo once."""
    return float(estimator(np.ones((1, n)))[0])


def bootstrap(estimators: Sequence[Estimator], n: int, draws: int, seed: int) -> Floats:
    """Evaluate estimators on the same resamples of n photos.

    Args:
        estimators: Functions of counts (r, n); several threads call them at once.
        n: Photos.
        draws: Resamples. The first 200 of 10,000 are the same as 200.
        seed: Of the resamples.

    Returns:
        (len(estimators), draws); NaN for fewer than two photos, about which resampling says nothing.
    """
    if n < 2 or draws == 0 or not estimators:
        return np.full((len(estimators), draws), np.nan)

    def evaluate(counts: Counts) -> Floats:
        return np.stack([estimator(counts) for estimator in estimators])

    return np.concatenate(map_counts(evaluate, n, draws, seed), axis=1)


def interval(draws: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of resampled values.

    Resamples in which the metric is not defined are left out; (NaN, NaN) if these are more than the interval itself
    leaves out.

    Example:
        >>> interval(range(101), level=0.5)
        (25.0, 75.0)
    """
    drawn = np.asarray(draws, np.float64)
    finite = drawn[np.isfinite(drawn)]
    if len(finite) == 0 or len(finite) < level * len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def restricted(estimator: Estimator, positions: NDArray[np.int64], n: int) -> Estimator:
    """Let an estimator of some photos read counts of all n: those at `positions` of the dataset."""
    whole = len(positions) == n

    def estimate(counts: Counts) -> Floats:
        return estimator(counts if whole else counts[:, positions])

    return estimate


@dataclass(frozen=True)
class Difference:
    """What resampling says of a - b.

    Attributes:
        value: On the dataset itself.
        ci95: The 95% percentile interval, (NaN, NaN) where there is none.
        p: Two-sided, of no difference; NaN where nothing can be said.
        n: How many photos it rests on.
        test: Where p comes from.
    """

    value: float
    ci95: tuple[float, float]
    p: float
    n: int
    test: Test = "bootstrap"

    @property
    def distinguishable(self) -> bool:
        """Whether the interval leaves 0 out, and there are photos enough for that to mean something."""
        return self.n >= FEWEST and (self.ci95[0] > 0 or self.ci95[1] < 0)


def paired(pairs: Sequence[tuple[Estimator, Estimator]], n: int, draws: int, seed: int) -> list[Difference]:
    """Compare estimators two by two on shared resamples.

    Args:
        pairs: (a, b), each a function of counts of the same n photos.
        n: Photos.
        draws: Resamples.
        seed: Of the resamples.

    Returns:
        Per pair a - b with its interval and the bootstrap's p.
    """
    unique = list(dict.fromkeys(estimator for pair in pairs for estimator in pair))
    row = {estimator: k for k, estimator in enumerate(unique)}
    drawn = bootstrap(unique, n, draws, seed)
    values = [point(estimator, n) for estimator in unique]
    found = []
    for a, b in pairs:
        differences = drawn[row[a]] - drawn[row[b]]
        value = values[row[a]] - values[row[b]]
        found.append(Difference(value, interval(differences), bootstrap_p(differences), n))
    return found


def bootstrap_p(differences: ArrayLike) -> float:
    """Return the two-sided p of no difference: twice the smaller share of resamples on one side of 0.

    One is added to both counts of the share, so that p is never 0.

    Example:
        >>> bootstrap_p([1.0] * 99)
        0.02
    """
    drawn = np.asarray(differences, np.float64)
    finite = drawn[np.isfinite(drawn)]
    if len(finite) == 0 or len(finite) < 0.95 * len(drawn):
        return float("nan")
    fewer = int(min(np.count_nonzero(finite <= 0), np.count_nonzero(finite >= 0)))
    return min(1.0, 2 * (fewer + 1) / (len(finite) + 1))


def sign_flips(differences: ArrayLike, draws: int, seed: int) -> tuple[Floats, Test]:
    """Test whether the mean difference per photo is 0: as far from 0 as under which share of sign flips?

    Args:
        differences: (n, m): m columns of differences per photo, 0 where a photo does not count; all columns share the
            flips.
        draws: Random flips; all 2^n flips if these are not more.
        seed: Of the flips.

    Returns:
        (m,) two-sided p, and which flips.

    Source: Good, Permutation, Parametric and Bootstrap Tests of Hypotheses (2005), 3.2; with random flips one is added
        to both counts (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39).

    Example:
        >>> sign_flips([[1.0], [2.0], [3.0]], draws=1000, seed=0)
        (array([0.25]), 'exact sign flips')
    """
    table = np.asarray(differences, np.float64)
    n, columns = table.shape
    reach = np.abs(table.sum(0)) * (1 - 1e-6)
    if 2**n <= draws:
        every = np.array(list(product((-1.0, 1.0), repeat=n)))
        return (np.abs(every @ table) >= reach).mean(0), "exact sign flips"
    beyond, single = np.zeros(columns), table.astype(np.float32)
    for flips in resample_flips(n, draws, seed):
        for column in range(columns):
            sums = table[:, column].sum() - 2 * (flips @ single[:, column]).astype(np.float64)
            beyond[column] += np.count_nonzero(np.abs(sums) >= reach[column])
    return (beyond + 1) / (draws + 1), "sign flips"


def is_mean(estimator: Estimator, values: NDArray[np.float64], seed: int = 0) -> bool:
    """Tell whether an estimator is the mean of these values per photo, by trying it on a few random counts."""
    counts = np.random.default_rng(seed).integers(0, 4, (4, len(values))).astype(np.float64)
    counts[:, 0] += 1
    with np.errstate(invalid="ignore"):
        expected = counts @ values / counts.sum(1)
    return bool(np.allclose(estimator(counts), expected, rtol=1e-6, atol=1e-9))


def holm(p: ArrayLike) -> Floats:
    """Adjust p values of a family so that any false alarm among them is as rare as each p says.

    NaN is no member of the family and stays NaN.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979) 65-70.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    raw = np.asarray(p, np.float64)
    adjusted = np.full(raw.shape, np.nan)
    members = np.flatnonzero(~np.isnan(raw))
    order = members[np.argsort(raw[members], kind="stable")]
    steps = raw[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def wins(a: ArrayLike, b: ArrayLike, better: Better) -> tuple[int, int, int]:
    """Count the photos on which a is better, b is better, and both are equal; without a direction, higher counts."""
    difference = np.asarray(a, np.float64) - np.asarray(b, np.float64)
    above, below = int(np.count_nonzero(difference > 0)), int(np.count_nonzero(difference < 0))
    ties = int(np.count_nonzero(difference == 0))
    return (below, above, ties) if better == "lower" else (above, below, ties)


def rank_intervals(draws: ArrayLike, better: Better, level: float = 0.95) -> list[tuple[int, int]]:
    """Return per method the ranks, 1 the best, within which it lies in `level` of the resamples.

    Args:
        draws: (K, R) values of K methods on shared resamples; equal values share the better rank.
        better: "lower" ranks the lowest first.
        level: The share of resamples.
    """
    drawn = _upward(draws, better)
    ranks = np.stack([1 + (drawn > row).sum(0) for row in drawn])
    edges = np.quantile(ranks, [(1 - level) / 2, (1 + level) / 2], axis=1, method="inverted_cdf")
    return [(int(low), int(high)) for low, high in edges.T]


def tie_groups(values: Sequence[float], draws: ArrayLike, better: Better) -> list[list[int]]:
    """Group methods, best first: a group holds its best and those after it that cannot be told from it.

    Args:
        values: K values on the dataset itself.
        draws: (K, R) values on shared resamples.
        better: "lower" puts the lowest first.

    Returns:
        Lists of positions in `values`; every method is in one.
    """
    drawn = np.asarray(draws, np.float64)
    groups: list[list[int]] = []
    for k in np.argsort(-_upward(values, better), kind="stable").tolist():
        if groups and not _apart(drawn[groups[-1][0]] - drawn[k]):
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups


def _apart(differences: Floats) -> bool:
    low, high = interval(differences)
    return low > 0 or high < 0


def _upward(values: ArrayLike, better: Better) -> Floats:
    array = np.asarray(values, np.float64)
    return -array if better == "lower" else array
