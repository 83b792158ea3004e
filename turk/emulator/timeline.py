"""What is due when: each thing happens at its own time, even when nobody looked for a while."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from turk.emulator.clock import VirtualClock


@dataclass(slots=True)
class Timeline:
    """A platform's time: the shared clock's, or that of the event that is being made up for."""

    clock: VirtualClock
    timers: list[tuple[datetime, int, str, str]] = field(default_factory=list)
    at: datetime | None = None
    counter: int = 0

    def now(self) -> datetime:
        """Tell the time."""
        return self.at or self.clock.now()

    def number(self) -> int:
        """Count on: records are listed in the order of these numbers."""
        self.counter += 1
        return self.counter

    def remind(self, at: datetime, kind: str, key: str) -> None:
        """Have something looked at when a time comes."""
        heapq.heappush(self.timers, (at, self.number(), kind, key))

    def run(self, happen: Callable[[str, str, datetime], None]) -> None:
        """Let everything happen that was due by now, in order."""
        now = self.clock.now()
        while self.timers and self.timers[0][0] <= now:
            due, _, kind, key = heapq.heappop(self.timers)
            self.at = due
            try:
                happen(kind, key, due)
            finally:
                self.at = None
