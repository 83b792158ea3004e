"""Two colorizers on the photos that both were scored on: what comparisons and the ties of tables stand on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalsuite.contracts import Columns, Estimator, Metric
from evalsuite.errors import UserError
from evalsuite.registry import metric as metric_named
from evalsuite.results import Run
from evalsuite.rows import VALUE, measured, places, scored_photos, usable_rows
from evalsuite.stats import Difference, paired, restricted

Contrast: TypeAlias = tuple[str, str, str]
"""A metric's name and two colorizers' names: the first minus the second."""
Kept: TypeAlias = dict[tuple[str, str, bytes], Estimator]


@dataclass(frozen=True)
class Shared:
    """A metric on the photos that two colorizers share.

    Attributes:
        metric: The metric.
        positions: The photos' positions in the dataset, (n,).
        columns: The columns of both at these photos.
        estimators: Of both, from counts of all the photos that the run scored.
    """

    metric: Metric
    positions: NDArray[np.int64]
    columns: tuple[Columns, Columns]
    estimators: tuple[Estimator, Estimator]

    @property
    def values(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """The scores per photo of both, None where the metric has none."""
        if not all(VALUE in columns for columns in self.columns):
            return None
        a, b = (np.asarray(columns[VALUE], np.float64) for columns in self.columns)
        return a, b


def shared(run: Run, contrast: Contrast, kept: Kept | None = None) -> Shared | None:
    """Find what two colorizers share, None where a metric has no rows for both.

    Args:
        run: A complete run.
        contrast: Metric and colorizers.
        kept: Estimators that were made before, for the next call: one per colorizer, metric and set of photos.
    """
    name, *colorizers = contrast
    kept = {} if kept is None else kept
    metric, rows = known(name), [usable_rows(*run.columns(colorizer, name)) for colorizer in colorizers]
    if metric is None or metric.reduce is None or not all(measured(columns) for _, columns in rows):
        return None
    photos = np.intersect1d(rows[0][0], rows[1][0], assume_unique=True)
    if not len(photos):
        return None
    columns = [_at(photos, *row) for row in rows]
    keys = [(name, colorizer, photos.tobytes()) for colorizer in colorizers]
    for key, table in zip(keys, columns, strict=True):
        if key not in kept:
            kept[key] = restricted(metric.reduce(table), places(run)[photos], scored_photos(run))
    return Shared(metric, photos, (columns[0], columns[1]), (kept[keys[0]], kept[keys[1]]))


def differences(run: Run, both: Sequence[Shared]) -> list[Difference]:
    """Compute paired differences, resampling once for all metrics with the same number of draws."""
    found: dict[int, Difference] = {}
    for draws in sorted({pair.metric.draws for pair in both}):
        members = [k for k, pair in enumerate(both) if pair.metric.draws == draws]
        pairs = [both[k].estimators for k in members]
        found.update(zip(members, paired(pairs, scored_photos(run), draws, run.manifest["seed"]), strict=True))
    return [replace(found[k], n=len(pair.positions)) for k, pair in enumerate(both)]


def contrasts(run: Run, wanted: Iterable[Contrast]) -> dict[Contrast, Difference]:
    """Compute many paired differences at once, leaving out those without rows for both."""
    kept: Kept = {}
    both = {contrast: shared(run, contrast, kept) for contrast in dict.fromkeys(wanted)}
    found = {contrast: pair for contrast, pair in both.items() if pair is not None}
    return dict(zip(found, differences(run, list(found.values())), strict=True))


def known(name: str) -> Metric | None:
    """Return the metric of that name, None for one that a run had from a file and nobody knows any more."""
    try:
        return metric_named(name)
    except UserError:
        return None


def _at(photos: NDArray[np.int64], positions: NDArray[np.int64], columns: Columns) -> Columns:
    if len(photos) == len(positions):
        return columns
    rows = np.searchsorted(positions, photos)
    return {name: c if name.startswith("constant.") else c[rows] for name, c in columns.items()}
