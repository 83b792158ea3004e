"""How far methods are apart: photo by photo where a metric is a mean over photos, else as it was resampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from evalsuite.tables import PairRow, VectorRow
from evalsuite.vectors import unpack
from webapp.queries.keys import among
from webapp.queries.records import Cell, Cells

Floats = NDArray[np.float64]
Vectors: TypeAlias = Mapping[tuple[int, int], Floats]
"""(entry, metric) to the scores of all photos, by their position."""
MEAN = 1e-6
"""A value as near to the mean of its scores per photo is that mean."""

VECTORS = select(VectorRow.entry_id, VectorRow.metric_id, VectorRow.data).where(
    among(VectorRow.entry_id, "keys"), among(VectorRow.metric_id, "metrics")
)


def _pairs(key: Any, base: Any) -> Select[Any]:
    columns = (PairRow.metric_id, PairRow.n, PairRow.difference, PairRow.ci_lo, PairRow.ci_hi, PairRow.p, PairRow.test)
    mine = (among(key, "keys"), base == bindparam("base"), among(PairRow.metric_id, "metrics"))
    return select(key, *columns).where(*mine)


PAIRS_WITH = _pairs(PairRow.a_entry_id, PairRow.b_entry_id)
PAIRS_FROM = _pairs(PairRow.b_entry_id, PairRow.a_entry_id)


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


def vectors(session: Session, keys: Sequence[int], metric_ids: Sequence[int]) -> Vectors:
    """(entry, metric) to the scores by photo, NaN where there is none; metrics without scores per photo are missing."""
    found = session.connection().execute(VECTORS, {"keys": keys, "metrics": metric_ids}).all()
    return {(entry, metric): unpack(data) for entry, metric, data in found}


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
    session: Session, keys: Sequence[int], base: int, scores: Cells, by_photo: Vectors
) -> dict[tuple[int, int], Difference]:
    """(entry, metric) to the entry's difference from `base`, on all metrics that both have."""
    others = [key for key in keys if key != base]
    metric_ids = dict.fromkeys(metric for _, metric in scores)
    drawn, found = resampled(session, others, base, list(metric_ids)), {}
    for metric in metric_ids:
        of_base = scores.get((base, metric))
        for key in others:
            own = scores.get((key, metric))
            if own is None or of_base is None or own.value is None or of_base.value is None:
                continue
            known = drawn.get((key, metric), Difference(0, own.value - of_base.value))
            both = (key, metric) in by_photo and (base, metric) in by_photo and is_mean(own) and is_mean(of_base)
            found[key, metric] = (paired(by_photo[key, metric], by_photo[base, metric]) if both else None) or known
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
    wanted = {"keys": keys, "base": base, "metrics": metric_ids}
    for statement, sign in ((PAIRS_WITH, 1), (PAIRS_FROM, -1)):
        for entry, metric, n, difference, *ends, p, test in session.connection().execute(statement, wanted).all():
            if difference is not None:
                lo, hi = [None if end is None else sign * end for end in ends][::sign]
                found[entry, metric] = Difference(n, sign * difference, lo, hi, p, test)
    return found
