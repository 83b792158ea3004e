"""How a study's money stands: read from our own tables, no recruiter is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from turk.caps import Caps, Used, caps_of, used
from turk.paying_tables import LedgerRow, RecruitmentRow, TaskRow, WorkRow
from turk.studies import study_of
from turk.tables import StudyRow


@dataclass(frozen=True, slots=True)
class Money:
    """A study's money.

    Attributes:
        server: "live", "sandbox", or another server's address.
        used: What was spent and what can still be asked of us.
        caps: What is never exceeded.
        works: State to how many assignments or submissions.
        unmatched: Submitted work that no finished session stands behind.
        unsure: Calls of which nobody knows whether they were done.
        synced_at: When the recruiter's own list was last read.
        stopped_at: When all spending was ended.
    """

    server: str
    used: Used
    caps: Caps
    works: dict[str, int]
    unmatched: int
    unsure: int
    synced_at: datetime | None
    stopped_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON keeps it; dollars are text."""
        return {
            "server": self.server,
            "spent_usd": str(self.used.spent_usd),
            "promised_usd": str(self.used.promised_usd),
            "people": self.used.people,
            "caps": {"usd": str(self.caps.usd), "people": self.caps.people},
            "works": self.works,
            "unmatched": self.unmatched,
            "unsure": self.unsure,
            "synced_at": None if self.synced_at is None else self.synced_at.isoformat(),
            "stopped_at": None if self.stopped_at is None else self.stopped_at.isoformat(),
        }


def money_of(db: Session, row: StudyRow) -> Money | None:
    """Add a study's money up; None where no recruiter who pays was asked."""
    asked = db.get(RecruitmentRow, row.id)
    if asked is None:
        return None
    study = study_of(row)
    each = db.scalars(select(TaskRow.each_usd).where(TaskRow.study_id == row.id)).all()
    works = db.scalars(select(WorkRow).where(WorkRow.study_id == row.id)).all()
    open_calls = select(LedgerRow.id).where(LedgerRow.study_id == row.id, LedgerRow.state == "intended")
    return Money(
        server=asked.endpoint or ("live" if asked.live else "sandbox"),
        used=used(db, row.id),
        caps=caps_of(study, max(each, default=study.reward_usd)),
        works=dict(sorted(Counter(work.state for work in works).items())),
        unmatched=sum(work.state == "submitted" and work.session_id is None for work in works),
        unsure=len(db.scalars(open_calls).all()),
        synced_at=asked.synced_at,
        stopped_at=asked.stopped_at,
    )


def money_lines(money: Money) -> Iterator[str]:
    """Tell how it stands, in lines."""
    paid = money.works.get("approved", 0)
    yield f"server    {money.server}"
    yield f"spent     ${_usd(money.used.spent_usd)} with fees, for {paid} people"
    yield f"promised  ${_usd(money.used.promised_usd)} for places on offer and work that is not decided"
    yield f"caps      ${money.caps.usd}, {money.caps.people} people"
    works = ", ".join(f"{count} {state}" for state, count in money.works.items()) or "none yet"
    yield f"work      {works}"
    if money.unmatched:
        yield f"waiting   {money.unmatched} submitted without a finished session: a person decides"
    if money.unsure:
        yield f"unclear   {money.unsure} calls that the next turk sync looks up"
    yield f"synced    {money.synced_at:%Y-%m-%d %H:%M:%S} UTC" if money.synced_at else "synced    never: give turk sync"
    if money.stopped_at:
        yield f"stopped   {money.stopped_at:%Y-%m-%d %H:%M:%S} UTC: nothing is spent"


def _usd(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
