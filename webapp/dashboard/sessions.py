"""The sessions of a study, to replay any trial of."""

from __future__ import annotations

from typing import Any

from webapp.monitoring import Monitor, glance, head
from webapp.page import Answer, Asked, Page, Parameter
from webapp.parameters import whole
from webapp.people import WHO
from webapp.replaying import PER_PAGE, sessions_of


def read(asked: Asked) -> tuple[Monitor, list[dict[str, Any]]]:
    """Read the study and a page of its sessions, with the first of the next."""
    monitor = glance(asked)
    return monitor, sessions_of(asked.session, monitor.known, monitor.synthetic, asked.values["after"])


def answer(asked: Asked) -> Answer:
    """List sessions, the newest first; while the study is blinded, without their arms."""
    monitor, found = asked.found
    rows: list[dict[str, Any]] = [_open(row, monitor.blinded) for row in found[:PER_PAGE]]
    following = rows[-1]["session"] if len(found) > PER_PAGE else None
    said = {"study": head(monitor), "who": monitor.who, "blinded": monitor.blinded, "next": following}
    context = {"monitor": monitor, "sessions": rows, "following": following}
    return Answer(f"Sessions of {monitor.known.name}", said, lambda: rows, context)


def _open(row: dict[str, Any], silent: bool) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "arm" or not silent}


PAGE = Page(
    name="sessions", path="/studies/{study}/sessions", title="Replay", answer=answer, role="researcher", read=read,
    parameters=(WHO, Parameter("after", "the last session of the page before", whole)),
)  # fmt: skip
