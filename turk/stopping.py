"""Ending it: all spending at once, or a study for good when everybody was paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from turk.books import Books
from turk.deeds import task_of
from turk.forgetting import sever_works
from turk.ledger import reconcile
from turk.paying_tables import RecruitmentRow, TaskRow
from turk.payroll import undecided
from turk.studies import find_study, move_study, user_name
from turk.syncing import sync, tasks_left
from turk.tables import DecisionRow


def stop(engine: Engine, name: str, reason: str, clock: Callable[[], datetime] = now) -> bool:
    """End all spending of a study from this moment on, whatever other commands are doing, and let nobody new in.

    Returns:
        Whether a recruiter who pays was asked for people; what is on offer there is taken down with `take_down`.
    """
    with session_scope(engine) as db:
        row = find_study(db, name, lock=True)
        recruitment = db.get(RecruitmentRow, row.id)
        if recruitment is not None and recruitment.stopped_at is None:
            recruitment.stopped_at = clock()
            db.add(DecisionRow(study_id=row.id, kind="stop", reason=reason, by=user_name(), at=clock()))
        if row.state == "live":
            move_study(db, row, "paused", reason)
    return recruitment is not None


def take_down(books: Books) -> int:
    """Take every task off that people can begin; whoever is in the middle goes on. Return how many there were.

    Only the list that is read afterwards says that nobody else can ask for money; until then our books count them in.
    """
    reconcile(books, again=False)
    with session_scope(books.engine, read_only=True) as db:
        tasks = [task_of(row) for row in db.scalars(tasks_left(books.study_id))]
    for task in tasks:
        books.desk.pause(task)
    sync(books)
    return len(tasks)


def lift(engine: Engine, name: str, reason: str, clock: Callable[[], datetime] = now) -> None:
    """Let a stopped study's people be paid again; nobody new is asked by that.

    Raises:
        UserError: Its spending was not stopped.
    """
    with session_scope(engine) as db:
        row = find_study(db, name, lock=True)
        recruitment = db.get(RecruitmentRow, row.id)
        if recruitment is None or recruitment.stopped_at is None:
            raise UserError(f"study {name!r}: its spending was not stopped. There is nothing to lift.")
        recruitment.stopped_at = None
        db.add(DecisionRow(study_id=row.id, kind="lift", reason=reason, by=user_name(), at=clock()))


def wind_up(books: Books) -> int:
    """Delete every task, once nobody works and everybody was decided about; return how many there were.

    Raises:
        UserError: Somebody still works or waits; nobody new can begin from now on.
    """
    count = take_down(books)
    with session_scope(books.engine, read_only=True) as db:
        working, waiting = undecided(db, books.study_id)
    name = books.study.name
    if working or waiting:
        raise UserError(
            f"study {name!r}: nobody new can begin any more, but {working} people are at work and {waiting} wait to be "
            f"paid or decided about. Give `turk pay {name}` when they are done, then this again."
        )
    with session_scope(books.engine, read_only=True) as db:
        tasks = [(row.id, task_of(row)) for row in db.scalars(tasks_left(books.study_id))]
    for key, task in tasks:
        if not books.desk.close(task):
            raise UserError(
                f"study {name!r}: {task.ref} cannot be deleted yet. Give `turk sync {name}`, then this again."
            )
        with session_scope(books.engine) as db:
            db.get_one(TaskRow, key).state = "closed"
    with session_scope(books.engine) as db:
        sever_works(db)
    return count


def recruiter_of(engine: Engine, name: str) -> str | None:
    """Which recruiter who pays was asked for a study; None where none was."""
    with session_scope(engine, read_only=True) as db:
        key = find_study(db, name).id
        return db.scalars(select(RecruitmentRow.recruiter).where(RecruitmentRow.study_id == key)).first()
