"""People color photos: one function per event, one transaction each, safe to repeat. No point is lost.

The server's clock says how long a photo may still be colored. A point that was set in time is kept whenever it arrives
before the photo is handed in, so that a slow network costs nothing; both times are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import insert, select, update

from evalsuite.db import session_scope
from turk.coloring_tables import ColoringRow, PointEventRow
from turk.hosting import path_of
from turk.keys import equal, token_hash
from turk.painting import MOST_EVENTS, Event, points_after, read_event
from turk.people import insert_new
from turk.refusals import Refused
from turk.registry import colorings
from turk.steps import Step, events_of, remaining_ms, show
from turk.store import Store
from turk.study import REAL, Coloring, Task
from turk.tables import ConditionRow, SessionRow, StimulusRow, StudyRow, TrialRow
from turk.trials import trial_of
from turk.untrusted import items, number, record, text
from turk.untrusted import nonce as checked_nonce
from turk.visits import Ticket, Visit, visit

ENDS = ("done", "time")
"""How a photo ends: the participant is done, or the time is over."""
AT_ONCE = 200
"""The most events of one request."""
AHEAD_MS = 2000.0
"""How far a browser's clock may be ahead of ours."""
AFTER_MS = 500.0
"""How long after the time an event may come that was under way: a drag that ends, a frame that was late."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The virtual time since a photo was opened, which synthetic participants alone may say; None: ours.

    Attributes:
        elapsed_ms: What they say.
        synthetic_key: The server's own.
    """

    elapsed_ms: Any = None
    synthetic_key: str | None = None


OURS = Clock()


@dataclass(frozen=True, slots=True)
class Kept:
    """How many events of a photo are on disk, and how long it may still be colored."""

    events: int
    remaining_ms: int


@dataclass(frozen=True, slots=True)
class Painting:
    """A photo that is being colored, for those who show the result.

    Attributes:
        photo: The file of the photo itself, which never leaves the server.
        task: What was asked.
        recommended: How many colors are recommended at a point; 0 where none are.
        colorizer: What shows the result, the same as when the photo was opened; None where nobody knew.
    """

    photo: Path
    task: Task
    recommended: int
    colorizer: str | None


def is_opened(store: Store, ticket: Ticket, nonce: str) -> bool:
    """Whether a photo's time has begun.

    Raises:
        Refused: no_session, moved, no_place; unknown: no photo of this session; step: it is not the open one.
    """
    with _photo(store, ticket, nonce) as (seen, row):
        if row.state == "answered":
            return True
        _check_open(seen, row)
        return seen.db.get(ColoringRow, row.id) is not None


def open_photo(store: Store, ticket: Ticket, nonce: str, colorizer: str | None = None) -> Step:
    """Show a photo: its time begins, by our clock. Opening it again changes nothing.

    Args:
        store: Where the session is kept.
        ticket: Whose it is.
        nonce: The trial's.
        colorizer: What shows the result, as far as it is known.

    Raises:
        Refused: no_session, moved, no_place; unknown: no photo of this session; step: it is not the open one.
    """
    with _photo(store, ticket, nonce) as (seen, row):
        if row.state != "answered":
            _check_open(seen, row)
            fresh = {"trial_id": row.id, "begun_at": seen.at, "colorizer": colorizer}
            insert_new(seen.db, ColoringRow.__table__, fresh)
        return show(seen)


