"""How far methods are apart: photo by photo where a metric is a mean over photos, else as it was resampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit
from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.tables import PairRow, VectorRow
from evalsuite.vectors import unpack
from webapp.queries.boards import Cell, Cells

Floats = NDArray[np.float64]
MEAN = 1e-6
"""A value as near to the mean of its scores per photo is that mean."""


@dataclass(frozen=True)
class Difference:
    """One method minus another on the photos that both have.

    Attributes:
        n: Photos; 0 where only the two values are known.
        value: The difference.
        lo: The 95% interval's ends, None where there is none.
        hi: As `lo`.
        p: Two-sided, of no difference; None where nothing can be said.
        test: What interval and p come from, "" for nothing.
    """

    n: int
    value: float
    lo: float | None = None
    hi: float | None = None
    p: float | None = None
    test: str = ""

    @property
    def apart(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.lo is not None and self.hi is not None and (self.lo > 0 or self.hi < 0)


def vectors(session: Session, keys: Sequence[int], metric_id: int) -> dict[int, Floats]:
    """Entry to its scores by photo, NaN where there is none; entries without scores per photo are missing."""
    found = select(VectorRow.entry_id, VectorRow.data).where(
        VectorRow.entry_id.in_(keys), VectorRow.metric_id == metric_id
    )
    return {entry: unpack(data) for entry, data in session.execute(found)}


def paired(a: Floats, b: Floats) -> Difference | None:
    """Compare two methods photo by photo: Student's paired t; None where they share no photo.

    Example:
        By hand: 1, 2, 3 have mean 2 and standard error 0.577; t with two degrees of freedom is 4.303.

        >>> found = paired(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]))
        >>> print(found.value, round(found.lo, 3), round(found.hi, 3), round(found.p, 4))
        2.0 -0.484 4.484 0.0742
    """
    differences = a - b
    differences = differences[np.isfinite(differences)]
    n = len(differences)
    if n == 0:
        return None
    mean = float(differences.mean())
    if n == 1:
        return Difference(n, mean)
    error = float(differences.std(ddof=1)) / np.sqrt(n)
    reach = float(stdtrit(n - 1, 0.975)) * error
    p = float(2 * stdtr(n - 1, -abs(mean) / error)) if error > 0 else float(mean == 0)
    return Difference(n, mean, mean - reach, mean + reach, p, "paired t")


def differences(
    session: Session, keys: Sequence[int], base: int, metric_ids: Sequence[int], scores: Cells
) -> dict[tuple[int, int], Difference]:
    """(entry, metric) to the entry's difference from `base`."""
    others = [key for key in keys if key != base]
    drawn, found = resampled(session, others, base, metric_ids), {}
    for metric in metric_ids:
        of_base, by_photo = scores.get((base, metric)), vectors(session, [*others, base], metric)
        for key in others:
            own = scores.get((key, metric))
            if own is None or of_base is None or own.value is None or of_base.value is None:
                continue
            known = drawn.get((key, metric), Difference(0, own.value - of_base.value))
            exact = key in by_photo and base in by_photo and is_mean(own) and is_mean(of_base)
            found[key, metric] = (paired(by_photo[key], by_photo[base]) if exact else None) or known
    return found


def is_mean(score: Cell) -> bool:
    """Whether a value is the mean of its scores per photo."""
    if score.value is None or score.mean is None:
        return False
    return abs(score.value - score.mean) <= MEAN * max(1.0, abs(score.value))


def resampled(
    session: Session, keys: Sequence[int], base: int, metric_ids: Sequence[int]
) -> dict[tuple[int, int], Difference]:
    """(entry, metric) to its difference from `base` as it was resampled when their run was imported."""
    found: dict[tuple[int, int], Difference] = {}
    for one, other, sign in ((PairRow.a_entry_id, PairRow.b_entry_id, 1), (PairRow.b_entry_id, PairRow.a_entry_id, -1)):
        wanted = select(PairRow, one).where(one.in_(keys), other == base, PairRow.metric_id.in_(metric_ids))
        for pair, entry in session.execute(wanted):
            if pair.difference is not None:
                lo, hi = [None if end is None else sign * end for end in (pair.ci_lo, pair.ci_hi)][::sign]
                found[entry, pair.metric_id] = Difference(pair.n, sign * pair.difference, lo, hi, pair.p, pair.test)
    return found
