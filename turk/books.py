"""The open books of one study: nobody else spends for it meanwhile."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from turk.paying_tables import RecruitmentRow
from turk.recruiters.contract import Desk, Offer, Recruiter, Where
from turk.studies import find_study, study_of
from turk.study import Study

HOLD = timedelta(minutes=10)
"""For so long after its last step a command that vanished keeps others from spending, unless it is seen to be gone."""


@dataclass(frozen=True, slots=True)
class Books:
    """What every step about a study's money needs.

    Attributes:
        engine: A database whose tables are at the newest revision.
        study_id: The study's key.
        study: As it was frozen.
        secret: The site's, from which people's keys and tokens are made.
        recruiter: Through whom.
        desk: The recruiter's counter.
        holder: Under which name this process holds the books.
        clock: Tells the time.
    """

    engine: Engine
    study_id: int
    study: Study
    secret: str = field(repr=False)
    recruiter: Recruiter
    desk: Desk
    holder: str
    clock: Callable[[], datetime] = now


@contextmanager
def open_books(
    engine: Engine,
    name: str,
    secret: str,
    recruiters: Callable[[str], Recruiter],
    clock: Callable[[], datetime] = now,
) -> Iterator[Books]:
    """Open the books of a study that was launched through a recruiter who pays.

    Args:
        engine: A database whose tables are at the newest revision.
        name: The study's.
        secret: The site's.
        recruiters: Finds a recruiter by its name: turk.recruiters.registry.recruiter.
        clock: Tells the time.

    Raises:
        UserError: It was not, or another command has them open.
    """
    with session_scope(engine, read_only=True) as db:
        row = find_study(db, name)
        recruitment = recruitment_of(db, row.id)
        study, study_id, asked = study_of(row), row.id, recruitment.recruiter
        where = Where(recruitment.live, recruitment.endpoint)
    recruiter = recruiters(asked)
    desk = recruiter.open(where)
    with hold(engine, study_id, clock) as holder:
        yield Books(engine, study_id, study, secret, recruiter, desk, holder, clock)


def recruitment_of(db: Session, study_id: int, *, lock: bool = False) -> RecruitmentRow:
    """Return what a recruiter was asked for a study.

    Raises:
        UserError: Nobody was asked.
    """
    query = select(RecruitmentRow).where(RecruitmentRow.study_id == study_id)
    found = db.scalars(query.with_for_update() if lock else query).first()
    if found is None:
        raise UserError("this study was not launched through a recruiter who pays: there is no money to move.")
    return found


def offer_of(recruitment: RecruitmentRow, study: Study) -> Offer:
    """What people are offered."""
    facts: Mapping[str, Any] = recruitment.facts
    return Offer(study, recruitment.address, recruitment.minutes, facts)


@contextmanager
def hold(engine: Engine, study_id: int, clock: Callable[[], datetime]) -> Iterator[str]:
    """Keep everybody else from a study's money until the block ends.

    Raises:
        UserError: Somebody else has it.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    with session_scope(engine) as db:
        row = recruitment_of(db, study_id, lock=True)
        if row.held_by is not None and not _is_over(row, clock()):
            raise UserError(
                "another command is spending for this study just now. Wait until it has ended; where its process "
                f"was lost, at most until {row.held_until:%H:%M} UTC."
            )
        row.held_by, row.held_until = holder, clock() + HOLD
    try:
        yield holder
    finally:
        with session_scope(engine) as db:
            mine = update(RecruitmentRow).where(RecruitmentRow.study_id == study_id, RecruitmentRow.held_by == holder)
            db.execute(mine.values(held_by=None, held_until=None))


def keep_hold(books: Books, db: Session) -> RecruitmentRow:
    """Hold the books for longer, in a transaction that writes.

    Raises:
        UserError: They were taken over by another command, which took this one for lost.
    """
    row = recruitment_of(db, books.study_id, lock=True)
    if row.held_by != books.holder:
        raise UserError("another command took over this study's money. Give this one again; nothing is done twice.")
    row.held_until = books.clock() + HOLD
    return row


def _is_over(row: RecruitmentRow, at: datetime) -> bool:
    host, process, _ = (row.held_by or "::").rsplit(":", 2)
    if host == socket.gethostname() and not _is_alive(int(process)):
        return True
    return row.held_until is None or row.held_until < at


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
