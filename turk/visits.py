"""A participant's request as one transaction: the session it belongs to, held until the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, delete, select, update
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from turk import places
from turk.digests import digest
from turk.keys import completion_code, token_hash
from turk.refusals import Refused
from turk.registry import protocol
from turk.result_tables import DigestRow
from turk.store import Store
from turk.study import Protocol, Study
from turk.tables import PlaceRow, SessionRow, StudyRow, TrialRow
from turk.untrusted import NONCE

LIVE = ("entered", "consented", "ready", "running")
"""The states in which a session holds a place."""
GONE = "gone"
"""Stands in the arrival of a session whose work was returned or timed out, until its person comes with new work."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a request proves itself with: the session's token, and the random name of the browser's tab."""

    token: str
    tab: str


@dataclass(frozen=True, slots=True)
class Visit:
    """An open transaction about one session, which nobody else touches meanwhile."""

    store: Store
    db: Session
    row: SessionRow
    study: Study
    sha256: str
    study_state: str
    recruiter: str
    at: datetime

    @property
    def protocol(self) -> Protocol:
        """How the study asks."""
        return protocol(self.study.protocol)


@contextmanager
def visit(store: Store, ticket: Ticket, *, take_over: bool = False) -> Iterator[Visit]:
    """Open a session for one event.

    Args:
        store: Where it is kept.
        ticket: Who asks.
        take_over: Whether a tab that is not the session's becomes it; else it is told that the session moved.

    Raises:
        Refused: The token is unknown, another tab has the session, or its place went to somebody else.
    """
    with session_scope(store.engine) as db:
        seen = _find(store, db, ticket.token)
        if seen.row.tab != ticket.tab:
            if not take_over:
                raise Refused("moved", "You went on in another window. Close this one, or load it again to go on here.")
            seen.row.tab = ticket.tab
        if seen.row.state == "abandoned" and seen.study_state != "closed":
            revive(seen)
        yield seen
        # Last, so that all that changed in the session is one statement.
        seen.row.seen_at = seen.at


def revive(seen: Visit) -> None:
    """Give a session without a place one again: its own where nobody has it, else one like it.

    A session that has seen images keeps its arm and its images, whichever place it gets.

    Raises:
        Refused: There is no such place, or the recruiter says that the person gave the task back.
    """
    row, db = seen.row, seen.db
    if GONE in row.arrival:
        raise Refused("no_place", "This task was returned, or its time ran out. Accept it again to go on.")
    if row.place_id is None or not places.reclaim(db, row.place_id):
        arm = row.arm if row.started_at is not None else None
        place = places.claim(db, row.study_id, seen.study, synthetic=row.synthetic, arm=arm)
        if place is None:
            raise Refused("no_place", "Your place went to somebody else while you were away. Thank you for your time.")
        row.place_id = place.id
        if row.started_at is None:
            row.arm, row.rank = place.arm, place.rank
    row.state, row.released_at = live_state(row), None


def end(seen: Visit, state: str) -> None:
    """Take a session out of its place; what was answered stays."""
    release(seen.db, seen.row.id, state, seen.at)
    seen.db.refresh(seen.row)


def complete(seen: Visit) -> None:
    """Finish a running session: its place is done, it gets its completion code, and its numbers are kept."""
    row = seen.row
    seen.db.execute(update(PlaceRow).where(PlaceRow.id == row.place_id).values(state="done"))
    row.code = completion_code(seen.store.secret, seen.sha256, row.id)
    row.state, row.finished_at = "finished", seen.at
    digest(seen.db, row, seen.study)


def release(db: Session, session_id: int, state: str, at: datetime) -> bool:
    """Give a live session's place back, at most once; False where it holds none."""
    held = (SessionRow.id == session_id, SessionRow.state.in_(LIVE), SessionRow.released_at.is_(None))
    left = update(SessionRow).where(*held).values(state=state, released_at=at).returning(SessionRow.place_id)
    place_id = db.execute(left.execution_options(synchronize_session=False)).scalar()
    return place_id is not None and places.give_back(db, place_id)


def withdraw(db: Session, session_id: int, at: datetime) -> bool:
    """Give back the place of a session whose work is gone at the recruiter's, at most once; also a finished one's.

    Its answers stay, and whoever comes back with new work goes on, where there is a place.
    """
    if not release(db, session_id, "abandoned", at) and not _undo(db, session_id, at):
        return False
    row = db.get_one(SessionRow, session_id, populate_existing=True)
    row.arrival = {**row.arrival, GONE: "1"}
    return True


def _undo(db: Session, session_id: int, at: datetime) -> bool:
    done = (SessionRow.id == session_id, SessionRow.state == "finished", SessionRow.released_at.is_(None))
    left = update(SessionRow).where(*done).values(state="abandoned", released_at=at, finished_at=None, code=None)
    freed = left.returning(SessionRow.place_id).execution_options(synchronize_session=False)
    place_id = db.execute(freed).scalar()
    db.execute(delete(DigestRow).where(DigestRow.session_id == session_id))
    return place_id is not None and places.reopen(db, place_id)


def is_before_trials(row: SessionRow) -> bool:
    """Whether a session holds a place and has seen no image."""
    return row.state in LIVE and row.state != "running"


def live_state(row: SessionRow) -> str:
    """The state that a session's own marks tell."""
    if row.started_at is not None:
        return "running"
    if row.consented_at is None:
        return "entered"
    return "consented" if row.color_vision is None else "ready"


def open_trial(seen: Visit) -> TrialRow | None:
    """The trial that is before the participant."""
    opened = select(TrialRow).where(TrialRow.session_id == seen.row.id, TrialRow.state == "open")
    return seen.db.scalars(opened.order_by(TrialRow.number).limit(1)).first()


def _find(store: Store, db: Session, token: str) -> Visit:
    if not NONCE.fullmatch(token):
        raise _no_session()
    found = db.execute(_held(), {"token": token_hash(token)}).first()
    if found is None:
        raise _no_session()
    row, sha256, state, recruiter = found
    return Visit(store, db, row, store.study(db, sha256, row.study_id), sha256, state, recruiter, store.clock())


@cache
def _held() -> Select[SessionRow, str, str, str]:
    """A session and its study; made once, since making it takes longer than answering it."""
    return (
        select(SessionRow, StudyRow.sha256, StudyRow.state, StudyRow.recruiter)
        .join(StudyRow, StudyRow.id == SessionRow.study_id)
        .where(SessionRow.token_sha256 == bindparam("token"))
        .with_for_update(of=SessionRow)
    )


def _no_session() -> Refused:
    sentence = "This session is not known here, or was opened again elsewhere. Open the study's address again."
    return Refused("no_session", sentence)
