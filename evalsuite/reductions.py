"""Reductions that many metrics share: from columns to a function of resampling counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evalsuite.contracts import Columns, Counts, Estimator


def mean_of(column: str) -> Callable[[Columns], Estimator]:
    """Average a column over photos.

    Example:
        >>> import numpy as np
        >>> estimate = mean_of("value")({"value": np.array([1.0, 3.0])})
        >>> estimate(np.array([[1.0, 1.0], [2.0, 0.0]])).tolist()
        [2.0, 1.0]
    """

    def reduce(columns: Columns) -> Estimator:
        return ratio(columns[column], np.ones(len(columns[column])))

    return reduce


def ratio_of(numerator: str, denominator: str) -> Callable[[Columns], Estimator]:
    """Divide the sum of one column by the sum of another: a value pooled over the dataset."""

    def reduce(columns: Columns) -> Estimator:
        return ratio(columns[numerator], columns[denominator])

    return reduce


def ratio(numerator: Columns | object, denominator: object) -> Estimator:
    """Estimator of sum(counts * numerator) / sum(counts * denominator), both (n,)."""
    parts = np.stack([np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)], axis=1)

    def estimate(counts: Counts) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        sums = np.asarray(counts, np.float64) @ parts
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(sums[:, 0] / sums[:, 1])

    return estimate