def keep_events(store: Store, ticket: Ticket, nonce: str, given: Any, clock: Clock = OURS) -> Kept:
    """Keep what was done to a photo's points; what was told before is kept once.

    Args:
        store: Where the session is kept.
        ticket: Whose it is.
        nonce: The trial's.
        given: A list of events, each with its `number` from 0; see turk.painting.read_event.
        clock: For synthetic participants.

    Raises:
        Refused: no_session, moved, no_place, unknown; bad: an event makes no sense, or comes before or after its time;
            conflict: another one of its number was kept; step: one before it is missing, or the photo is not open.
    """
    told = items(given, "events", AT_ONCE)
    with _photo(store, ticket, nonce) as (seen, row):
        task = _task(seen, row)
        events = _numbered(told, task, seen)
        kept = events_of(seen, row.id)
        new = _new(kept, events)
        begun = seen.db.get(ColoringRow, row.id)
        if new:
            _check_open(seen, row, begun)
            _check_times(new, task, _elapsed_ms(seen, begun, clock))
            _append(seen, row, kept, new)
        return Kept(len(kept) + len(new), remaining_ms(seen, task, begun))


def hand_in(store: Store, ticket: Ticket, nonce: str, given: Mapping[str, Any], clock: Clock = OURS) -> Step:
    """Take a photo as it is and open the next one; the same again gives the same step.

    Args:
        store: Where the session is kept.
        ticket: Whose it is.
        nonce: The trial's.
        given: {"events": how many there are in all, "ended": "done" or "time"}.
        clock: For synthetic participants.

    Raises:
        Refused: no_session, moved, no_place, unknown, bad; step: events are missing, or it is not the open photo;
            conflict: it was handed in otherwise.
    """
    count, ended = int(number(given.get("events"), "events", 0, MOST_EVENTS)), text(given.get("ended"), "ended", 10)
    if ended not in ENDS:
        raise Refused("bad", f"ended: one of {', '.join(ENDS)}; got another. Load the page again.")
    with _photo(store, ticket, nonce) as (seen, row):
        if row.state == "answered":
            if (row.answer, (row.exposure or {}).get("events")) != (ended, count):
                raise Refused("conflict", "This photo was handed in before, and that counts. Load the page again.")
            return show(seen)
        begun = seen.db.get(ColoringRow, row.id)
        _check_open(seen, row, begun)
        events = events_of(seen, row.id)
        if len(events) != count:
            raise Refused("step", f"{count} events are expected; {len(events)} have arrived. Send the others first.")
        used_ms = min(_elapsed_ms(seen, begun, clock), _task(seen, row).seconds * 1000.0)
        _close(seen, row, ended, used_ms, events)
        return show(seen)


def painting(store: Store, ticket: Ticket, nonce: str) -> Painting:
    """Find a photo that is being colored; nothing is written.

    Raises:
        Refused: unknown: no photo of this session; step: it is not open.
    """
    checked_nonce(nonce, "photo")
    mine = (SessionRow.token_sha256 == token_hash(ticket.token), TrialRow.nonce == nonce)
    query = (
        select(TrialRow, SessionRow.state, StudyRow)
        .join(SessionRow, SessionRow.id == TrialRow.session_id)
        .join(StudyRow, StudyRow.id == SessionRow.study_id)
        .where(*mine)
    )
    with session_scope(store.engine, read_only=True) as db:
        found = db.execute(query).first()
        if found is None or found[2].protocol not in colorings():
            raise _unknown()
        row, state, studied = found
        begun = db.get(ColoringRow, row.id)
        if state != "running" or row.state != "open" or begun is None:
            raise _not_open()
        real = (ConditionRow.study_id == studied.id, ConditionRow.name == REAL, StimulusRow.photo == row.photo)
        sha256 = db.scalars(select(StimulusRow.sha256).join(ConditionRow).where(*real)).one()
        study = store.study(db, studied.sha256, studied.id)
        task = _asked(study.protocol).task(trial_of(row.kind, row.stimuli, row.turns), study.parameters)
        recommended = int(study.parameters["recommended"]) if task.recommendations else 0
        return Painting(path_of(Path(studied.folder), sha256), task, recommended, begun.colorizer)


