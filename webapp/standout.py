"""Photos on which people and metrics part: convincing though wrong, and right though nobody believes it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import rankdata

from evalsuite.contracts import Better
from webapp.opinions import PEOPLE
from webapp.queries.fooling import PhotoRates
from webapp.queries.photos import Floats
from webapp.queries.records import Metric

CONVINCING, UNBELIEVED = "convincing", "unbelieved"
SETS: Mapping[str, Metric] = {
    CONVINCING: Metric(
        -1, CONVINCING, "most convincing failures", "fraction", "higher", PEOPLE.kind,
        "Fooled people often and is far from the truth: the lower of the photo's ranks in both, as shares of the "
        "method's photos.",
    ),
    UNBELIEVED: Metric(
        -2, UNBELIEVED, "right but never believed", "fraction", "higher", PEOPLE.kind,
        "Fooled people rarely and is near the truth: the lower of the photo's ranks in both, as shares of the method's "
        "photos.",
    ),
}  # fmt: skip
"""What photos can stand out in, as if it were a metric; no row of the database has such a key."""


def standout(kind: str, rates: PhotoRates, scores: Floats, better: Better) -> Floats:
    """Tell how much photos stand out, NaN where they were seen too seldom.

    Args:
        kind: One of SETS.
        rates: How often photos fooled people.
        scores: How far they are from the truth, (n,).
        better: In which direction `scores` are better.

    Returns:
        (n,) between 0 and 1: the lower of two ranks, each as a share of the photos that have both.

    Example:
        Three photos: the second fooled most and is the farthest from the truth.

        >>> rates = PhotoRates({}, np.array([0.1, 0.6, 0.3]), np.array([True, True, True]))
        >>> standout("convincing", rates, np.array([5.0, 20.0, 9.0]), "lower").tolist()
        [0.0, 1.0, 0.5]
        >>> standout("unbelieved", rates, np.array([5.0, 20.0, 9.0]), "lower").tolist()
        [1.0, 0.0, 0.5]
    """
    known = rates.ranked & np.isfinite(scores) & np.isfinite(rates.shrunk)
    found = np.full(len(scores), np.nan)
    if known.any():
        far = _shares(scores[known] if better == "lower" else -scores[known])
        often = _shares(rates.shrunk[known])
        found[known] = np.minimum(often, far) if kind == CONVINCING else np.minimum(1 - often, 1 - far)
    return found


def _shares(values: Floats) -> Floats:
    """Ranks from 0, the lowest, to 1; equal values share theirs."""
    ranks = np.asarray(rankdata(values), np.float64) - 1
    return ranks / max(len(values) - 1, 1)
