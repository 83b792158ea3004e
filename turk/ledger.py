"""Money: a row is written and committed before each call that spends, and settled after it.

After a crash in between nobody knows whether the call was done: the recruiter is asked before it is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk import caps
from turk.books import Books, keep_hold, offer_of
from turk.keys import ledger_token
from turk.paying_tables import LedgerRow, RecruitmentRow, TaskRow, WorkRow
from turk.people import IDENTITY_DAYS
from turk.recruiters.contract import (
    Approving,
    Call,
    Deed,
    Done,
    Extending,
    Launching,
    NotDone,
    Paying,
    Task,
    Work,
)
from turk.tables import IdentityRow, ParticipantRow

Kind: TypeAlias = Literal["launch", "extend", "approve", "bonus"]


class Stopped(UserError):
    """Somebody ended all spending of this study."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that is to be made, once.

    Attributes:
        kind: What it does.
        words: What makes its token the same however often it is intended.
        amount_usd: What people get of it, or what is set aside for them.
        fee_usd: What the recruiter takes.
        places: launch: of the new task; extend: of the task in all.
        task_id: The task that is extended.
        work_id: The work that is approved or paid for.
        reason: What people read with a bonus.
    """

    kind: Kind
    words: tuple[str, ...]
    amount_usd: Decimal
    fee_usd: Decimal
    places: int | None = None
    task_id: int | None = None
    work_id: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger, out of its transaction."""

    id: int
    token: str
    state: str
    tries: int
    deed: Deed
    call: Call


def spend(books: Books, intent: Intent) -> None:
    """Make a call that spends, unless it was made: the row first, then the call, then the row again.

    Raises:
        Stopped: Somebody ended all spending; nothing was done.
        CapReached: It would exceed a cap; nothing was done.
        NotDone: The recruiter refuses; the row has failed, and the same intent may be tried again.
        Unsure: Nobody knows; the row stays intended until `reconcile`.
    """
    entry = _write(books, intent)
    if entry.state != "settled":
        _carry_out(books, entry)


def reconcile(books: Books, *, again: bool = True) -> int:
    """Ask the recruiter about every call of which nobody knows, and make those that were not done.

    Args:
        books: The study's.
        again: Whether to make them; else they fail.

    Returns:
        How many calls there were.

    Raises:
        Unsure: Still nobody knows.
    """
    with session_scope(books.engine, read_only=True) as db:
        open_rows = select(LedgerRow.id).where(LedgerRow.study_id == books.study_id, LedgerRow.state == "intended")
        keys = list(db.scalars(open_rows.order_by(LedgerRow.id)))
    for key in keys:
        entry = _again(books, key)
        done = books.desk.happened(entry.deed, entry.call)
        if done is not None:
            _settle(books, entry, done)
        elif again:
            _retry(books, entry)
        else:
            _fail(books, entry, "spending was ended before it was done")
    return len(keys)


def book_found(db: Session, books: Books, work: WorkRow, amount_usd: Decimal, fee_usd: Decimal) -> None:
    """Write down what a recruiter paid without our call: after its own deadline, or by hand on its pages."""
    row = _find(db, _token(books, ("approve", work.ref, work.person)))
    if row is not None and row.state == "settled":
        return
    if row is None:
        row = _row(books, Intent("approve", ("approve", work.ref, work.person), amount_usd, fee_usd, work_id=work.id))
        row.reason = f"paid by {books.recruiter.title} without our call"
        db.add(row)
    row.state, row.settled_at, row.trouble = "settled", books.clock(), None
    _paid(db, books, work)


def _carry_out(books: Books, entry: Entry) -> None:
    done = books.desk.happened(entry.deed, entry.call) if entry.tries > 1 else None
    if done is None:
        done = _do(books, entry)
    _settle(books, entry, done)


def _retry(books: Books, entry: Entry) -> None:
    """Make a call again that was not done; where that is refused, the row says so and whoever intended it sees it."""
    try:
        with session_scope(books.engine) as db:
            _check(books, db)
            db.get_one(LedgerRow, entry.id).tries += 1
        _settle(books, entry, _do(books, entry))
    except NotDone:
        return
    except (Stopped, caps.CapReached) as refused:
        _fail(books, entry, str(refused))


def _do(books: Books, entry: Entry) -> Done:
    try:
        return books.desk.do(entry.deed, entry.call)
    except NotDone as refused:
        _fail(books, entry, str(refused))
        raise


