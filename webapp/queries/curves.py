"""The curves of methods, and how far they are from those of another, photo by photo where the database has them so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.curve_rows import METRIC
from evalsuite.photo_curves import Apart, apart, unpack
from evalsuite.tables import CurveRow, MetricRow, PhotoCurvesRow
from webapp.keeping import kept
from webapp.queries.keys import among

Points: TypeAlias = Mapping[str, Any]
"""threshold, share, low and high as curves.json has them; low and high are missing where there is no band."""

CURVES = (
    select(CurveRow.entry_id, CurveRow.points)
    .join(MetricRow, MetricRow.id == CurveRow.metric_id)
    .where(MetricRow.name == METRIC, among(CurveRow.entry_id, "keys"))
)
PHOTO_CURVES = (
    select(PhotoCurvesRow.entry_id, PhotoCurvesRow.data)
    .join(MetricRow, MetricRow.id == PhotoCurvesRow.metric_id)
    .where(MetricRow.name == METRIC, among(PhotoCurvesRow.entry_id, "keys"))
)


@dataclass(frozen=True)
class Curves:
    """Curves of methods, and their differences from the first one's.

    Attributes:
        points: Entry to its curve, the base first.
        apart: Entry to the difference of its curve from the base's, and n, over how many photos; 0 where only the
            mean curves are known.
        lacking: The entries of whose curves the database has the mean only.
    """

    points: Mapping[int, Points]
    apart: Mapping[int, Points]
    lacking: frozenset[int]


def curves_of(session: Session, keys: Sequence[int]) -> dict[int, Points]:
    """Entry to its curve, in the order of the keys, of those that have one."""
    found: dict[int, Points] = {key: points for key, points in session.connection().execute(CURVES, {"keys": keys})}
    return {key: found[key] for key in keys if key in found}


def compared(session: Session, keys: Sequence[int]) -> Curves | None:
    """Compare the curves of methods with that of the first which has one; None where there are no two."""
    points = curves_of(session, keys)
    if len(points) < 2:
        return None
    base, *others = points
    lacking, paired = kept(session, "curves apart", tuple(points), lambda: _paired(session, list(points)))
    return Curves(points, {key: _difference(points[key], points[base], paired.get(key)) for key in others}, lacking)


def _paired(session: Session, keys: Sequence[int]) -> tuple[frozenset[int], dict[int, Apart]]:
    """Which entries lack curves photo by photo; and the differences from the first of those that have them."""
    rows = session.connection().execute(PHOTO_CURVES, {"keys": keys}).all()
    found = {key: unpack(data) for key, data in rows}
    base = found.get(keys[0])
    differences = {key: apart(found[key], base) for key in keys[1:] if base is not None and key in found}
    return frozenset(keys) - set(found), {key: one for key, one in differences.items() if one is not None}


def _difference(points: Points, base: Points, paired: Apart | None) -> Points:
    at = points["threshold"]
    if paired is None:
        return {"n": 0, "threshold": at, "share": np.subtract(points["share"], base["share"]).tolist()}
    found = {"n": paired.n, "threshold": at, "share": paired.share.tolist()}
    if paired.margin is None:
        return found
    ends = {"low": paired.share - paired.margin, "high": paired.share + paired.margin}
    return found | {name: np.clip(end, -1, 1).tolist() for name, end in ends.items()}
