"""Why something that a participant's browser asks for is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from evalsuite.errors import UserError

Kind: TypeAlias = Literal[
    "bad", "no_session", "unknown", "moved", "step", "conflict", "early", "closed", "no_place", "already"
]
"""What is wrong, for the site's status and the page's own text.

bad: the request itself; no_session: its token; unknown: no such study, trial or image; moved: another window has the
session; step: not now, the session is elsewhere; conflict: answered otherwise before; early: faster than the images
were shown; closed: the study takes nobody in; no_place: all places are taken; already: took part before.
"""


class Refused(UserError):
    """A request that is refused with one sentence; nothing of it was written.

    `departure` is how whoever asked goes back to the recruiter, where that is known.
    """

    def __init__(self, kind: Kind, sentence: str, departure: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.kind: Kind = kind
        self.departure = departure
