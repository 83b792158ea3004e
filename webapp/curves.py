"""What a comparison says of cumulative errors: charts, the same numbers for JSON, a record per threshold for CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalsuite.curve_rows import COLUMN, METRIC
from webapp.charts.lines import cumulative, cumulative_chart, difference_chart
from webapp.queries.curves import Curves, Points
from webapp.queries.records import Entry

ENDS = ("low", "high")


def charts(found: Curves | None, chosen: Sequence[Entry]) -> dict[str, Any]:
    """The curves, below them their differences from the first, and the runs to import again for bands."""
    if found is None:
        return {"curve": None}
    labels = {entry.id: entry.label for entry in chosen}
    drawn = [cumulative(labels[key], points) for key, points in found.points.items()]
    apart = [cumulative(labels[key], points) for key, points in found.apart.items()]
    runs = {entry.run_id: entry.run for entry in chosen if entry.id in found.lacking}
    return {
        "curve": cumulative_chart(drawn), "apart": difference_chart(drawn[0].label, apart),
        "curve_base": drawn[0].label, "banded": any(line.low for line in apart), "lacking": runs,
    }  # fmt: skip


def numbers(found: Curves | None, chosen: Sequence[Entry]) -> dict[str, Any] | None:
    """The curves and their differences, the base's curve first."""
    if found is None:
        return None
    names: dict[int, dict[str, Any]] = {e.id: {"entry": e.id, "colorizer": e.name} for e in chosen}
    return {
        "methods": [names[key] | _whole(points) for key, points in found.points.items()],
        "differences": [names[key] | _whole(points) for key, points in found.apart.items()],
    }


def _whole(points: Points) -> dict[str, Any]:
    return {**dict.fromkeys(ENDS), **points}


def records(found: Curves | None, chosen: Sequence[Entry]) -> list[dict[str, Any]]:
    """A record per method after the first and threshold, named as the other records of a comparison."""
    if found is None:
        return []
    names = {entry.id: entry.name for entry in chosen}
    base, own = next(iter(found.points.items()))
    return [
        {
            "metric": f"{METRIC}.{COLUMN}", "threshold": at, "base": names[base], "colorizer": names[key],
            "base_value": own["share"][k], "value": found.points[key]["share"][k], "n": points["n"],
            "difference": points["share"][k], **{end: points[end][k] if end in points else None for end in ENDS},
            "test": "normal" if "low" in points else "", "unit": "fraction", "better": "higher",
        }
        for key, points in found.apart.items()
        for k, at in enumerate(points["threshold"])
    ]  # fmt: skip
