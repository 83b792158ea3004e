"""What pages read, as frozen records: boards, methods, metrics, values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from evalsuite.contracts import Better
from evalsuite.registry import ORDER
from evalsuite.standings import BASELINES


@dataclass(frozen=True)
class Board:
    """Runs that can be compared: the same photos, brought to the same size in the same way."""

    dataset_id: int
    dataset: str
    images: int
    size: int
    resize: str
    runs: int
    imported_at: datetime

    @property
    def at(self) -> str:
        """How photos were brought to size, as it stands in addresses."""
        return self.resize if self.resize == "native" else f"{self.resize}-{self.size}"

    @property
    def shown(self) -> dict[str, Any]:
        """The dataset as reports describe it."""
        return {"name": self.dataset, "images": self.images, "resize": self.resize, "size": self.size}


@dataclass(frozen=True)
class Entry:
    """A method in a run.

    Attributes:
        about: What its record says: accepts, cite, reported.
        label: Its title, with the run's name where two runs have it.
    """

    id: int
    run_id: int
    run: str
    name: str
    title: str
    paper: str
    url: str
    about: Mapping[str, Any]
    label: str = ""

    @cached_property
    def accepts(self) -> frozenset[str]:
        """What it looks at beside the lightness."""
        return frozenset(self.about.get("accepts", ())) - {"L"}

    @cached_property
    def candidate(self) -> bool:
        """Whether it can be the best: no baseline, and it does not see the target."""
        return self.name not in BASELINES and "target" not in self.accepts


@dataclass(frozen=True)
class Metric:
    """A metric as pages show it."""

    id: int
    name: str
    title: str
    unit: str
    better: Better
    kind: str
    definition: str

    @property
    def place(self) -> tuple[int, str]:
        """Where tables put it."""
        families = [k for k, name in enumerate(ORDER) if self.name.startswith(f"{name}_")]
        place = ORDER.index(self.name) if self.name in ORDER else max(families, default=len(ORDER))
        return place, self.name


class Cell(NamedTuple):
    """A method's value on a metric, and where it stands; places and ranks are None where it does not compete."""

    value: float | None
    lo: float | None
    hi: float | None
    mean: float | None
    n: int
    place: int | None = None
    rank_lo: int | None = None
    rank_hi: int | None = None
    group: int | None = None
    p_next: float | None = None
    photos_more: int | None = None


Cells: TypeAlias = Mapping[tuple[int, int], Cell]
"""(entry, metric) to value and standing."""


def cited(entries: Iterable[Entry]) -> dict[str, tuple[str, str]]:
    """BibTeX key to (paper, address) of methods that have a paper."""
    return {entry.about["cite"]: (entry.paper, entry.url) for entry in entries if entry.about.get("cite")}
