"""Which rows of a run count: photos that were scored, and photos that have a value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalsuite.columns import picked
from evalsuite.contracts import Columns
from evalsuite.results import Run

VALUE = "value"
"""The column with a photo's own score, where a metric has one."""


def scored_photos(run: Run) -> int:
    """Count the photos that were decoded and kept, the ones that resamples draw from."""
    return int(np.count_nonzero(run.kept()))


def places(run: Run) -> NDArray[np.int64]:
    """Map positions in the dataset to positions among the photos that were scored."""
    return np.asarray(np.cumsum(run.kept()) - 1, np.int64)


def measured(columns: Columns) -> bool:
    """Tell whether a colorizer has rows of its own in these columns: costs have none."""
    return any(not name.startswith(("constant.", "target.")) for name in columns)


def usable_rows(photos: NDArray[np.int64], columns: Columns) -> tuple[NDArray[np.int64], Columns]:
    """Leave out the photos that have no score (NaN), such as those without a label."""
    value = columns.get(VALUE)
    if value is None or not np.isnan(value).any():
        return photos, columns
    kept = np.flatnonzero(~np.isnan(value))
    return photos[kept], {k: c if k.startswith("constant.") else picked(c, kept) for k, c in columns.items()}
