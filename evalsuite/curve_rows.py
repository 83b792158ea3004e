"""How the curves of photos come into the database: with their run, or later where an older import left them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from evalsuite.columns import blocks
from evalsuite.errors import UserError
from evalsuite.photo_curves import pack
from evalsuite.results import Run
from evalsuite.tables import ColorizerRow, CurveRow, EntryRow, MetricRow, PhotoCurvesRow, PhotoRow, RunRow

METRIC, COLUMN = "auc", "cmf"
"""The metric whose curves pages compare, and its column with the curve of each photo."""
Lacking: TypeAlias = tuple[int, int, str]
"""An entry's key, the metric's, and the colorizer's name."""


def lacking(session: Session, run: Run, run_id: int) -> list[Lacking]:
    """Find the entries of a run that have no curves photo by photo, although the run folder has them."""
    kept = (PhotoCurvesRow.entry_id == CurveRow.entry_id) & (PhotoCurvesRow.metric_id == CurveRow.metric_id)
    wanted = (
        select(CurveRow.entry_id, CurveRow.metric_id, ColorizerRow.name)
        .join(MetricRow, MetricRow.id == CurveRow.metric_id)
        .join(EntryRow, EntryRow.id == CurveRow.entry_id)
        .join(ColorizerRow, ColorizerRow.id == EntryRow.colorizer_id)
        .outerjoin(PhotoCurvesRow, kept)
        .where(EntryRow.run_id == run_id, MetricRow.name == METRIC, PhotoCurvesRow.entry_id.is_(None))
        .order_by(EntryRow.position)
    )
    found = [(entry, metric, name) for entry, metric, name in session.execute(wanted)]
    return [one for one in found if (run.path / "rows" / one[2] / f"{METRIC}.{COLUMN}.npy").is_file()]


def keep_curves(session: Session, run: Run, run_id: int, wanted: Sequence[Lacking]) -> None:
    """Put the curves of all photos of these entries into the database.

    Raises:
        UserError: The run folder contradicts itself.
    """
    of_run = select(PhotoRow.name, PhotoRow.position).join(RunRow, RunRow.dataset_id == PhotoRow.dataset_id)
    places = {name: position for name, position in session.execute(of_run.where(RunRow.id == run_id))}
    for entry, metric, colorizer in wanted:
        scored, columns = run.columns(colorizer, METRIC)
        _check(run, colorizer, columns[COLUMN])
        at = np.array([_place(run, places, int(k)) for k in scored], np.int64)
        row = {"entry_id": entry, "metric_id": metric, "data": pack(len(places), at, columns[COLUMN])}
        session.execute(insert(PhotoCurvesRow), row)


def _place(run: Run, places: dict[str, int], position: int) -> int:
    name = run.photos[position]
    if name not in places:
        raise UserError(f"{run.path}: rows has {name!r}, no photo of the manifest that was scored. Run it again.")
    return places[name]


def _check(run: Run, colorizer: str, curves: NDArray[np.float32]) -> None:
    for part in blocks(curves):
        if not (np.all(part >= 0) and np.all(part <= 1) and np.all(np.diff(part, axis=1) >= 0)):
            rule = "the curve of a photo rises from 0 to 1 at most, and one here does not"
            raise UserError(f"{run.path}: {METRIC}.{COLUMN} of {colorizer}: {rule}. Run it again.")
