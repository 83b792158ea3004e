"""The random addresses of images: good for one trial of a live session, while it is open or soon will be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from evalsuite.db import session_scope
from turk.image_tables import AddressRow, CopyRow
from turk.refusals import Refused
from turk.steps import AHEAD
from turk.store import Store
from turk.tables import SessionRow, StimulusRow, StudyRow, TrialRow
from turk.untrusted import NONCE


@dataclass(frozen=True, slots=True)
class ServedImage:
    """An image that may be sent: a file, and where there is one the address of a copy elsewhere."""

    path: Path
    sha256: str
    elsewhere: str | None = None


def find(store: Store, token: str) -> ServedImage:
    """Find the image of an address.

    Raises:
        Refused: unknown: there is no such address, or its trial is answered, too far ahead or no longer live. Which of
            these it is is not told.
    """
    if not NONCE.fullmatch(token):
        raise _unknown()
    with session_scope(store.engine, read_only=True) as db:
        found = db.execute(_query(), {"token": token, "at": store.clock()}).first()
    if found is None:
        raise _unknown()
    return ServedImage(Path(found.folder) / "stimuli" / f"{found.sha256}.png", found.sha256, found.address)


@cache
def _query() -> Select[str, str, str | None]:
    """An image's folder, hash and copy; made once, since making it takes longer than answering it."""
    other = aliased(TrialRow)
    waiting = (other.session_id == TrialRow.session_id, other.state == "open")
    opened = select(func.min(other.number)).where(*waiting).scalar_subquery()
    return (
        select(StudyRow.folder, StimulusRow.sha256, CopyRow.address)
        .select_from(AddressRow)
        .join(TrialRow, TrialRow.id == AddressRow.trial_id)
        .join(SessionRow, SessionRow.id == TrialRow.session_id)
        .join(StudyRow, StudyRow.id == SessionRow.study_id)
        .join(StimulusRow, StimulusRow.id == AddressRow.stimulus_id)
        .outerjoin(CopyRow, and_(CopyRow.token == AddressRow.token, CopyRow.expires_at > bindparam("at")))
        .where(AddressRow.token == bindparam("token"), AddressRow.expires_at > bindparam("at"))
        .where(SessionRow.state == "running", TrialRow.state != "answered", TrialRow.number <= opened + AHEAD)
    )


def _unknown() -> Refused:
    return Refused("unknown", "There is no such image.")
