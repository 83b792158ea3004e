"""Photos of a dataset, what methods made of them, and in which order a gallery shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from evalsuite.legacy import OPTION
from evalsuite.tables import MetricRow, OutputRow, PhotoRow, RunRow, ScoreRow
from webapp.keeping import kept
from webapp.queries.keys import among

Floats = NDArray[np.float64]
Kept: TypeAlias = NDArray[np.int64] | None
"""Positions of photos, None for all."""


class Photo(NamedTuple):
    """A photo of a dataset."""

    id: int
    dataset_id: int
    name: str
    position: int
    file: str
    sha256: str
    label: int | None


@dataclass(frozen=True)
class Order:
    """A page of a gallery: positions of photos in the dataset, and where the pages beside it begin.

    Attributes:
        positions: The photos' positions, (n,).
        total: How many photos there are in all.
        first: The place of the page's first photo, from 0.
        next: What `after` is on the next page, None on the last.
        back: What `after` is on the page before: "" for the first page, None where this is the first.
    """

    positions: NDArray[np.int64]
    total: int
    first: int
    next: str | None
    back: str | None


PHOTOS = select(
    PhotoRow.id, PhotoRow.dataset_id, PhotoRow.name, PhotoRow.position, PhotoRow.file, PhotoRow.sha256, PhotoRow.label
)
PHOTO = PHOTOS.where(PhotoRow.id == bindparam("photo"))
PHOTOS_AT = PHOTOS.where(PhotoRow.dataset_id == bindparam("dataset"), among(PhotoRow.position, "positions"))
FACTS = select(RunRow.facts).where(RunRow.id == bindparam("run"))
FIRST_LABEL = select(PhotoRow.label).where(PhotoRow.dataset_id == bindparam("dataset"), PhotoRow.position == 0)
OUTPUTS = select(OutputRow.entry_id, OutputRow.photo_id, OutputRow.sha256).where(
    among(OutputRow.entry_id, "entries"),
    among(OutputRow.photo_id, "photos"),
)
SCORES = (
    select(ScoreRow.entry_id, MetricRow.name, ScoreRow.value)
    .join(MetricRow, MetricRow.id == ScoreRow.metric_id)
    .where(ScoreRow.photo_id == bindparam("photo"), among(ScoreRow.entry_id, "entries"))
)


def photo_of(session: Session, key: int) -> Photo | None:
    """Return a photo."""
    row = session.connection().execute(PHOTO, {"photo": key}).one_or_none()
    return None if row is None else Photo(*row)


def photos_at(session: Session, dataset_id: int, positions: Sequence[int]) -> dict[int, Photo]:
    """Position to photo."""
    found = session.connection().execute(PHOTOS_AT, {"dataset": dataset_id, "positions": positions}).all()
    return {photo.position: photo for photo in (Photo(*row) for row in found)}


def matching(session: Session, dataset_id: int, label: int | None, name: str) -> Kept:
    """The positions of photos of a class and with a part of a name; None for all."""
    if label is None and not name:
        return None
    found = select(PhotoRow.position).where(PhotoRow.dataset_id == dataset_id)
    if label is not None:
        found = found.where(PhotoRow.label == label)
    if name:
        found = found.where(PhotoRow.name.icontains(name, autoescape=True))
    return np.array(session.scalars(found).all(), np.int64)


def labelled(session: Session, dataset_id: int) -> bool:
    """Whether the photos have classes; the first tells."""
    first = {"dataset": dataset_id}
    return kept(
        session, "labelled", dataset_id,
        lambda: session.connection().execute(FIRST_LABEL, first).scalar() is not None,
    )  # fmt: skip


def without_truth(session: Session, run_id: int) -> bool:
    """Whether nobody has the true colors of a run's photos."""
    facts = session.connection().execute(FACTS, {"run": run_id}).scalar_one()
    return OPTION in facts.get("options", {})


def page_of(values: Floats, descending: bool, after: tuple[float, int] | None, size: int, kept: Kept = None) -> Order:
    """Order photos by value, and cut out the page that follows a value and a position.

    Photos without a value are left out; among equal values the earlier photo comes first.
    """
    positions = np.arange(len(values)) if kept is None else np.sort(kept)
    positions = positions[np.isfinite(values[positions])]
    keys = -values[positions] if descending else values[positions]
    order = np.argsort(keys, kind="stable")
    positions, keys = positions[order], keys[order]
    start = 0
    if after is not None:
        value = -after[0] if descending else after[0]
        start = int(np.count_nonzero((keys < value) | ((keys == value) & (positions <= after[1]))))
    end = start + size

    def cursor(at: int) -> str:
        return f"{values[positions[at]].item()!r}~{positions[at]}"

    back = None if start == 0 else "" if start <= size else cursor(start - size - 1)
    return Order(positions[start:end], len(positions), start, cursor(end - 1) if end < len(positions) else None, back)


def outputs(session: Session, entries: Sequence[int], photos: Sequence[int]) -> dict[tuple[int, int], str]:
    """(entry, photo) to the hash of what the entry made of the photo."""
    found = session.connection().execute(OUTPUTS, {"entries": entries, "photos": photos}).all()
    return {(entry, photo): sha256 for entry, photo, sha256 in found}


def scores_of(session: Session, photo: int, entries: Sequence[int]) -> dict[tuple[int, str], float]:
    """(entry, metric's name) to a photo's score."""
    found = session.connection().execute(SCORES, {"photo": photo, "entries": entries}).all()
    return {(entry, metric): value for entry, metric, value in found}
