"""The answered trials of one session, to replay."""

from __future__ import annotations

from typing import Any

from turk.registry import colorings
from webapp.page import Answer, Asked, Page
from webapp.replaying import found_session, trials_of


def answer(asked: Asked) -> Answer:
    """List trials in the order in which they were shown."""
    row, known, study, silent, rows = asked.found
    said = {
        "study": {"id": known.id, "name": known.name}, "session": row["session"],
        "who": "synthetic" if row["synthetic"] else "people", "blinded": silent,
    }  # fmt: skip
    context = {"known": known, "row": row, "silent": silent, "trials": rows, "painted": study in colorings()}
    return Answer(f"Session {row['session']} of {known.name}", said, lambda: rows, context)


def read(asked: Asked) -> tuple[Any, ...]:
    """Read a session with its answered trials."""
    row, known, study, silent = found_session(asked.session, asked.parts["session"])
    told = {"session": row.id, "synthetic": row.synthetic, "state": row.state}
    return told, known, study.protocol, silent, trials_of(asked.session, row, silent)


PAGE = Page(
    name="trials", path="/sessions/{session}", title="Session", answer=answer, role="researcher", read=read,
)  # fmt: skip
