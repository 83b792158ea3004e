"""Paying people: by the rule of the frozen study, up to the wage floor; refusing is for persons alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk import frames
from turk.billing import HOUR, minutes_taken
from turk.books import Books
from turk.caps import CapReached, used
from turk.cost import CENT
from turk.deeds import work_of
from turk.ledger import Intent, spend
from turk.paying_tables import LedgerRow, TaskRow, WorkRow
from turk.quality import exclude
from turk.recruiters.contract import Blocked, NotDone
from turk.recruiting_terms import term, wage_floor
from turk.studies import user_name
from turk.tables import DecisionRow

ZERO = Decimal("0.00")
REASON = "So that the pay reaches ${floor} per hour, at the {minutes} minutes that people took. Thank you!"


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be paid.

    Attributes:
        approvals: Keys of work that the study's rule pays.
        bonus_usd: What everyone who is or was paid gets in all, beside the reward.
        bonuses: Keys of work to what of that is still missing.
        waiting: Work that a person decides about: its identifier and why.
        minutes: The median of those who finished; None without anybody.
    """

    approvals: tuple[int, ...]
    bonus_usd: Decimal
    bonuses: dict[int, Decimal]
    waiting: tuple[tuple[str, str], ...]
    minutes: float | None


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid: how many and how much, with fees, and what was refused."""

    approvals: int
    bonuses: int
    usd: Decimal
    troubles: tuple[str, ...]


def due(books: Books) -> Due:
    """Tell what is to be paid, as the last sync knows it."""
    left_out = _left_out(books)
    with session_scope(books.engine, read_only=True) as db:
        works = db.scalars(select(WorkRow).where(WorkRow.study_id == books.study_id).order_by(WorkRow.id)).all()
        reasons = {work.id: _why_not(work, left_out) for work in works if work.state == "submitted"}
        approvals = tuple(key for key, reason in reasons.items() if reason is None)
        took = minutes_taken(db, books.study_id)
        minutes = median(took) if took else None
        bonus = _bonus(books, minutes)
        paid = [work for work in works if work.id in approvals or (work.state == "approved" and work.session_id)]
        owed = {work.id: bonus - _given(db, work.id) for work in paid}
        waiting = tuple((work.ref, reasons[work.id] or "") for work in works if reasons.get(work.id) is not None)
    return Due(approvals, bonus, {key: usd for key, usd in owed.items() if usd > 0}, waiting, minutes)


def cost(books: Books, owed: Due) -> Decimal:
    """What paying all of that costs, fees included."""
    reward = books.study.reward_usd
    each = reward + books.recruiter.fee(reward, books.study.settings)
    bonuses = sum((usd + books.recruiter.bonus_fee(usd) for usd in owed.bonuses.values()), ZERO)
    return len(owed.approvals) * each + bonuses


def pay(books: Books, owed: Due) -> Paid:
    """Approve, and top up to the wage floor; what is refused for one does not keep the others from being paid.

    Raises:
        UserError: Nothing more can be paid just now: stopped, no funds, wrong credentials, no answer.
    """
    troubles: list[str] = []
    if not owed.approvals and not owed.bonuses:
        return Paid(0, 0, ZERO, ())
    before = _spent(books)
    approvals = sum(_try(books, _approval(books, key), troubles) for key in owed.approvals)
    bonuses = 0
    for key, usd in owed.bonuses.items():
        if _is_approved(books, key):
            bonuses += _try(books, _top_up(books, key, usd, owed), troubles)
    return Paid(approvals, bonuses, _spent(books) - before, tuple(troubles))


def decide(books: Books, ref: str, verdict: str, reason: str) -> None:
    """Do what a person decided about somebody's work: approve it, also after a rejection, or reject it.

    Args:
        books: The study's.
        ref: What the recruiter calls the work.
        verdict: approve or reject.
        reason: In the person's words; a rejected person reads it.

    Raises:
        UserError: There is no such work, it was decided already, or no reason is given.
    """
    if not reason.strip():
        raise UserError("--reason: a decision about somebody's pay needs a reason in your own words. Write one.")
    with session_scope(books.engine, read_only=True) as db:
        row = _one(db, books, ref)
        key, work, session_id = row.id, work_of(db, books, row), row.session_id
        if row.state != "submitted" and not (verdict == "approve" and row.state == "rejected"):
            raise UserError(
                f"{ref}: only work that was submitted can be decided; this is {row.state}. Nothing was done."
            )
    if verdict == "approve":
        spend(books, _approval(books, key))
    else:
        books.desk.reject(work, reason.strip())
    with session_scope(books.engine) as db:
        db.get_one(WorkRow, key).state = "approved" if verdict == "approve" else "rejected"
        told = f"{ref}: {reason.strip()}"
        fields = {"study_id": books.study_id, "session_id": session_id, "kind": verdict, "reason": told}
        db.add(DecisionRow(**fields, by=user_name(), at=books.clock()))


def undecided(db: Session, study_id: int) -> tuple[int, int]:
    """How many people are at work, and how many wait for a decision."""
    tasks = db.scalars(select(TaskRow.pending).where(TaskRow.study_id == study_id, TaskRow.state != "closed")).all()
    waiting = select(WorkRow.id).where(WorkRow.study_id == study_id, WorkRow.state == "submitted")
    return sum(tasks), len(db.scalars(waiting).all())


def _left_out(books: Books) -> dict[int, str]:
    """Sessions that an exclusion rule leaves out, where the study pays only those who are kept."""
    if term(books.study.settings, "recruiting", "approval") != "kept":
        return {}
    people = {"synthetic": False}
    responses = frames.responses(books.engine, books.study_id, **people)
    sessions = frames.sessions(books.engine, books.study_id, **people)
    found = exclude(responses, sessions, books.study.exclusions, frames.decisions(books.engine, books.study_id))
    return dict(zip(found["session"].astype(int), found["reason"].astype(str), strict=True))


def _why_not(work: WorkRow, left_out: dict[int, str]) -> str | None:
    if work.session_id is None:
        return "no finished session of this person with this work and its code stands behind it"
    return left_out.get(work.session_id)


def _bonus(books: Books, minutes: float | None) -> Decimal:
    """What is missing from the reward to the wage floor at the median time, rounded up to a cent."""
    if minutes is None:
        return ZERO
    least = (wage_floor(books.study.settings) * Decimal(str(minutes)) / HOUR).quantize(CENT, ROUND_UP)
    return max(ZERO, least - books.study.reward_usd)


def _given(db: Session, work_id: int) -> Decimal:
    return sum((row.amount_usd for row in _bonuses(db, work_id) if row.state != "failed"), ZERO)


def _bonuses(db: Session, work_id: int) -> Sequence[LedgerRow]:
    query = select(LedgerRow).where(LedgerRow.work_id == work_id, LedgerRow.kind == "bonus")
    return db.scalars(query.order_by(LedgerRow.id)).all()


def _approval(books: Books, key: int) -> Intent:
    reward = books.study.reward_usd
    with session_scope(books.engine, read_only=True) as db:
        work = db.get_one(WorkRow, key)
        words = ("approve", work.ref, work.person)
    return Intent("approve", words, reward, books.recruiter.fee(reward, books.study.settings), work_id=key)


def _top_up(books: Books, key: int, usd: Decimal, owed: Due) -> Intent:
    """A bonus; its token names how much the person has in all after it, so that no sum is paid twice."""
    with session_scope(books.engine, read_only=True) as db:
        work = db.get_one(WorkRow, key)
        words = ("bonus", work.ref, work.person, str(_given(db, key) + usd))
    floor = wage_floor(books.study.settings)
    reason = REASON.format(floor=floor, minutes=f"{owed.minutes:.1f}")
    return Intent("bonus", words, usd, books.recruiter.bonus_fee(usd), work_id=key, reason=reason)


def _try(books: Books, intent: Intent, troubles: list[str]) -> int:
    try:
        spend(books, intent)
    except Blocked:
        raise
    except (NotDone, CapReached) as refused:
        troubles.append(str(refused))
        return 0
    return 1


def _is_approved(books: Books, key: int) -> bool:
    with session_scope(books.engine, read_only=True) as db:
        return db.get_one(WorkRow, key).state == "approved"


def _spent(books: Books) -> Decimal:
    with session_scope(books.engine, read_only=True) as db:
        return used(db, books.study_id).spent_usd


def _one(db: Session, books: Books, ref: str) -> WorkRow:
    rows = db.scalars(select(WorkRow).where(WorkRow.study_id == books.study_id, WorkRow.ref == ref)).all()
    living = [row for row in rows if row.state != "gone"]
    if len(living) != 1:
        name = books.study.name
        raise UserError(f"{ref}: study {name!r} has no such work. `turk pay {name}` lists what waits for a decision.")
    return living[0]
