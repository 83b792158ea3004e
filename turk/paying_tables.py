"""The tables of money: what was asked of a recruiter, what is on offer, who did it, and every call that spends."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Dialect, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from evalsuite.db import Base
from turk.recruiters.contract import TaskState
from turk.tables import SessionRow, StudyRow


class Usd(TypeDecorator[Decimal]):
    """Dollars, kept as text: SQLite has no exact decimals."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Write dollars."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Read dollars."""
        return None if value is None else Decimal(value)


class RecruitmentRow(Base):
    """What a recruiter was asked for a study; `facts` are what its desk keeps (HIT type, codes), never a credential.

    `held_by` and `held_until` keep two commands from spending for one study at the same time.
    """

    __tablename__ = "recruitments"

    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"), primary_key=True)
    recruiter: Mapped[str]
    live: Mapped[bool]
    endpoint: Mapped[str | None]
    address: Mapped[str]
    minutes: Mapped[float]
    facts: Mapped[dict[str, Any]]
    started_at: Mapped[datetime]
    synced_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    held_by: Mapped[str | None]
    held_until: Mapped[datetime | None]


class TaskRow(Base):
    """A HIT, or a study of Prolific's: `state` is open, paused or closed, and `ref` what the recruiter calls it.

    `each_usd` is what one person costs, reward and fee; `pending` how many were at work at the last sync.
    """

    __tablename__ = "tasks"
    __table_args__ = (UniqueConstraint("study_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"))
    number: Mapped[int]
    token: Mapped[str] = mapped_column(unique=True)
    ref: Mapped[str] = mapped_column(unique=True)
    places: Mapped[int]
    pending: Mapped[int]
    each_usd: Mapped[Decimal] = mapped_column(Usd)
    state: Mapped[TaskState] = mapped_column(String)
    expires_at: Mapped[datetime | None]


class WorkRow(Base):
    """An assignment or submission of somebody: `state` is turk.recruiters.contract.WorkState.

    `person` is the keyed hash of who the recruiter says did it; one ref with another person is another row.
    `session_id` is the finished session that it pays for: at most one each.
    """

    __tablename__ = "works"
    __table_args__ = (UniqueConstraint("study_id", "ref", "person"), Index(None, "task_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"))
    task_id: Mapped[int] = mapped_column(ForeignKey(TaskRow.id, ondelete="CASCADE"))
    ref: Mapped[str]
    person: Mapped[str]
    state: Mapped[str]
    code: Mapped[str | None]
    paid_usd: Mapped[Decimal | None] = mapped_column(Usd)
    session_id: Mapped[int | None] = mapped_column(ForeignKey(SessionRow.id, ondelete="SET NULL"), unique=True)
    submitted_at: Mapped[datetime | None]


class LedgerRow(Base):
    """A call that spends, written before it is made: `state` is intended, settled or failed.

    `kind` is launch, extend, approve, bonus, or message, which costs nothing and is made once at most. An `intended`
    row is a call of which nobody knows whether it was done; the reconciler asks the recruiter before it tries again.
    `amount_usd` and `fee_usd` are what it costs: for launch and extend what is set aside, for approve and bonus what is
    paid. `facts` are what its desk keeps.
    """

    __tablename__ = "ledger"
    __table_args__ = (Index(None, "study_id", "state"), Index(None, "work_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"))
    token: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    state: Mapped[str]
    task_id: Mapped[int | None] = mapped_column(ForeignKey(TaskRow.id, ondelete="CASCADE"))
    work_id: Mapped[int | None] = mapped_column(ForeignKey(WorkRow.id, ondelete="CASCADE"))
    places: Mapped[int | None]
    amount_usd: Mapped[Decimal] = mapped_column(Usd)
    fee_usd: Mapped[Decimal] = mapped_column(Usd)
    reason: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    tries: Mapped[int]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    trouble: Mapped[str | None]
