"""What people colored: each photo's points under each condition, and which of several colorings is taken.

Several people color the same photo under the same condition. One rule says whose coloring stands for it: the colorings
are put in the order of sha256 over seed, photo, condition and participant, and the first is taken. It hangs on nothing
that anybody could prefer, and more participants never reorder those that were there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd
from sqlalchemy import Engine, select

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from evalsuite.points import Point
from turk.coloring_tables import ColoringRow, PointEventRow
from turk.frames import pseudonym
from turk.painting import Event, points_after
from turk.study import Study
from turk.tables import ConditionRow, DecisionRow, ParticipantRow, SessionRow, StudyRow, TrialRow

COLUMNS = (
    "photo", "condition", "participant", "session", "number", "choice", "points", "events", "seconds", "ended",
    "colorizer",
)  # fmt: skip
EVENTS = (
    "participant", "session", "number", "photo", "condition", "event", "kind", "point", "x", "y", "a", "b", "size",
    "source", "layer", "at_ms", "kept_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Colored:
    """A photo as one participant colored it.

    Attributes:
        photo: Its id.
        condition: Under which it was colored.
        participant: Pseudonym within the study.
        session: The session's number.
        number: Place of the photo in the session, the tutorial counted.
        points: In the order in which they are painted.
        events: How many led to them.
        seconds: How long it took.
        ended: "done" or "time".
        colorizer: What showed the result; None where nobody knew.
    """

    photo: str
    condition: str
    participant: str
    session: int
    number: int
    points: tuple[Point, ...]
    events: int
    seconds: float
    ended: str
    colorizer: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which colorings stand for their photo and condition.

    Attributes:
        taken: One for each photo and condition, photos sorted, conditions in the study's order.
        ranked: All colorings with their place in the order of their photo and condition, from 1.
        left_out: Photos that nobody colored under some condition.
    """

    taken: tuple[Colored, ...]
    ranked: tuple[tuple[int, Colored], ...]
    left_out: tuple[str, ...]

    @property
    def photos(self) -> tuple[str, ...]:
        """Those that were colored under every condition."""
        return tuple(dict.fromkeys(one.photo for one in self.taken))


def colored(engine: Engine, study_id: int, *, synthetic: bool) -> list[Colored]:
    """List what finished sessions made, without the tutorial and without sessions that were excluded by hand."""
    with session_scope(engine, read_only=True) as db:
        sha256 = db.scalars(select(StudyRow.sha256).where(StudyRow.id == study_id)).one()
        out = select(DecisionRow.session_id).where(DecisionRow.study_id == study_id, DecisionRow.kind == "exclude")
        excluded = set(db.scalars(out))
        query = (
            select(TrialRow, ConditionRow.name, ParticipantRow.key, ColoringRow.colorizer)
            .join(SessionRow, SessionRow.id == TrialRow.session_id)
            .join(ParticipantRow, ParticipantRow.id == SessionRow.participant_id)
            .join(ConditionRow, ConditionRow.id == TrialRow.condition_id)
            .join(ColoringRow, ColoringRow.trial_id == TrialRow.id)
            .where(SessionRow.study_id == study_id, SessionRow.synthetic == synthetic, SessionRow.state == "finished")
            .where(TrialRow.kind == "test", TrialRow.state == "answered")
            .order_by(TrialRow.session_id, TrialRow.number)
        )
        rows = [row for row in db.execute(query).all() if row[0].session_id not in excluded]
        events = _events(db.scalars(_events_of(study_id, synthetic)).all())
        return [_colored(row, events.get(row[0].id, []), sha256) for row in rows]


