"""What an operator's commands do so that the site can hear recruiters: keys and certificates, letters, hints."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from sqlalchemy import Engine, func, select

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk.hearing_tables import LetterRow
from turk.hints import newest
from turk.paying_tables import RecruitmentRow
from turk.public_keys import keep_key, open_letters
from turk.signed_addresses import key_set_address
from turk.studies import find_study

LOOK_S = 1.0
"""How often a loop that waits looks for hints."""


def listen(engine: Engine, name: str) -> list[str]:
    """Fetch what signatures are checked with, and read the letters that waited for it; return what went wrong."""
    troubles = []
    origins = [part.strip().rstrip("/") for part in os.environ.get("RECRUITER_ORIGINS", "").split(",") if part.strip()]
    with session_scope(engine, read_only=True) as db:
        found = db.get(RecruitmentRow, find_study(db, name).id)
        keys = key_set_address(found.endpoint) if found is not None and found.recruiter == "prolific" else None
    try:
        open_letters(engine, origins)
        if keys is not None:
            keep_key(engine, keys, fresh=True)
    except UserError as error:
        troubles.append(str(error))
    return troubles


def wait(engine: Engine, seconds: float, sleep: Callable[[float], object] = time.sleep) -> bool:
    """Wait for so long, or until a recruiter has told of something; return whether one has."""
    before, until = _heard(engine), time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        sleep(min(LOOK_S, left))
        if _heard(engine) != before:
            return True
    return False


def _heard(engine: Engine) -> tuple[int, int]:
    with session_scope(engine, read_only=True) as db:
        letters = db.scalar(select(func.max(LetterRow.id))) or 0
    return newest(engine), letters
