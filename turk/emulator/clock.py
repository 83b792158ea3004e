"""A clock that can be put forward: three days pass in a call."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from evalsuite.errors import UserError


class VirtualClock:
    """The time of all emulated platforms: real time plus what was added, or standing still between additions."""

    def __init__(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        self._lock = threading.Lock()
        self.set(start, frozen=frozen)

    def set(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        """Start anew, at a given time or at the real one."""
        with self._lock:
            self._base = start or datetime.now(UTC)
            self._since = None if frozen else time.monotonic()

    def now(self) -> datetime:
        """Tell the time (aware, UTC)."""
        with self._lock:
            return self._read()

    def advance(self, seconds: float) -> datetime:
        """Put the clock forward and tell the new time."""
        if not 0 <= seconds <= 3.2e8:
            raise UserError(
                f"clock: time only goes forward, by ten years at most; got {seconds} seconds. Give a number from 0."
            )
        with self._lock:
            self._base += timedelta(seconds=seconds)
            return self._read()

    def freeze(self) -> None:
        """Stand still from now on, except for `advance`."""
        with self._lock:
            self._base, self._since = self._read(), None

    def run(self) -> None:
        """Go on with real time."""
        with self._lock:
            self._base, self._since = self._read(), time.monotonic()

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._since is None

    def _read(self) -> datetime:
        passed = 0.0 if self._since is None else time.monotonic() - self._since
        return self._base + timedelta(seconds=passed)
