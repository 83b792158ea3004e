"""UniqueRequestTokens: remembered for a day, so that a call repeated after an error is not done twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

LIFE = timedelta(hours=24)


@dataclass(slots=True)
class Tokens:
    """The tokens seen in the last 24 hours, by requester and kind of call, with what the call made."""

    seen: dict[tuple[str, str, str], tuple[datetime, str]] = field(default_factory=dict)

    def find(self, owner: str, kind: str, token: str | None, now: datetime) -> str | None:
        """Tell what an earlier call with this token made, or None."""
        at, made = self.seen.get((owner, kind, token or ""), (None, None))
        return made if at is not None and now - at < LIFE else None

    def keep(self, owner: str, kind: str, token: str | None, at: datetime, made: str) -> None:
        """Remember what a call made."""
        if token:
            self.seen[owner, kind, token] = (at, made)
