"""What a run has finished so far: one line per tile, so that a killed run goes on after its last whole line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
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


@dataclass(frozen=True)
class Journal:
    """The finished tiles, read from disk by number, as often as they are asked for: one is in memory at a time.

    Attributes:
        path: The file.
        lines: Tile to where its line starts.
    """

    path: Path
    lines: Mapping[int, int]

    def __iter__(self) -> Iterator[Entry]:
        if not self.lines:
            return
        with self.path.open("rb") as stream:
            for tile in sorted(self.lines):
                stream.seek(self.lines[tile])
                yield Entry(**json.loads(stream.readline()))

    def photos(self) -> Iterator[dict[str, Any]]:
        """Give what the manifest says of every photo, in the dataset's order."""
        return (photo for entry in self for photo in entry.photos)

    def failures(self) -> Iterator[tuple[str, int, str]]:
        """Give the colorizer, position and reason of every output that failed."""
        return (failure for entry in self for failure in entry.failures)

    def outputs(self) -> Iterator[tuple[str, str]]:
        """Give every output file and its sha256."""
        return (output for entry in self for output in entry.outputs)


def read_journal(path: Path) -> Journal:
    """Find the finished tiles; a line that was cut off is taken off the file."""
    if not path.exists():
        return Journal(path, {})
    lines: dict[int, int] = {}
    whole = 0
    with path.open("r+b") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            lines[json.loads(line)["tile"]] = whole
            whole += len(line)
        stream.truncate(whole)
    return Journal(path, lines)


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
