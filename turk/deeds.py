"""Rows of the books as desks know them: tasks, work, and what a row of the ledger asks for."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from turk.books import Books, offer_of
from turk.paying_tables import LedgerRow, RecruitmentRow, TaskRow, WorkRow
from turk.recruiters.contract import Approving, Deed, Extending, Launching, Paying, Task, Work
from turk.tables import IdentityRow, ParticipantRow


def deed_of(books: Books, db: Session, row: LedgerRow) -> Deed:
    """What a row of the ledger asks a desk for."""
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
    return Task(row.ref, row.places, row.state, row.token)


def work_of(db: Session, books: Books, row: WorkRow) -> Work:
    """Work as desks know it; a person whose name is kept no more has none."""
    named = (
        select(IdentityRow.name)
        .join(ParticipantRow, ParticipantRow.id == IdentityRow.participant_id)
        .where(ParticipantRow.platform == books.recruiter.name, ParticipantRow.key == row.person)
    )
    task = db.get_one(TaskRow, row.task_id)
    return Work(row.ref, task.ref, db.scalars(named).first() or "")