@contextmanager
def _photo(store: Store, ticket: Ticket, nonce: str) -> Iterator[tuple[Visit, TrialRow]]:
    """A session that is held, and its photo of that name."""
    checked_nonce(nonce, "photo")
    with visit(store, ticket) as seen:
        mine = (TrialRow.nonce == nonce, TrialRow.session_id == seen.row.id)
        row = seen.db.scalars(select(TrialRow).where(*mine)).first()
        if row is None or seen.study.protocol not in colorings():
            raise _unknown()
        yield seen, row


def _asked(protocol: str) -> Coloring:
    return colorings()[protocol]


def _task(seen: Visit, row: TrialRow) -> Task:
    trial = trial_of(row.kind, row.stimuli, row.turns)
    return _asked(seen.study.protocol).task(trial, seen.study.parameters)


def _check_open(seen: Visit, row: TrialRow, begun: ColoringRow | Literal["not yet"] | None = "not yet") -> None:
    if seen.row.state != "running" or row.state != "open" or begun is None:
        raise _not_open()


def _numbered(told: Sequence[Any], task: Task, seen: Visit) -> list[tuple[int, Event]]:
    size = int(seen.study.parameters["point_size"])
    found = []
    for one in told:
        place = number(record(one, "event").get("number"), "event.number", 0, MOST_EVENTS - 1)
        found.append((int(place), read_event(one, task.size, size)))
    return found


def _new(kept: Sequence[Event], events: Sequence[tuple[int, Event]]) -> list[Event]:
    """The events that are not kept yet, which follow those that are without a gap."""
    new: list[Event] = []
    for place, event in events:
        if place < len(kept):
            if kept[place] != event:
                raise Refused("conflict", "Another event of this number was kept before. Load the page again.")
        elif place != len(kept) + len(new):
            raise Refused("step", f"Event {len(kept) + len(new)} comes first; got {place}. Load the page again.")
        else:
            new.append(event)
    return new


def _check_times(events: Sequence[Event], task: Task, elapsed_ms: float) -> None:
    for event in events:
        if event.at_ms > task.seconds * 1000 + AFTER_MS:
            raise Refused("closed", "The time for this photo was over. Go on with the next one.")
        if event.at_ms > elapsed_ms + AHEAD_MS:
            raise Refused("bad", "event.at_ms: a time that has not come yet. Load the page again.")


def _elapsed_ms(seen: Visit, begun: ColoringRow | None, clock: Clock) -> float:
    if begun is None:
        raise _not_open()
    if clock.elapsed_ms is None:
        return (seen.at - begun.begun_at).total_seconds() * 1000
    key = seen.store.synthetic_key
    if not seen.row.synthetic or key is None or not equal(clock.synthetic_key or "", key):
        raise Refused("bad", "elapsed_ms: for synthetic participants alone. Leave it out.")
    return number(clock.elapsed_ms, "elapsed_ms", 0, 1e9)


def _append(seen: Visit, row: TrialRow, kept: Sequence[Event], new: Sequence[Event]) -> None:
    points_after([*kept, *new])
    rows = [
        {"trial_id": row.id, "number": place, "kept_at": seen.at, **event.to_row()}
        for place, event in enumerate(new, len(kept))
    ]
    seen.db.execute(insert(PointEventRow), rows)


def _close(seen: Visit, row: TrialRow, ended: str, used_ms: float, events: Sequence[Event]) -> None:
    """Hand the photo in and open the next one, whose time begins when it is opened."""
    row.state, row.answered_at, row.answer, row.rt_ms, row.valid = "answered", seen.at, ended, used_ms, True
    row.exposure = {"events": len(events), "points": len(points_after(events))}
    seen.db.flush()
    following = (TrialRow.session_id == row.session_id, TrialRow.number == row.number + 1)
    seen.db.execute(update(TrialRow).where(*following).values(state="open", released_at=seen.at))


def _unknown() -> Refused:
    return Refused("unknown", "There is no such photo in this session. Load the page again.")


def _not_open() -> Refused:
    return Refused("step", "This photo is not the one that is open. Load the page again.")
