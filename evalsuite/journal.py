"""What a run has finished so far: one line per tile, so that a killed run goes on after its last whole line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A finished tile.

    Attributes:
        tile: Its number.
        photos: What the manifest says of its photos.
        failures: Colorizer, position in the dataset, reason.
        outputs: Output file, relative to the run folder, and its sha256.
        seconds: Stage to time spent.
    """

    tile: int
    photos: list[dict[str, Any]]
    failures: list[tuple[str, int, str]]
    outputs: list[tuple[str, str]]
    seconds: dict[str, float]


def read_journal(path: Path) -> list[Entry]:
    """Return the finished tiles, by number; a line that was cut off is taken off the file."""
    if not path.exists():
        return []
    entries: dict[int, Entry] = {}
    whole = 0
    with path.open("rb") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            entry = Entry(**json.loads(line))
            entries[entry.tile] = entry
            whole += len(line)
    with path.open("r+b") as stream:
        stream.truncate(whole)
    return [entries[number] for number in sorted(entries)]


def append(path: Path, entry: Entry) -> None:
    """Add a tile, in one write."""
    with path.open("a") as stream:
        stream.write(json.dumps(asdict(entry)) + "\n")


def seconds_of(entries: Iterable[Entry]) -> dict[str, float]:
    """Add up the time spent per stage."""
    total: dict[str, float] = {}
    for entry in entries:
        for stage, seconds in entry.seconds.items():
            total[stage] = total.get(stage, 0.0) + seconds
    return {stage: round(seconds, 4) for stage, seconds in total.items()}
