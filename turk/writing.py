"""Writing to people through their recruiter: nobody gets the same words twice, whatever happens in between."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk.books import Books, keep_hold
from turk.deeds import work_of
from turk.keys import ledger_token
from turk.paying_tables import LedgerRow, WorkRow
from turk.recruiters.contract import NotDone

DECIDED = ("approved", "rejected")
"""MTurk lets one write to people whose work was decided."""
LONGEST_SUBJECT, LONGEST_TEXT = 200, 4096
"""MTurk's limits, the tightest of the recruiters."""
ZERO = Decimal("0.00")


def write_to(books: Books, refs: Sequence[str], subject: str, text: str) -> tuple[int, tuple[str, ...]]:
    """Write to people, one by one; return how many were written to, and what was refused.

    No recruiter can be asked what it has sent. So a row is written before each message, and where a crash or a lost
    answer leaves it open whether it was sent, it is not sent again.

    Args:
        books: The study's.
        refs: Their work, as the recruiter calls it; nobody named: everyone whose work was decided.
        subject: At most LONGEST_SUBJECT characters.
        text: At most LONGEST_TEXT characters.

    Raises:
        UserError: The words are too long or none, or there is no such work.
    """
    _check(subject, text)
    words = hashlib.sha256(f"{subject}\n{text}".encode()).hexdigest()
    sent, troubles = 0, []
    for key in _chosen(books, refs):
        person = _note(books, key, words)
        if person is None:
            continue
        try:
            books.desk.message([person], subject, text)
        except NotDone as refused:
            troubles.append(str(refused))
            _forget_note(books, key, words)
        else:
            sent += 1
    return sent, tuple(troubles)


def _check(subject: str, text: str) -> None:
    for name, given, most in (("--subject", subject, LONGEST_SUBJECT), ("--text", text, LONGEST_TEXT)):
        if not 0 < len(given.strip()) <= most:
            raise UserError(f"{name}: 1 to {most:,} characters; got {len(given.strip()):,}. Nobody was written to.")


def _chosen(books: Books, refs: Sequence[str]) -> list[int]:
    with session_scope(books.engine, read_only=True) as db:
        query = select(WorkRow).where(WorkRow.study_id == books.study_id, WorkRow.state.in_(DECIDED))
        rows = db.scalars(query.order_by(WorkRow.id)).all()
        unknown = sorted(set(refs) - {row.ref for row in rows})
        if unknown:
            raise UserError(
                f"{unknown[0]}: study {books.study.name!r} has no such work that was decided. Nobody was written to."
            )
        return [row.id for row in rows if not refs or row.ref in refs]


def _note(books: Books, key: int, words: str) -> str | None:
    """Write down that somebody is written to, and return their name; None where they were, or their name is gone."""
    with session_scope(books.engine) as db:
        keep_hold(books, db)
        work = db.get_one(WorkRow, key)
        token, person = _token(books, work, words), work_of(db, books, work).person
        if not person or db.scalars(select(LedgerRow.id).where(LedgerRow.token == token)).first() is not None:
            return None
        at = books.clock()
        db.add(
            LedgerRow(
                study_id=books.study_id, token=token, kind="message", state="settled", work_id=key, amount_usd=ZERO,
                fee_usd=ZERO, facts={}, tries=1, at=at, settled_at=at,
            )
        )  # fmt: skip
        return person


def _forget_note(books: Books, key: int, words: str) -> None:
    with session_scope(books.engine) as db:
        work = db.get_one(WorkRow, key)
        row = db.scalars(select(LedgerRow).where(LedgerRow.token == _token(books, work, words))).one()
        db.delete(row)


def _token(books: Books, work: WorkRow, words: str) -> str:
    return ledger_token(books.secret, books.study.hash, "message", work.ref, work.person, words)
