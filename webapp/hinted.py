"""Methods that were run with several numbers of hints: `evalsuite sweep` calls them NAME.COUNT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from webapp.charts.lines import Line
from webapp.queries.records import Cell, Cells, Entry


class Family(NamedTuple):
    """The same method in the same run, with whatever number of hints."""

    name: str
    run: str
    run_id: int


class Point(NamedTuple):
    """A value and the ends of its interval, the value itself where there is none."""

    value: float
    lo: float
    hi: float


def family_of(entry: Entry) -> Family | None:
    """The method that an entry is with some number of hints; None where it was run with none or one."""
    name, _, count = entry.name.rpartition(".")
    if not name or not count.isdecimal() or "hints" not in entry.accepts:
        return None
    return Family(name, entry.run, entry.run_id)


def hint_lines(entries: Sequence[Entry], scores: Cells, metric_id: int) -> list[Line]:
    """A line per method with two numbers of hints or more, and level lines of those without hints beside them."""
    values: dict[Family, dict[int, Point]] = {}
    level: dict[str, Point] = {}
    for entry in entries:
        point = _point(scores.get((entry.id, metric_id)))
        if point is None or "target" in entry.accepts:
            continue
        family = family_of(entry)
        if family is None:
            level[entry.label] = point
        else:
            values.setdefault(family, {})[int(entry.name.rpartition(".")[2])] = point
    swept = {family: dict(sorted(points.items())) for family, points in values.items() if len(points) > 1}
    names = Counter(family.name for family in swept)
    counts = sorted({count for points in swept.values() for count in points})
    lines = [
        Line(_label(family, names), list(points), *zip(*points.values(), strict=True))
        for family, points in swept.items()
    ]
    if not lines:
        return []
    return lines + [Line(name, counts, *([edge] * len(counts) for edge in point)) for name, point in level.items()]


def _point(cell: Cell | None) -> Point | None:
    if cell is None or cell.value is None:
        return None
    return Point(cell.value, cell.value if cell.lo is None else cell.lo, cell.value if cell.hi is None else cell.hi)


def _label(family: Family, names: Counter[str]) -> str:
    return family.name if names[family.name] == 1 else f"{family.name} ({family.run})"
