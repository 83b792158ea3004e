"""How a call that spends ended, as the books have it: settled with what follows, or failed with why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from turk.books import Books
from turk.paying_tables import LedgerRow, TaskRow, WorkRow
from turk.people import IDENTITY_DAYS
from turk.recruiters.contract import Call, Deed, Done
from turk.tables import IdentityRow, ParticipantRow


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger, out of its transaction."""

    id: int
    token: str
    state: str
    tries: int
    deed: Deed
    call: Call


def settle(books: Books, entry: Entry, done: Done) -> None:
    """Write down that a call was done, once, and what it made."""
    with session_scope(books.engine) as db:
        row = db.get_one(LedgerRow, entry.id)
        if row.state == "settled":
            return
        row.state, row.settled_at, row.trouble = "settled", books.clock(), None
        if row.kind == "launch":
            _add_task(db, books, row, done.ref or "")
        elif row.kind == "extend":
            db.get_one(TaskRow, row.task_id).places = row.places or 0
        elif row.kind == "approve":
            work = db.get_one(WorkRow, row.work_id)
            work.state = "approved"
            keep_name(db, books, work)


def fail(books: Books, entry: Entry, trouble: str) -> None:
    """Write down that a call was not done, and why."""
    with session_scope(books.engine) as db:
        row = db.get_one(LedgerRow, entry.id)
        row.state, row.trouble = "failed", trouble


def keep_name(db: Session, books: Books, work: WorkRow) -> None:
    """From payment on, what the recruiter calls a person is kept for the study's days and no longer."""
    until = books.clock() + timedelta(days=books.study.settings.get("identity_days", IDENTITY_DAYS))
    named = (
        select(IdentityRow)
        .join(ParticipantRow, ParticipantRow.id == IdentityRow.participant_id)
        .where(ParticipantRow.platform == books.recruiter.name, ParticipantRow.key == work.person)
    )
    for row in db.scalars(named):
        row.purge_at = until


def each_usd(books: Books) -> Decimal:
    """What one person costs, reward and fee."""
    reward = books.study.reward_usd
    return reward + books.recruiter.fee(reward, books.study.settings)


def _add_task(db: Session, books: Books, row: LedgerRow, ref: str) -> None:
    there = select(func.count()).where(TaskRow.study_id == books.study_id)
    task = TaskRow(
        study_id=books.study_id,
        number=db.scalars(there).one() + 1,
        token=row.token,
        ref=ref,
        places=row.places or 0,
        pending=0,
        each_usd=each_usd(books),
        state="open",
    )
    db.add(task)
    db.flush()
    row.task_id = task.id
