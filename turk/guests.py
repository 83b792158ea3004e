"""Simulated people of a rehearsal: each comes through the recruiter's own site, takes the study, and goes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

from evalsuite.errors import UserError
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Refused
from turk.emulator.mturk.worker_client import Task
from turk.emulator.prolific.participant_client import Participation
from turk.own_site import Site
from turk.visitor import Report, Visit, Visitor
from turk.wire import Wire, fetch


@dataclass(frozen=True, slots=True)
class Hall:
    """Where a rehearsal takes place.

    Attributes:
        emulator: The recruiters' servers.
        site: Our own.
        study: The study's name.
    """

    emulator: Emulator
    site: Site
    study: str


PATIENCE_S, PAUSE_S = 20.0, 0.2
Offered = TypeVar("Offered")
Way: TypeAlias = Callable[[Hall, Visitor, int], Report]
"""Takes somebody from the recruiter to the study and back; the number tells them apart."""


def by_mturk(hall: Hall, visitor: Visitor, number: int) -> Report:
    """Accept a HIT, take the study at the address in its frame, post the form; return the HIT if it ended otherwise."""
    worker = hall.emulator.worker(f"A{number:013d}")

    def accept() -> Task | None:
        offered = [hit for hit in worker.hits() if hit["accept"] is None and not hit["taken"]]
        return worker.accept(str(offered[0]["hit_id"])) if offered else None

    task = _first(accept)
    visit = _taken(hall, visitor, task.url)
    if visit.report.outcome == "finished":
        fields: Mapping[str, str] = visit.step["departure"]["fields"]
        with suppress(Refused):  # a submission that arrives twice is answered so, and was taken
            worker.submit(task, {name: value for name, value in fields.items() if name != "assignmentId"})
    else:
        worker.give_back(task)
    return visit.report


def by_prolific(hall: Hall, visitor: Visitor, number: int) -> Report:
    """Reserve a place, take the study at its address, and come back with the code that its end gives."""
    participant = hall.emulator.participant(f"{number + 1:024x}")

    def take() -> Participation | None:
        offered = participant.studies()
        return participant.take(str(offered[0]["study_id"])) if offered else None

    part = _first(take)
    visit = _taken(hall, visitor, part.url)
    if visit.report.outcome == "finished":
        [code] = parse_qs(urlsplit(visit.step["departure"]["url"]).query)["cc"]
        with suppress(Refused):
            participant.complete(code)
    else:
        participant.give_back(part.submission_id)
    return visit.report


def by_link(hall: Hall, visitor: Visitor, number: int) -> Report:
    """Open the address that somebody was sent."""
    return _taken(hall, visitor, f"{hall.site.url}/study/{hall.study}?id=guest-{number}").report


WAYS: Mapping[str, Way] = {"mturk": by_mturk, "prolific": by_prolific, "link": by_link}


def _first(accept: Callable[[], Offered | None]) -> Offered:
    """Accept what is on offer; somebody else may be faster at the last place of a task."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            found = accept()
        except Refused:
            found = None
        if found is not None:
            return found
        time.sleep(PAUSE_S)
    raise UserError("rehearsal: the recruiter offers somebody nothing. Look at who may take part, in the study file.")


def _taken(hall: Hall, visitor: Visitor, address: str) -> Visit:
    """Open the page and take the study as its scripts would."""
    reply = fetch(address)
    if reply.status != 200:
        raise UserError(f"{address}: the study's page is sent; got status {reply.status}. Look into the site's log.")
    query = dict(parse_qsl(urlsplit(address).query))
    visit = Visit(replace(visitor, query=query), Wire(hall.site.url))
    try:
        visit.enter()
        visit.take()
    finally:
        visit.wire.close()
    return visit
