"""The studies: their states, and how far they are."""

from __future__ import annotations

from typing import Any

from turk.design import arms_of
from turk.progress import wanted_of
from webapp.page import Answer, Asked, Page
from webapp.queries.studies import Known, all_studies, finished_by_study, frozen


def answer(asked: Asked) -> Answer:
    """List studies."""
    rows = asked.found
    synthetic = any(row["synthetic_finished"] for row in rows)
    return Answer("Studies", {}, lambda: rows, {"studies": rows, "synthetic": synthetic})


def read(asked: Asked) -> list[dict[str, Any]]:
    """A record per study; whose answers is never mixed."""
    session = asked.session
    people, synthetic = (finished_by_study(session, kind) for kind in (False, True))
    return [
        _row(known, frozen_wanted(asked, known), people.get(known.id, 0), synthetic.get(known.id, 0))
        | {"address": asked.to("study", study=known.id)}
        for known in all_studies(session)
    ]


def frozen_wanted(asked: Asked, known: Known) -> int:
    """How many finished sessions a study's stopping rule wants."""
    study = frozen(asked.session, known)
    return wanted_of(study) * len(arms_of(study))


def _row(known: Known, wanted: int, people: int, synthetic: int) -> dict[str, Any]:
    launched = known.launched_at.isoformat() if known.launched_at else None
    return {
        "study": known.name, "state": known.state, "protocol": known.protocol, "recruiter": known.recruiter,
        "finished": people, "wanted": wanted, "synthetic_finished": synthetic, "launched_at": launched,
        "hash": known.sha256,
    }  # fmt: skip


PAGE = Page(name="studies", path="/studies", title="Studies", answer=answer, order=2, read=read)
