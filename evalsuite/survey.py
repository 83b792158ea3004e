"""A first look over all photos, for the methods that need to know the dataset before they color one of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 64


@dataclass(frozen=True)
class Survey:
    """What a dataset looks like.

    Attributes:
        mean_ab: (2,) float64, Lab units: the mean color over photos, each photo with the same weight.
        histograms: (n, 64) float32, lightness histograms over 0..100; each row sums to 1, or to 0 where undecodable.
        decodable: (n,) bool.
    """

    mean_ab: NDArray[np.float64]
    histograms: NDArray[np.float32]
    decodable: NDArray[np.bool_]


def lightness_histogram(L: NDArray[np.float32]) -> NDArray[np.float32]:
    """Count lightness 0..100 in 64 equal bins; sums to 1."""
    counts = np.bincount(np.minimum(L.ravel() * (BINS / 100), BINS - 1).astype(np.int64), minlength=BINS)
    return (counts / L.size).astype(np.float32)
