"""How much of a study's caps is used: what was paid, what can still be asked of us, and how many people that is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evalsuite.errors import UserError
from turk.cost import CENT
from turk.design import arms_of
from turk.paying_tables import LedgerRow, TaskRow, WorkRow
from turk.recruiting_terms import term
from turk.study import Study

ZERO = Decimal("0.00")
SPARE_PEOPLE = Decimal("1.25")
SPARE_USD = Decimal("1.5")
PAID = ("approve", "bonus")


class CapReached(UserError):
    """A call would exceed what a study may cost; it was not made."""


@dataclass(frozen=True, slots=True)
class Caps:
    """The most people that are ever offered a place, and the most dollars, fees and bonuses included."""

    people: int
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Used:
    """How much of its caps a study uses.

    Attributes:
        people: Who was offered a place and can be paid, or was.
        spent_usd: What was paid, with fees.
        promised_usd: What can still be asked of us: places on offer, work that is under way or undecided, and calls
            of which nobody knows whether they were done.
    """

    people: int
    spent_usd: Decimal
    promised_usd: Decimal

    @property
    def usd(self) -> Decimal:
        """All of it."""
        return self.spent_usd + self.promised_usd


def caps_of(study: Study, each_usd: Decimal) -> Caps:
    """The caps of a frozen study; where its file says nothing, they leave room for replacements and bonuses."""
    places = len(arms_of(study)) * study.participants_per_condition
    people = int(term(study.settings, "caps", "people")) or math.ceil(places * SPARE_PEOPLE)
    usd = Decimal(study.settings.get("caps", {}).get("usd", "0"))
    return Caps(people, usd or (places * each_usd * SPARE_USD).quantize(CENT, ROUND_HALF_UP))


def used(db: Session, study_id: int) -> Used:
    """Add up what a study used."""
    tasks = db.scalars(select(TaskRow).where(TaskRow.study_id == study_id)).all()
    entries = _entries(db, study_id)
    states = _states(db, study_id)
    people, promised = unsure_places(db, study_id), ZERO
    for task in tasks:
        count, undecided = _of_task(task, states.get(task.id, Counter()))
        people += count
        promised += undecided * task.each_usd
    unsure = [row for row in entries if row.state == "intended" and row.kind != "approve"]
    promised += _sum(unsure)
    return Used(people, spent(entries), promised)


def unsure_places(db: Session, study_id: int) -> int:
    """How many places were perhaps offered: by calls of which nobody knows whether they were done."""
    offers = (LedgerRow.study_id == study_id, LedgerRow.state == "intended", LedgerRow.kind.in_(("launch", "extend")))
    before = func.coalesce(TaskRow.places, 0)
    query = select(func.sum(LedgerRow.places - before)).outerjoin(TaskRow, TaskRow.id == LedgerRow.task_id)
    return int(db.scalars(query.where(*offers)).one() or 0)


def spent(entries: Sequence[Any]) -> Decimal:
    """What was paid, with fees."""
    return _sum([row for row in entries if row.state == "settled" and row.kind in PAID])


def _entries(db: Session, study_id: int) -> Sequence[Any]:
    """Calls that were made, or perhaps were: equal ones once, with how many there are."""
    alike = (LedgerRow.kind, LedgerRow.state, LedgerRow.amount_usd, LedgerRow.fee_usd)
    made = select(*alike, func.count().label("calls")).where(LedgerRow.study_id == study_id)
    return db.execute(made.where(LedgerRow.state != "failed").group_by(*alike)).all()


def _sum(entries: Sequence[Any]) -> Decimal:
    return sum((row.calls * (row.amount_usd + row.fee_usd) for row in entries), ZERO)


def check(caps: Caps, now_used: Used) -> None:
    """Refuse what would exceed a cap.

    Raises:
        CapReached: More people or more money than the study file allows.
    """
    if now_used.people > caps.people:
        raise CapReached(
            f"caps.people: at most {caps.people} people are offered a place; with this it would be {now_used.people}. "
            "Nothing was done. Copy the study with a higher cap if that is wanted."
        )
    if now_used.usd > caps.usd:
        raise CapReached(
            f"caps.usd: at most ${caps.usd} is spent, fees and bonuses included; with this it could be "
            f"${now_used.usd}. Nothing was done. Copy the study with a higher cap if that is wanted."
        )


def _of_task(task: TaskRow, states: Mapping[str, int]) -> tuple[int, int]:
    """How many people a task is for, and how many of them can still ask for money."""
    decided = states.get("approved", 0) + states.get("rejected", 0)
    if task.state == "open":
        return task.places, max(0, task.places - decided)
    undecided = max(task.pending, states.get("active", 0)) + states.get("submitted", 0)
    return undecided + decided, undecided


def _states(db: Session, study_id: int) -> dict[int, Counter[str]]:
    query = (
        select(WorkRow.task_id, WorkRow.state, func.count())
        .where(WorkRow.study_id == study_id)
        .group_by(WorkRow.task_id, WorkRow.state)
    )
    found: dict[int, Counter[str]] = {}
    rows: Sequence[Any] = db.execute(query).all()
    for task_id, state, count in rows:
        found.setdefault(task_id, Counter())[state] += count
    return found
