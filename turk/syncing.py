"""What the recruiter's own list says is the truth: work is matched with sessions, and places are given back once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from turk.books import Books, keep_hold
from turk.deeds import task_of
from turk.keys import equal, person_key
from turk.ledger import book_found, reconcile
from turk.paying_tables import RecruitmentRow, TaskRow, WorkRow
from turk.recruiters.contract import Listing, TaskFound, WorkFound
from turk.tables import EventRow, ParticipantRow, SessionRow
from turk.visits import LIVE, withdraw

SETTLED = ("approved", "rejected", "screened_out")
"""States of work that change no more by themselves."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync found.

    Attributes:
        asked: Calls of which nobody knew whether they were done.
        works: State to how many.
        unmatched: Submitted work that no finished session stands behind: a person decides.
        released: Places that went back because their work is gone.
    """

    asked: int
    works: Mapping[str, int]
    unmatched: int
    released: int


def sync(books: Books) -> Synced:
    """List everything at the recruiter's, page by page, and settle what follows from it.

    Raises:
        NotDone, Unsure: The recruiter refuses or does not answer; what was not reached comes with the next sync.
    """
    with session_scope(books.engine, read_only=True) as db:
        stopped = db.get_one(RecruitmentRow, books.study_id).stopped_at is not None
    asked = reconcile(books, again=not stopped)
    with session_scope(books.engine, read_only=True) as db:
        tasks = db.scalars(tasks_left(books.study_id)).all()
        refs = sorted({ref for _, ref in _waiting(db, books)})
        known = [task_of(task) for task in tasks]
        facts = dict(db.get_one(RecruitmentRow, books.study_id).facts)
    listing = books.desk.sync(known, refs)
    with session_scope(books.engine) as db:
        keep_hold(books, db)
        synced = _apply(db, books, listing, asked)
        db.get_one(RecruitmentRow, books.study_id).synced_at = books.clock()
    people = sorted({work.person for work in listing.works if work.person is not None})
    if people and not stopped:
        books.desk.keep_out(facts, people)
    return synced


def tasks_left(study_id: int) -> Select[TaskRow]:
    """The tasks of a study that are not over."""
    return select(TaskRow).where(TaskRow.study_id == study_id, TaskRow.state != "closed").order_by(TaskRow.number)


def _waiting(db: Session, books: Books) -> list[tuple[int, str]]:
    """Sessions that hold a place or have done it, and the work that they came with, where that is not settled."""
    settled = select(WorkRow.session_id).where(WorkRow.study_id == books.study_id, WorkRow.state.in_(SETTLED))
    query = select(SessionRow.id, SessionRow.arrival).where(
        SessionRow.study_id == books.study_id,
        SessionRow.synthetic.is_(False),
        SessionRow.state.in_((*LIVE, "finished")),
        SessionRow.id.not_in(settled.where(WorkRow.session_id.is_not(None))),
    )
    key = books.recruiter.arrival
    return [(row.id, row.arrival[key]) for row in db.execute(query) if key in row.arrival] if key else []


def _apply(db: Session, books: Books, listing: Listing, asked: int) -> Synced:
    tasks = {row.ref: row for row in db.scalars(tasks_left(books.study_id))}
    for task in listing.tasks:
        _note_task(tasks[task.ref], task)
    for work in listing.works:
        if work.task is not None and work.person is not None:
            _note_work(db, books, tasks[work.task], work)
    db.flush()
    released = _release_gone(db, books, listing)
    _match(db, books)
    rows = db.scalars(select(WorkRow).where(WorkRow.study_id == books.study_id)).all()
    _book(db, books, rows)
    states = [row.state for row in rows]
    counts = {state: states.count(state) for state in sorted(set(states))}
    unmatched = sum(row.state == "submitted" and row.session_id is None for row in rows)
    return Synced(asked, counts, unmatched, released)


def _note_task(row: TaskRow, found: TaskFound) -> None:
    row.places, row.pending, row.expires_at = found.places, found.pending, found.expires_at
    row.state = found.state


def _note_work(db: Session, books: Books, task: TaskRow, found: WorkFound) -> None:
    person = person_key(books.secret, books.recruiter.name, found.person or "")
    mine = (WorkRow.study_id == books.study_id, WorkRow.ref == found.ref)
    # One identifier that comes with another person is another person's work now.
    others = update(WorkRow).where(*mine, WorkRow.person != person, WorkRow.state.not_in(SETTLED))
    db.execute(others.values(state="gone", session_id=None))
    row = db.scalars(select(WorkRow).where(*mine, WorkRow.person == person)).first()
    if row is None:
        row = WorkRow(study_id=books.study_id, task_id=task.id, ref=found.ref, person=person, state=found.state)
        db.add(row)
    row.state, row.code, row.submitted_at, row.paid_usd = found.state, found.code, found.submitted_at, found.paid_usd


def _release_gone(db: Session, books: Books, listing: Listing) -> int:
    """Give back the places of sessions whose work is gone, or is another person's by now."""
    owners = {work.ref: work.person for work in listing.works if work.person is not None and work.state != "gone"}
    gone = {work.ref for work in listing.works if work.state == "gone" and work.ref not in owners}
    released = 0
    for session_id, ref in _waiting(db, books):
        if ref in gone or (ref in owners and not _is_of(db, books, session_id, owners[ref])):
            released += _release(db, books, session_id, ref)
    return released


