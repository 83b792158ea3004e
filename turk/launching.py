"""Opening a study to people: only one that was audited and is whole, and as often as asked without doing it twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk import hosting, places
from turk.design import arms_of
from turk.studies import find_study, move_study, study_of
from turk.study import Study
from turk.tables import StudyRow

LOOPBACK_URL = "http://127.0.0.1:8000"
"""Where `webapp serve` listens when nothing else is said."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A study that is open.

    Attributes:
        study: As it was frozen.
        address: What people are given.
        resumed: Whether it had been paused.
        notes: What a researcher should know, in sentences.
    """

    study: Study
    address: str
    resumed: bool
    notes: tuple[str, ...]


Recruit = Callable[[Session, StudyRow, Study, str], str]
"""Brings people of a recruiter to an open study, and returns the address that they are given."""


def by_link(session: Session, row: StudyRow, study: Study, url: str) -> str:
    """Nobody is called: whoever is sent the address can come, and nothing is paid by us."""
    return f"{url}/study/{study.name}"


RECRUIT: Mapping[str, Recruit] = {"link": by_link}
"""Recruiter to how it is asked for people; who pays shows a bill first."""


def launch(engine: Engine, name: str, url: str | None) -> Launch:
    """Make a study's places and open it.

    Args:
        engine: A database whose tables are at the newest revision.
        name: The study's.
        url: The site's address as people type it; None for this machine's own.

    Raises:
        UserError: The study is no such that can start: not audited, damaged, live or closed, or of a recruiter that
            is not known here.
    """
    site = checked_url(url or LOOPBACK_URL)
    with session_scope(engine) as session:
        row = find_study(session, name, lock=True)
        study, resumed = study_of(row), row.state == "paused"
        if row.recruiter not in RECRUIT:
            known = ", ".join(RECRUIT)
            raise UserError(f"study {name!r}: the recruiter {row.recruiter!r} cannot be launched here. Known: {known}.")
        check_startable(row, study)
        move_study(session, row, "live", "resumed with turk launch" if resumed else "started with turk launch")
        places.create(session, row.id, study)
        address = RECRUIT[row.recruiter](session, row, study, site)
    return Launch(study, address, resumed, tuple(_notes(url, site, study)))


def check_startable(row: StudyRow, study: Study) -> None:
    """Refuse a study that is open already or was closed, was not audited as it is, or is damaged."""
    if row.state not in ("built", "paused"):
        advice = "Copy it with `turk build --copy` to ask again" if row.state == "closed" else "There is nothing to do"
        raise UserError(f"study {row.name!r}: a study that is built can start; this one is {row.state}. {advice}.")
    audit: Mapping[str, Any] = row.audit or {}
    if audit.get("sha256") != row.sha256:
        raise UserError(f"study {row.name!r}: a study starts after its audit. Give `turk audit {row.name}` first.")
    if not audit["passed"]:
        told = (
            audit["faults"][0] if "faults" in audit else f"AUC {audit['auc']:.3f}, at most {audit['limit']} is allowed"
        )
        raise UserError(f"study {row.name!r}: its audit failed ({told}). Mend what leaks, build and audit again.")
    names = sorted({sha256 for files in study.stimuli.values() for sha256 in files.values()})
    wrong = hosting.damaged(Path(row.folder), names)
    if wrong:
        raise UserError(
            f"study {row.name!r}: {len(wrong)} stimuli in {row.folder} are missing or damaged. Build it again."
        )


def checked_url(text: str) -> str:
    """Return the site's address without a slash at its end.

    Raises:
        UserError: It is no http(s)://host[:port].
    """
    parts = urlsplit(text)
    plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise UserError(f"--url, PUBLIC_URL: http(s)://host[:port] and nothing behind it; got {text!r}. Correct it.")
    return f"{parts.scheme}://{parts.netloc}"


def arms_text(study: Study) -> str:
    """How many places each arm has."""
    arms = arms_of(study)
    each = study.participants_per_condition
    return f"{each} places" if len(arms) == 1 else f"{len(arms) * each} places, {each} for each of {', '.join(arms)}"


def _notes(given: str | None, site: str, study: Study) -> list[str]:
    parts = urlsplit(site)
    notes = []
    if given is None:
        notes.append("neither --url nor PUBLIC_URL is set: this address works on this machine alone")
    elif parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        notes.append("http: answers travel in the clear, and browsers give only coarse clocks; https is better")
    if not study.settings.get("contact"):
        notes.append("contact: participants are told to write to whoever sent them")
    return notes
