"""The emulator's own API from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from turk.emulator.fetching import Fetcher


@dataclass(frozen=True, slots=True)
class AdminClient:
    """Puts the clock forward, scripts faults, and looks behind the scenes."""

    fetcher: Fetcher

    def view(self, name: str) -> Any:
        """Fetch a view: clock, faults, deliveries, and those of the platform (ledger, hits, ...)."""
        return self.fetcher.get(f"/_emulator/{name}")

    def act(self, name: str, **body: Any) -> Any:
        """Do an action: advance, faults, flush, and those of the platform (deposit, workers, topics, ...)."""
        return self.fetcher.send_json(f"/_emulator/{name}", body)

    def advance(self, *, seconds: float = 0, hours: float = 0, days: float = 0) -> str:
        """Put the clock forward; everything due by then has happened when this returns."""
        return str(self.act("advance", seconds=seconds, hours=hours, days=days)["now"])

    def script(self, *rules: Mapping[str, Any], seed: int = 0) -> None:
        """Replace the script of faults."""
        self.act("faults", rules=list(rules), seed=seed)

    def flush(self) -> None:
        """Wait until all notifications have been delivered, or given up."""
        self.act("flush")

    def rows(self, name: str, **where: Any) -> Sequence[Mapping[str, Any]]:
        """Fetch the rows of a view that have these values."""
        rows: Sequence[Mapping[str, Any]] = self.view(name)
        return [row for row in rows if all(row.get(column) == value for column, value in where.items())]