def _write(books: Books, intent: Intent) -> Entry:
    """Write the row of a call, or find it, and commit; caps and stops are looked at in the same transaction."""
    with session_scope(books.engine) as db:
        row = _find(db, _token(books, intent.words))
        if row is None:
            row = _row(books, intent)
            db.add(row)
        elif row.state != "settled":
            row.tries, row.state, row.trouble = row.tries + 1, "intended", None
        db.flush()
        if row.state != "settled":
            _check(books, db)
        return _entry(books, db, row)


def _check(books: Books, db: Session) -> None:
    recruitment = keep_hold(books, db)
    if recruitment.stopped_at is not None:
        name = books.study.name
        raise Stopped(f"study {name!r}: all spending was ended with turk stop. Give `turk stop {name} --lift` first.")
    caps.check(caps.caps_of(books.study, each_usd(books)), caps.used(db, books.study_id))


def each_usd(books: Books) -> Decimal:
    """What one person costs, reward and fee."""
    reward = books.study.reward_usd
    return reward + books.recruiter.fee(reward, books.study.settings)


def _again(books: Books, key: int) -> Entry:
    with session_scope(books.engine) as db:
        keep_hold(books, db)
        return _entry(books, db, db.get_one(LedgerRow, key))


def _row(books: Books, intent: Intent) -> LedgerRow:
    return LedgerRow(
        study_id=books.study_id,
        token=_token(books, intent.words),
        kind=intent.kind,
        state="intended",
        task_id=intent.task_id,
        work_id=intent.work_id,
        places=intent.places,
        amount_usd=intent.amount_usd,
        fee_usd=intent.fee_usd,
        reason=intent.reason,
        facts={},
        tries=1,
        at=books.clock(),
    )


def _find(db: Session, token: str) -> LedgerRow | None:
    return db.scalars(select(LedgerRow).where(LedgerRow.token == token).with_for_update()).first()


def _token(books: Books, words: tuple[str, ...]) -> str:
    return ledger_token(books.secret, books.study.hash, *words)


def _entry(books: Books, db: Session, row: LedgerRow) -> Entry:
    deed = _deed(books, db, row)
    call = Call(row.token, row.at, dict(row.facts), lambda facts: _keep(books, row_id, facts))
    row_id = row.id
    return Entry(row.id, row.token, row.state, row.tries, deed, call)


def _keep(books: Books, key: int, facts: Mapping[str, Any]) -> None:
    with session_scope(books.engine) as db:
        row = db.get_one(LedgerRow, key)
        row.facts = {**row.facts, **facts}


def _deed(books: Books, db: Session, row: LedgerRow) -> Deed:
    if row.kind == "launch":
        return Launching(offer_of(db.get_one(RecruitmentRow, books.study_id), books.study), row.places or 0)
    if row.kind == "extend":
        return Extending(task_of(db.get_one(TaskRow, row.task_id)), row.places or 0)
    work = db.get_one(WorkRow, row.work_id)
    if row.kind == "approve":
        return Approving(work_of(db, books, work), override=work.state == "rejected")
    return Paying(work_of(db, books, work), row.amount_usd, row.reason or "")


def task_of(row: TaskRow) -> Task:
    """A task as desks know it."""
    return Task(row.ref, row.places, row.state, row.token)  # type: ignore[arg-type]  # TaskState, as it was written


def work_of(db: Session, books: Books, row: WorkRow) -> Work:
    """Work as desks know it; a person whose name is kept no more has none."""
    named = (
        select(IdentityRow.name)
        .join(ParticipantRow, ParticipantRow.id == IdentityRow.participant_id)
        .where(ParticipantRow.platform == books.recruiter.name, ParticipantRow.key == row.person)
    )
    task = db.get_one(TaskRow, row.task_id)
    return Work(row.ref, task.ref, db.scalars(named).first() or "")


def _settle(books: Books, entry: Entry, done: Done) -> None:
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
            _paid(db, books, work)


def _fail(books: Books, entry: Entry, trouble: str) -> None:
    with session_scope(books.engine) as db:
        row = db.get_one(LedgerRow, entry.id)
        row.state, row.trouble = "failed", trouble


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


def _paid(db: Session, books: Books, work: WorkRow) -> None:
    """From payment on, what the recruiter calls a person is kept for the study's days and no longer."""
    until = books.clock() + timedelta(days=books.study.settings.get("identity_days", IDENTITY_DAYS))
    named = (
        select(IdentityRow)
        .join(ParticipantRow, ParticipantRow.id == IdentityRow.participant_id)
        .where(ParticipantRow.platform == books.recruiter.name, ParticipantRow.key == work.person)
    )
    for row in db.scalars(named):
        row.purge_at = until
