"""Reductions that many metrics share: from columns to a function of resampling counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Estimator:
    """Estimator of sum(counts * numerator) / sum(counts * denominator), both (n,); not finite where the latter is 0.

    Resampling is bound by memory, so counts in float32 are summed in float32, but only what is left of the numerator
    once the ratio of all photos is taken out: the error stays within 1e-5 standard errors.
    """
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = float(np.divide(top.sum(), bottom.sum()))
    center = whole if np.isfinite(whole) else 0.0
    rest, weights = (top - center * bottom).astype(np.float32), bottom.astype(np.float32)
    plain = bool((bottom == 1).all())

    def estimate(counts: Counts) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):
            if counts.dtype == np.float32:
                below = drawn_in(counts) if plain else counts @ weights
                return center + np.divide(counts @ rest, below, dtype=np.float64)
            return np.asarray((counts @ top) / (counts @ bottom), np.float64)

    return estimate


_last = threading.local()


def drawn_in(counts: Counts) -> NDArray[np.floating[Any]]:
    """Sum each row of counts, once for all means that see the same block; a block is not changed between them."""
    if getattr(_last, "counts", None) is not counts:
        _last.counts, _last.drawn = counts, counts @ np.ones(counts.shape[1], counts.dtype)
    drawn: NDArray[np.floating[Any]] = _last.drawn
    return drawn
