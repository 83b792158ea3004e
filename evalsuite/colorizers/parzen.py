"""Parzen estimates: what is known of samples, averaged over those that look like a pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AT_ONCE = 4096


def reduced(samples: Floats, others: Floats, dimensions: int) -> tuple[Floats, Floats]:
    """Reduce features (m, f) and (n, f) to their principal components, which the samples determine."""
    center = samples.mean(axis=0)
    _, _, directions = np.linalg.svd(samples - center, full_matrices=False)
    kept = directions[:dimensions].T
    return (samples - center) @ kept, (others - center) @ kept


def estimate(target: Floats, samples: Floats, known: Floats, neighbors: int) -> Floats:
    """Average what is known of samples (m, k), weighed by a Gaussian of their distance: (n, k) for targets (n, f).

    Args:
        target: (n, f) features.
        samples: (m, f) features.
        known: (m, k).
        neighbors: The Gaussian's deviation is the distance of the sample that is so many places away.

    Example:
        >>> samples, known = np.array([[0.0], [1.0], [9.0]]), np.array([[5.0], [5.0], [7.0]])
        >>> estimate(np.array([[0.5], [9.0]]), samples, known, 1).round(3).tolist()
        [[5.0], [7.0]]
    """
    found = np.empty((len(target), known.shape[1]))
    near = min(neighbors, len(samples)) - 1
    center = samples.mean(axis=0)
    samples, known = (samples - center).astype(np.float32), known.astype(np.float32)
    lengths = (samples**2).sum(axis=1)
    for start in range(0, len(target), AT_ONCE):
        part = (target[start : start + AT_ONCE] - center).astype(np.float32)
        squares = np.maximum((part**2).sum(axis=1)[:, None] + lengths - 2 * part @ samples.T, 0)
        width = np.partition(squares, near, axis=1)[:, near, None] + 1e-6
        # The nearest sample's weight is 1, so that no row sums to 0.
        weights = np.exp((squares.min(axis=1, keepdims=True) - squares) / (2 * width))
        found[start : start + AT_ONCE] = weights @ known / weights.sum(axis=1, keepdims=True)
    return found
