"""A metric's scores of all photos of a dataset as one value of the database, so that pages read a method at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LAYOUT = np.dtype("<f8")


def pack(photos: int, positions: NDArray[np.int64], values: NDArray[np.float64]) -> bytes:
    """Lay scores out by photo.

    Args:
        photos: How many photos the dataset has.
        positions: Where in the dataset the scored photos stand, (n,).
        values: Their scores, (n,).

    Returns:
        `photos` little-endian doubles, NaN where a photo has no score.
    """
    vector = np.full(photos, np.nan, LAYOUT)
    vector[positions] = values
    return vector.tobytes()


def unpack(data: bytes) -> NDArray[np.float64]:
    """Return the scores by photo, NaN where there is none; read only."""
    return np.frombuffer(data, LAYOUT)
