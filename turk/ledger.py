"""Money: a row is written and committed before each call that spends, and settled after it.

After a crash in between nobody knows whether the call was done: the recruiter is asked before it is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk import caps
from turk.books import Books, keep_hold
from turk.deeds import deed_of
from turk.keys import ledger_token
from turk.paying_tables import LedgerRow, WorkRow
from turk.recruiters.contract import Call, Done, NotDone
from turk.settling import Entry, each_usd, fail, keep_name, settle

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
            settle(books, entry, done)
        elif again:
            _retry(books, entry)
        else:
            fail(books, entry, "spending was ended before it was done")
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
    keep_name(db, books, work)


def _carry_out(books: Books, entry: Entry) -> None:
    done = books.desk.happened(entry.deed, entry.call) if entry.tries > 1 else None
    if done is None:
        done = _do(books, entry)
    settle(books, entry, done)


def _retry(books: Books, entry: Entry) -> None:
    """Make a call again that was not done; where that is refused, the row says so and whoever intended it sees it."""
    try:
        with session_scope(books.engine) as db:
            _check(books, db)
            db.get_one(LedgerRow, entry.id).tries += 1
        settle(books, entry, _do(books, entry))
    except NotDone:
        return
    except (Stopped, caps.CapReached) as refused:
        fail(books, entry, str(refused))


def _do(books: Books, entry: Entry) -> Done:
    try:
        return books.desk.do(entry.deed, entry.call)
    except NotDone as refused:
        fail(books, entry, str(refused))
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
    deed = deed_of(books, db, row)
    call = Call(row.token, row.at, dict(row.facts), lambda facts: _keep(books, row_id, facts))
    row_id = row.id
    return Entry(row.id, row.token, row.state, row.tries, deed, call)


def _keep(books: Books, key: int, facts: Mapping[str, Any]) -> None:
    with session_scope(books.engine) as db:
        row = db.get_one(LedgerRow, key)
        row.facts = {**row.facts, **facts}