def _is_of(db: Session, books: Books, session_id: int, person: str) -> bool:
    key = db.scalars(_key_of(session_id)).one()
    return equal(key, person_key(books.secret, books.recruiter.name, person))


def _key_of(session_id: int) -> Select[str]:
    return (
        select(ParticipantRow.key)
        .join(SessionRow, SessionRow.participant_id == ParticipantRow.id)
        .where(SessionRow.id == session_id)
    )


def _release(db: Session, books: Books, session_id: int, ref: str) -> bool:
    at: datetime = books.clock()
    db.execute(update(WorkRow).where(WorkRow.session_id == session_id).values(session_id=None))
    if not withdraw(db, session_id, at):
        return False
    facts = {"at_ms": 0, "work": ref}
    db.add(EventRow(session_id=session_id, at=at, kind="work_gone", facts=facts))
    return True


def _match(db: Session, books: Books) -> None:
    """Put finished sessions behind work: same person, same identifier, and the code that we gave."""
    query = select(WorkRow).where(WorkRow.study_id == books.study_id, WorkRow.session_id.is_(None))
    key = books.recruiter.arrival or ""
    for work in db.scalars(query.where(WorkRow.state.not_in(("gone", "active")))).all():
        sessions = (
            select(SessionRow.id, SessionRow.arrival, SessionRow.code)
            .join(ParticipantRow, ParticipantRow.id == SessionRow.participant_id)
            .where(ParticipantRow.platform == books.recruiter.name, ParticipantRow.key == work.person)
            .where(SessionRow.study_id == books.study_id, SessionRow.state.in_(("finished", "excluded")))
        )
        for session_id, arrival, code in db.execute(sessions).all():
            if arrival.get(key) == work.ref and _is_ours(books, work.code, code):
                work.session_id = session_id


def _is_ours(books: Books, given: str | None, code: str | None) -> bool:
    if not books.recruiter.own_codes:
        return True
    return given is not None and code is not None and equal(given, code)


def _book(db: Session, books: Books, rows: Sequence[WorkRow]) -> None:
    """Write down what was paid without our call."""
    for work in rows:
        if work.state == "approved":
            reward = books.study.reward_usd
            book_found(db, books, work, reward, books.recruiter.fee(reward, books.study.settings))
        elif work.state == "screened_out" and work.paid_usd is not None:
            fee: Decimal = books.recruiter.fee(work.paid_usd, books.study.settings)
            book_found(db, books, work, work.paid_usd, fee)
