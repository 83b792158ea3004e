"""Our own command, killed at the worst moments: between the ledger's row and the call, and between call and row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from turk.recruiters.contract import Call, Deed, Done

CRASHES = ("before", "after")


class Crash(BaseException):
    """The machine lost its power; nobody catches this."""


@dataclass
class CrashingDesk:
    """A desk whose so-many-th call that spends is the last thing that happens."""

    desk: Any
    crash: str
    number: int
    calls: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.desk, name)

    def do(self, deed: Deed, call: Call) -> Done:
        self.calls += 1
        if self.calls == self.number and self.crash == "before":
            raise Crash
        done: Done = self.desk.do(deed, call)
        if self.calls == self.number:
            raise Crash
        return done