def choose(found: Sequence[Colored], study: Study, seed: int) -> Choice:
    """Take one coloring for each photo and condition by the rule above.

    Raises:
        UserError: No photo was colored under every condition.
    """
    ranked, first = [], {}
    ordered = sorted(found, key=lambda one: (one.photo, one.condition, _turn(one, seed)))
    for key, group in groupby(ordered, key=lambda one: (one.photo, one.condition)):
        several = list(group)
        first[key] = several[0]
        ranked += list(enumerate(several, 1))
    photos = sorted({photo for photo, _ in first})
    whole = [photo for photo in photos if all((photo, name) in first for name in study.conditions)]
    if not whole:
        raise UserError(
            f"study {study.name!r}: results are compared on photos that were colored under every condition "
            f"({', '.join(study.conditions)}); got none. Wait until more people have finished."
        )
    taken = tuple(first[photo, name] for photo in whole for name in study.conditions)
    return Choice(taken, tuple(ranked), tuple(photo for photo in photos if photo not in whole))


def table_of(choice: Choice) -> pd.DataFrame:
    """Arrange colorings as a table, COLUMNS; `choice` is 1 where a coloring stands for its photo and condition."""
    rows = [
        (
            one.photo, one.condition, one.participant, one.session, one.number, place, len(one.points), one.events,
            one.seconds, one.ended, one.colorizer,
        )
        for place, one in choice.ranked
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def events_table(engine: Engine, study_id: int, *, synthetic: bool) -> pd.DataFrame:
    """Return a row per event of every session, EVENTS, whatever came of the session."""
    query = (
        select(
            StudyRow.sha256, ParticipantRow.key, SessionRow.id, TrialRow.number, TrialRow.photo, ConditionRow.name,
            PointEventRow.number, PointEventRow.kind, PointEventRow.point, PointEventRow.x, PointEventRow.y,
            PointEventRow.a, PointEventRow.b, PointEventRow.size, PointEventRow.source, PointEventRow.layer,
            PointEventRow.at_ms, PointEventRow.kept_at,
        )
        .join(TrialRow, TrialRow.id == PointEventRow.trial_id)
        .join(SessionRow, SessionRow.id == TrialRow.session_id)
        .join(ParticipantRow, ParticipantRow.id == SessionRow.participant_id)
        .join(ConditionRow, ConditionRow.id == TrialRow.condition_id)
        .join(StudyRow, StudyRow.id == SessionRow.study_id)
        .where(SessionRow.study_id == study_id, SessionRow.synthetic == synthetic)
        .order_by(SessionRow.id, TrialRow.number, PointEventRow.number)
    )  # fmt: skip
    with session_scope(engine, read_only=True) as db:
        rows = [(pseudonym(sha256, key), *rest) for sha256, key, *rest in db.execute(query)]
    frame = pd.DataFrame(rows, columns=list(EVENTS), dtype=object)
    whole, numbers = ("session", "number", "event", "point", "x", "y", "size", "layer"), ("a", "b", "at_ms")
    kinds = dict.fromkeys(whole, "Int64") | dict.fromkeys(numbers, "float64")
    return frame.astype({**kinds, "kept_at": "datetime64[us, UTC]"})


def _turn(one: Colored, seed: int) -> bytes:
    return hashlib.sha256("\0".join((str(seed), one.photo, one.condition, one.participant)).encode()).digest()


def _events_of(study_id: int, synthetic: bool) -> Any:
    return (
        select(PointEventRow)
        .join(TrialRow, TrialRow.id == PointEventRow.trial_id)
        .join(SessionRow, SessionRow.id == TrialRow.session_id)
        .where(SessionRow.study_id == study_id, SessionRow.synthetic == synthetic)
        .order_by(PointEventRow.trial_id, PointEventRow.number)
    )


def _events(rows: Iterable[PointEventRow]) -> dict[int, list[Event]]:
    return {key: [Event.of(row) for row in group] for key, group in groupby(rows, key=lambda row: row.trial_id)}


def _colored(found: Any, events: Sequence[Event], sha256: str) -> Colored:
    row, condition, key, colorizer = found
    return Colored(
        photo=row.photo,
        condition=condition,
        participant=pseudonym(sha256, key),
        session=row.session_id,
        number=row.number,
        points=tuple(points_after(events).values()),
        events=len(events),
        seconds=round((row.rt_ms or 0.0) / 1000, 3),
        ended=row.answer or "",
        colorizer=colorizer,
    )
