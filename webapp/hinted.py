"""Methods that were run with several numbers of hints: `evalsuite sweep` calls them NAME.COUNT."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.charts.lines import Line
from webapp.queries.records import Cells, Entry


def hint_lines(entries: Sequence[Entry], scores: Cells, metric_id: int) -> list[Line]:
    """A line per method with two numbers of hints or more, and level lines of those without hints beside them."""
    values: dict[str, dict[int, tuple[float, float, float]]] = {}
    level: dict[str, tuple[float, float, float]] = {}
    for entry in entries:
        cell = scores.get((entry.id, metric_id))
        if cell is None or cell.value is None or "target" in entry.accepts:
            continue
        point = (cell.value, cell.value if cell.lo is None else cell.lo, cell.value if cell.hi is None else cell.hi)
        name, _, count = entry.name.rpartition(".")
        if name and count.isdecimal() and "hints" in entry.accepts:
            values.setdefault(name, {})[int(count)] = point
        else:
            level[entry.label] = point
    swept = {name: dict(sorted(points.items())) for name, points in values.items() if len(points) > 1}
    counts = sorted({count for points in swept.values() for count in points})
    lines = [Line(name, list(points), *zip(*points.values(), strict=True)) for name, points in swept.items()]
    if not lines:
        return []
    return lines + [Line(name, counts, *([edge] * len(counts) for edge in point)) for name, point in level.items()]
