"""Fool rates of a study's photos as they were kept, drawn toward their condition's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.tables import PhotoRow, RunRow
from turk.result_tables import PhotoRateRow
from turk.tables import ConditionRow

CHUNK = 500


class PhotoRate(NamedTuple):
    """How often a photo of a condition fooled people; shrunk is drawn toward the condition's rate."""

    condition: str
    photo: str
    views: int
    fooled: int
    shrunk: float
    low: float
    high: float
    ranked: bool


PHOTO_RATES = (
    select(ConditionRow.name, PhotoRateRow.photo, PhotoRateRow.views, PhotoRateRow.fooled, PhotoRateRow.shrunk,
           PhotoRateRow.low, PhotoRateRow.high, PhotoRateRow.ranked)
    .join(ConditionRow, ConditionRow.id == PhotoRateRow.condition_id)
)  # fmt: skip


def photo_rates(session: Session, study: int, synthetic: bool) -> list[PhotoRate]:
    """All photos of all conditions of a study, by condition and the highest rate first; ask whether it is blinded."""
    mine = (ConditionRow.study_id == study, PhotoRateRow.synthetic.is_(synthetic))
    ordered = (ConditionRow.position, PhotoRateRow.shrunk.desc(), PhotoRateRow.photo)
    return [PhotoRate(*row) for row in session.execute(PHOTO_RATES.where(*mine).order_by(*ordered)).all()]


def photos_of_run(session: Session, run: int | None, names: Iterable[str]) -> dict[str, PhotoRow]:
    """A photo's name to its row in the dataset of a run."""
    dataset = session.scalar(select(RunRow.dataset_id).where(RunRow.id == run)) if run is not None else None
    wanted, found = sorted(set(names)), {}
    for start in range(0, len(wanted) if dataset is not None else 0, CHUNK):
        chunk = wanted[start : start + CHUNK]
        rows = session.scalars(select(PhotoRow).where(PhotoRow.dataset_id == dataset, PhotoRow.name.in_(chunk)))
        found.update({row.name: row for row in rows})
    return found
