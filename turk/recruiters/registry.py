"""Every recruiter that is known, by name; a web request asks for none."""

from __future__ import annotations

from functools import cache

import turk.recruiters
from evalsuite.plugins import discover, lookup
from turk.recruiters.contract import Recruiter


@cache
def recruiters() -> dict[str, Recruiter]:
    """Name to recruiter: ours and those of installed packages."""
    return discover(turk.recruiters, "RECRUITER", Recruiter)


def recruiter(name: str) -> Recruiter:
    """Return a recruiter by its name.

    Raises:
        UserError: Nobody has that name; the message lists the nearest and the known.
    """
    return lookup(recruiters(), name, "recruiter")
