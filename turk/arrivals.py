"""How people come from a recruiter and go back to it; money and the recruiters' own servers are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from turk.refusals import Refused
from turk.untrusted import text

MTURK_ORIGINS = ("https://www.mturk.com", "https://worker.mturk.com", "https://workersandbox.mturk.com")
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
"""What MTurk gives as the assignment before a worker accepts one."""
PROLIFIC_SITE = "https://app.prolific.com"
PROLIFIC_COMPLETE = "/submissions/complete"
ID_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who comes, and with what.

    Attributes:
        platform: "link", "prolific", "mturk" or "synthetic".
        person: What the platform calls them; None for a plain link.
        facts: The recruiter's other parameters: assignment, HIT, submission and so on.
        preview: Whether somebody only looks, before they take part.
    """

    platform: str
    person: str | None
    facts: Mapping[str, str] = field(default_factory=dict)
    preview: bool = False


def arrive(recruiter: str, query: Mapping[str, Any], submit_origins: tuple[str, ...] = ()) -> Arrival:
    """Read the parameters with which a recruiter sends people; others are left alone.

    Args:
        recruiter: "link", "prolific" or "mturk".
        query: The parameters of the study's address.
        submit_origins: Origins beside MTurk's own that may receive the assignment.

    Raises:
        Refused: A parameter is missing, too long, or names an address that is not the recruiter's.
    """
    if recruiter == "prolific":
        return _from_prolific(query)
    if recruiter == "mturk":
        return _from_mturk(query, submit_origins)
    person = _optional(query, "id") or _optional(query, "participant")
    return Arrival("link", person, preview=query.get("preview") == "1")


def departure(recruiter: str, arrival: Mapping[str, str], code: str) -> dict[str, Any]:
    """Tell the page how a finished session goes back with a code of its own: a code to show, or a form to send.

    Args:
        recruiter: "link" or "mturk"; turk.leaving has the codes that people of Prolific share.
        arrival: The facts with which the session came.
        code: The session's completion code.
    """
    if recruiter == "mturk" and "submit_to" in arrival:
        fields = {"assignmentId": arrival["assignment"], "code": code}
        return {"kind": "form", "action": arrival["submit_to"] + "/mturk/externalSubmit", "fields": fields}
    return {"kind": "code", "code": code}


def _from_prolific(query: Mapping[str, Any]) -> Arrival:
    if query.get("preview") == "1":
        return Arrival("prolific", None, preview=True)
    facts = {"study": _needed(query, "STUDY_ID"), "submission": _needed(query, "SESSION_ID")}
    return Arrival("prolific", _needed(query, "PROLIFIC_PID"), facts)


def _from_mturk(query: Mapping[str, Any], submit_origins: tuple[str, ...]) -> Arrival:
    if query.get("preview") == "1" or query.get("assignmentId") in (None, "", PREVIEW):
        return Arrival("mturk", None, preview=True)
    facts = {"assignment": _needed(query, "assignmentId"), "hit": _needed(query, "hitId")}
    facts["submit_to"] = _origin(_needed(query, "turkSubmitTo"), MTURK_ORIGINS + submit_origins)
    return Arrival("mturk", _needed(query, "workerId"), facts)


def _origin(address: str, allowed: tuple[str, ...]) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    if origin not in allowed:
        raise Refused("bad", "turkSubmitTo: an address of MTurk; got another. Open the task from MTurk again.")
    return origin


def _optional(query: Mapping[str, Any], name: str) -> str | None:
    value = query.get(name)
    return None if value in (None, "") else text(value, name, ID_LENGTH)


def _needed(query: Mapping[str, Any], name: str) -> str:
    value = _optional(query, name)
    if value is None:
        raise Refused("bad", f"{name}: missing in the address. Open the study from where you found it.")
    return value
