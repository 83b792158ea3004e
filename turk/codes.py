"""Who is to be paid where somebody else pays: the codes of finished sessions, as a table, each handed over once."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from evalsuite.images import write_atomically
from turk.studies import find_study, study_of, user_name
from turk.tables import DecisionRow, SessionRow

HANDED = "paid"
"""The kind of decision that a session's code was handed over."""
COLUMNS = ("code", "finished_at", "reward_usd")


def hand_over(engine: Engine, name: str, file: Path, *, again: bool = False) -> int:
    """Write the codes of finished sessions to a CSV, and record that they were handed over for payment.

    Args:
        engine: A database whose tables are at the newest revision.
        name: The study, whose people come by a link.
        file: Where the table goes; it must not exist.
        again: Write all codes, also those that were handed over before.

    Returns:
        How many there are; without any no file is written.

    Raises:
        UserError: The study's people are paid by their recruiter, or the file is there or cannot be written.
    """
    if file.exists():
        raise UserError(f"{file}: is there already, and who was in it may have been paid. Name another file.")
    with session_scope(engine) as db:
        row = find_study(db, name, lock=True)
        if row.recruiter != "link":
            raise UserError(f"study {name!r}: {row.recruiter} pays its people. Leave --codes out.")
        study, found = study_of(row), _finished(db, row.id, again=again)
        if not found:
            return 0
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(COLUMNS)
        for session in found:
            at = session.finished_at.isoformat(timespec="seconds") if session.finished_at else ""
            writer.writerow((session.code, at, study.reward_usd))
        _write(file, table.getvalue())
        reason, by, at_ = f"the code is in {file.name}", user_name(), now()
        known = set(_handed(db, row.id))
        db.add_all(
            DecisionRow(study_id=row.id, session_id=one.id, kind=HANDED, reason=reason, by=by, at=at_)
            for one in found
            if one.id not in known
        )
    return len(found)


def _finished(db: Session, study_id: int, *, again: bool) -> list[SessionRow]:
    mine = (SessionRow.study_id == study_id, SessionRow.synthetic.is_(False), SessionRow.code.is_not(None))
    query = select(SessionRow).where(*mine).order_by(SessionRow.finished_at, SessionRow.id)
    known = set() if again else set(_handed(db, study_id))
    return [row for row in db.scalars(query) if row.id not in known]


def _handed(db: Session, study_id: int) -> list[int | None]:
    query = select(DecisionRow.session_id).where(DecisionRow.study_id == study_id, DecisionRow.kind == HANDED)
    return list(db.scalars(query))


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, text.encode())
    except OSError as error:
        raise UserError(f"{file}: the codes cannot be written ({error.strerror}). Name another file.") from None
