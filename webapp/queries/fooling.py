"""How often people took a method's outputs for photos, as the last analyses of studies have it.

An analysis is kept only where it may be seen: its stopping rule was met, somebody unblinded it, or its participants
are synthetic. What is not kept is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from evalsuite.tables import PhotoRow
from turk.registry import protocols
from turk.result_tables import AnalysisRow, FoolRateRow, PhotoRateRow
from turk.tables import ConditionRow, StudyRow
from webapp.keeping import kept
from webapp.queries.keys import among

Floats = NDArray[np.float64]


class Fooled(NamedTuple):
    """A method's fool rate in a study; people go before synthetic participants, newer studies before older ones.

    Attributes:
        these: The 95% interval for these photos.
        new: The 95% interval for new photos.
    """

    entry: int
    study_id: int
    study: str
    protocol: str
    synthetic: bool
    condition_id: int
    condition: str
    value: float
    these: tuple[float | None, float | None]
    new: tuple[float | None, float | None]
    participants: int
    trials: int
    photos: int


class Counted(NamedTuple):
    """How often a photo fooled people, and its rate drawn toward that of its condition, with the 95% interval."""

    fooled: int
    views: int
    shrunk: float
    low: float
    high: float
    ranked: bool


@dataclass(frozen=True)
class PhotoRates:
    """The fool rates of a method's photos.

    Attributes:
        counted: Position of a photo to its rate.
        shrunk: The shrunken rates of all photos of the dataset, by position, NaN where nobody saw one.
        ranked: Whether a photo was seen often enough to be held against others, by position.
    """

    counted: dict[int, Counted]
    shrunk: Floats
    ranked: NDArray[np.bool_]


class Told(NamedTuple):
    """What a study says of two of its conditions: first minus second, the interval for these photos, and p."""

    a: str
    b: str
    value: float
    these: tuple[float, float] | None
    new: tuple[float, float] | None
    p: float | None


FOOLED = (
    select(
        FoolRateRow.entry_id, FoolRateRow.study_id, StudyRow.name, StudyRow.protocol, FoolRateRow.synthetic,
        FoolRateRow.condition_id, ConditionRow.name, FoolRateRow.value, FoolRateRow.these_low, FoolRateRow.these_high,
        FoolRateRow.new_low, FoolRateRow.new_high, FoolRateRow.participants, FoolRateRow.trials, FoolRateRow.photos,
    )
    .join(StudyRow, StudyRow.id == FoolRateRow.study_id)
    .join(ConditionRow, ConditionRow.id == FoolRateRow.condition_id)
    .where(among(FoolRateRow.entry_id, "keys"))
    .order_by(FoolRateRow.synthetic.desc(), FoolRateRow.study_id)
)  # fmt: skip
RATES = (
    select(PhotoRow.position, PhotoRateRow.fooled, PhotoRateRow.views, PhotoRateRow.shrunk, PhotoRateRow.low,
           PhotoRateRow.high, PhotoRateRow.ranked)
    .join(PhotoRow, (PhotoRow.dataset_id == bindparam("dataset")) & (PhotoRow.name == PhotoRateRow.photo))
    .where(PhotoRateRow.condition_id == bindparam("condition"), PhotoRateRow.synthetic == bindparam("synthetic"))
)  # fmt: skip
RATES_OF_PHOTO = select(
    PhotoRateRow.condition_id, PhotoRateRow.synthetic, PhotoRateRow.fooled, PhotoRateRow.views, PhotoRateRow.shrunk,
    PhotoRateRow.low, PhotoRateRow.high, PhotoRateRow.ranked,
).where(
    among(PhotoRateRow.condition_id, "keys"),
    PhotoRateRow.synthetic.in_((False, True)),  # named, so that all of the key is looked up and no photo is read
    PhotoRateRow.photo == bindparam("photo"),
)  # fmt: skip
ANALYSIS = select(AnalysisRow.record).where(
    AnalysisRow.study_id == bindparam("study"), AnalysisRow.synthetic == bindparam("synthetic")
)


def fooled(session: Session, entries: Sequence[int]) -> dict[int, Fooled]:
    """Entry to how often it fooled people, of those that a study asked for."""
    return dict(kept(session, "fooled", tuple(entries), lambda: _fooled_of(session, entries)))


def _fooled_of(session: Session, entries: Sequence[int]) -> dict[int, Fooled]:
    found = session.connection().execute(FOOLED, {"keys": entries}).all()
    asked = {name for name, protocol in protocols().items() if protocol.measure == "fool_rate"}
    rates = [_fooled(row) for row in found]
    return {rate.entry: rate for rate in rates if rate.protocol in asked}


def _fooled(row: Any) -> Fooled:
    entry, study_id, study, protocol, synthetic, condition_id, condition, value, *ends, participants, trials, photos = (
        row
    )
    these, new = (ends[0], ends[1]), (ends[2], ends[3])
    return Fooled(
        entry, study_id, study, protocol, synthetic, condition_id, condition, value, these, new, participants, trials,
        photos,
    )  # fmt: skip


def photo_rates(session: Session, dataset_id: int, images: int, of: Fooled) -> PhotoRates:
    """The fool rates of a method's photos."""
    key = (dataset_id, of.condition_id, of.synthetic)
    return kept(session, "photo rates", key, lambda: _photo_rates(session, dataset_id, images, of))


def _photo_rates(session: Session, dataset_id: int, images: int, of: Fooled) -> PhotoRates:
    wanted = {"dataset": dataset_id, "condition": of.condition_id, "synthetic": of.synthetic}
    counted = {row[0]: Counted(*row[1:]) for row in session.connection().execute(RATES, wanted).all()}
    shrunk, ranked = np.full(images, np.nan), np.zeros(images, np.bool_)
    for position, rate in counted.items():
        shrunk[position], ranked[position] = rate.shrunk, rate.ranked
    return PhotoRates(counted, shrunk, ranked)


def rates_of_photo(session: Session, photo: str, said: Mapping[int, Fooled]) -> dict[int, Counted]:
    """Entry to how often its output of one photo fooled people."""
    wanted = {"keys": [rate.condition_id for rate in said.values()], "photo": photo}
    found = {(row[0], row[1]): Counted(*row[2:]) for row in session.connection().execute(RATES_OF_PHOTO, wanted).all()}
    return {key: found[at] for key, rate in said.items() if (at := (rate.condition_id, rate.synthetic)) in found}


def record_of(session: Session, study_id: int, synthetic: bool) -> dict[str, Any]:
    """The last analysis of a study, empty where there is none."""
    found = session.connection().execute(ANALYSIS, {"study": study_id, "synthetic": synthetic}).scalar()
    return found or {}


def told_apart(session: Session, study_id: int, synthetic: bool) -> Iterator[Told]:
    """The differences of a study's conditions."""
    for row in record_of(session, study_id, synthetic).get("differences", ()):
        these, new = (row.get(key) for key in ("ci95_these_photos", "ci95"))
        yield Told(row["a"], row["b"], row["value"], these and tuple(these), new and tuple(new), row["p"])
