"""Fool rates as they were kept: of conditions, and of photos drawn toward their condition's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.tables import PhotoRow, RunRow
from turk.blinding import blinded
from turk.result_tables import FoolRateRow, PhotoRateRow
from turk.store import Store
from turk.tables import ConditionRow, StudyRow

CHUNK = 500


class Rate(NamedTuple):
    """How often people took a method's outputs for photos, with the interval for new photos, and in which study."""

    value: float
    low: float | None
    high: float | None
    participants: int
    study: int
    name: str


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


def labeled_real(session: Session, entries: Sequence[int]) -> dict[int, Rate]:
    """Entry to what people said of it in the newest study of it that may be seen; synthetic ones have no eyes."""
    read = (
        FoolRateRow.entry_id, FoolRateRow.value, FoolRateRow.new_low, FoolRateRow.new_high, FoolRateRow.participants,
        StudyRow.id, StudyRow.name, StudyRow.state, StudyRow.sha256,
    )  # fmt: skip
    mine = (FoolRateRow.entry_id.in_(entries), FoolRateRow.synthetic.is_(False))
    rows = session.execute(
        select(*read).join(StudyRow, StudyRow.id == FoolRateRow.study_id).where(*mine).order_by(StudyRow.id)
    ).all()
    store: Store = current_app.extensions["store"]
    studies = {(row.id, row.state, row.sha256) for row in rows}
    seen = {key for key, state, sha in studies if not blinded(session, key, state, store.study(session, sha, key))}
    return {row[0]: Rate(*row[1:7]) for row in rows if row.id in seen and row[0] is not None}


def photo_rates(session: Session, study: int, synthetic: bool) -> list[PhotoRate]:
    """All photos of all conditions of a study, by condition and the highest rate first; ask whether it is blinded."""
    mine = (ConditionRow.study_id == study, PhotoRateRow.synthetic.is_(synthetic))
    ordered = (ConditionRow.position, PhotoRateRow.shrunk.desc(), PhotoRateRow.photo)
    return [PhotoRate(*row) for row in session.execute(PHOTO_RATES.where(*mine).order_by(*ordered))]


def photos_of_run(session: Session, run: int | None, names: Iterable[str]) -> dict[str, PhotoRow]:
    """A photo's name to its row in the dataset of a run."""
    dataset = session.scalar(select(RunRow.dataset_id).where(RunRow.id == run)) if run is not None else None
    wanted, found = sorted(set(names)), {}
    for start in range(0, len(wanted) if dataset is not None else 0, CHUNK):
        chunk = wanted[start : start + CHUNK]
        rows = session.scalars(select(PhotoRow).where(PhotoRow.dataset_id == dataset, PhotoRow.name.in_(chunk)))
        found.update({row.name: row for row in rows})
    return found
