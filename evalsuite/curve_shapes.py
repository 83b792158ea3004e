"""What a curve against the number of points comes to: the area under it, and where it reaches a level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalsuite.contracts import Better

Floats = NDArray[np.float64]


def area_weights(x: Floats) -> Floats:
    """Weigh values so that their sum is the area under straight lines between them over the length of the axis.

    Args:
        x: (P,), ascending.

    Returns:
        (P,) weights, summing to 1: the area has the unit of the values.

    Example:
        >>> area_weights(np.array([0.0, 1.0, 3.0])).round(3).tolist()
        [0.167, 0.5, 0.333]
    """
    widths = np.diff(x)
    return np.asarray((np.append(widths, 0) + np.insert(widths, 0, 0)) / 2 / (x[-1] - x[0]))


def points_to_reach(points: Sequence[int], values: Floats, level: Floats, better: Better) -> Floats:
    """Find with how many points a level is reached first, on straight lines over the logarithm of points + 1.

    Args:
        points: (P,), ascending.
        values: (P, D), D curves.
        level: (D,).
        better: "lower" where less is better.

    Returns:
        (D,) numbers of points, infinite where the level is not reached.

    Example:
        >>> points_to_reach([0, 1, 3], np.array([[20.0], [22.0], [24.0]]), np.array([23.0]), "higher").round(2).tolist()
        [1.83]
    """
    above = (values - level) * (-1 if better == "lower" else 1)
    reached = above >= 0
    first = reached.argmax(axis=0)
    before, every = np.maximum(first - 1, 0), np.arange(values.shape[1])
    rise = above[first, every] - above[before, every]
    share = np.divide(-above[before, every], rise, out=np.zeros_like(rise), where=rise > 0)
    x = np.log1p(np.array(points, np.float64))
    count = np.where(first > 0, np.expm1(x[before] + share * (x[first] - x[before])), points[0])
    return np.where(reached.any(axis=0), count, np.inf)
