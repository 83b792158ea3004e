"""Every method against every other on shared photos, for any number of methods at once: tests, ranks, ties.

Where a metric is the mean of its scores per photo, a paired t test on the photos that both methods have needs nothing
but sums, so that fifty methods on ten thousand photos take milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from evalsuite.contracts import Better
from evalsuite.stats import holm

Floats = NDArray[np.float64]
LEVEL = 0.05
"""Two methods are told apart where Holm's p is below."""
POWER = 0.8
ROUNDING = 1e-12
"""Differences of sums below this share of the sums are rounding."""
MOST_PHOTOS = 10**9
"""More photos than that are no advice."""


@dataclass(frozen=True)
class Matches:
    """All differences row - column of K methods, each (K, K).

    Attributes:
        n: Photos that both have.
        difference: The mean difference.
        error: Its standard error, NaN where it cannot be known.
        p: Two-sided, of no difference; NaN where nothing can be said.
    """

    n: Floats
    difference: Floats
    error: Floats
    p: Floats


@dataclass(frozen=True)
class Standing:
    """Where a method stands among the others.

    Attributes:
        place: From 1, the best, by value.
        lo: The best rank it may have: one more than the methods that are better beyond doubt.
        hi: The worst: the number of methods less those that are worse beyond doubt.
        group: The group of those that cannot be told from the group's first; 1 is the best.
        p_next: Holm's p against the next in place, None for the last and where nothing can be said.
        photos_more: How many photos more would likely separate it from the next; 0 where they are separate, None where
            nothing can be said.
    """

    place: int
    lo: int
    hi: int
    group: int
    p_next: float | None
    photos_more: int | None


def play(table: Floats) -> Matches:
    """Test every method against every other.

    Args:
        table: (K, n) scores, NaN where a method has none.

    Source: Student's paired t test on the photos that both have; sums as matrix products of scores centered per photo.

    Example:
        By hand: the differences 1, 2, 3 have mean 2 and standard deviation 1.

        >>> found = play(np.array([[2.0, 4.0, 6.0], [1.0, 2.0, 3.0]]))
        >>> print(found.difference[0, 1], found.error[0, 1].round(4), found.p[0, 1].round(4))
        2.0 0.5774 0.0742
    """
    known = np.isfinite(table)
    mask = known.astype(np.float64)
    middle = np.where(known, table, 0.0).sum(0) / np.maximum(mask.sum(0), 1)
    scores = np.where(known, table - middle, 0.0)
    n = mask @ mask.T
    sums, squares = scores @ mask.T, np.square(scores) @ mask.T
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = (sums - sums.T) / n
        difference[np.abs(difference) <= ROUNDING * np.abs(np.where(known, table, 0)).max()] = 0
        spread = squares + squares.T - 2 * scores @ scores.T - n * np.square(difference)
        spread[spread <= ROUNDING * (squares + squares.T)] = 0
        error = np.sqrt(spread / (n - 1) / n)
        t = np.abs(difference) / error
        p = np.where(error > 0, 2 * stdtr(np.maximum(n - 1, 1), -t), np.where(difference == 0, 1.0, 0.0))
    p[n < 2] = error[n < 2] = np.nan
    return Matches(n, difference, error, p)


def standings(values: Sequence[float], matches: Matches, better: Better) -> list[Standing]:
    """Rank methods by value, and say which ranks are sure.

    Args:
        values: K values on the dataset.
        matches: Their matches; a p that is NaN separates nobody.
        better: "lower" puts the lowest first.

    Source:
        Holm over all pairs as one family, then ranks from the pairs that it separates: Mogstad, Romano, Shaikh,
        Wilhelm, Inference for Ranks, Rev. Econ. Stud. 91 (2024) 476.
    """
    count = len(values)
    upward = -np.asarray(values, np.float64) if better == "lower" else np.asarray(values, np.float64)
    adjusted = _adjusted(matches.p)
    apart = np.nan_to_num(adjusted, nan=1.0) < LEVEL
    ahead = apart & (upward[:, None] > upward[None, :])
    order = np.argsort(-upward, kind="stable").tolist()
    groups = _groups(order, ahead)
    found: list[Standing] = []
    for place, k in enumerate(order, start=1):
        rest = order[place] if place < count else None
        found.append(
            Standing(
                place, 1 + int(ahead[:, k].sum()), count - int(ahead[k].sum()), groups[k],
                None if rest is None else _known(adjusted[k, rest]),
                None if rest is None else _photos_more(matches, (k, rest), bool(apart[k, rest]), count),
            )
        )  # fmt: skip
    return [found[order.index(k)] for k in range(count)]


def _adjusted(p: Floats) -> Floats:
    """Holm's p of all pairs, both ways round."""
    above = np.triu_indices(len(p), 1)
    adjusted = np.full(p.shape, np.nan)
    adjusted[above] = holm(p[above])
    return np.where(np.isnan(adjusted), adjusted.T, adjusted)


def _groups(order: Sequence[int], ahead: NDArray[np.bool_]) -> dict[int, int]:
    """Number the groups: each holds its first and those after it that its first does not beat beyond doubt."""
    groups: dict[int, int] = {}
    first, number = -1, 0
    for k in order:
        if number == 0 or ahead[first, k]:
            first, number = k, number + 1
        groups[k] = number
    return groups


def _photos_more(matches: Matches, pair: tuple[int, int], apart: bool, count: int) -> int | None:
    """Photos that are missing for this difference to show, at 80% power and the family's strictest level."""
    if apart:
        return 0
    n, difference, error = matches.n[pair], abs(matches.difference[pair]), matches.error[pair]
    if not (difference > 0 and error > 0):
        return None
    family = count * (count - 1) / 2
    needed = n * float((ndtri(1 - LEVEL / family / 2) + ndtri(POWER)) * error / difference) ** 2
    return int(np.ceil(needed - n)) if n < needed < MOST_PHOTOS else None


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
