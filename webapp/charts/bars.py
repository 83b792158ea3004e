"""Counts as bars: sessions by hour, exposures by how far they were off the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from webapp.charts.axes import Axes, figure, frame, ticks, whole_ticks

HOURS = 48
"""The newest hours that are drawn."""
FEWEST = 12
SECONDS = 3600


def hours_chart(hours: Sequence[Mapping[str, Any]]) -> Markup:
    """Sessions that finished by hour, the newest two days of them; nothing where there are none."""
    if not hours:
        return Markup("")
    newest = [(datetime.fromisoformat(one["hour"]), one["finished"]) for one in hours[-HOURS:]]
    counts = {int(at.timestamp()) // SECONDS: number for at, number in newest}
    last = max(counts)
    first = min(max(min(counts), last - HOURS + 1), last - FEWEST + 1)
    shown = {hour: counts.get(hour, 0) for hour in range(first, last + 1)}
    axes = Axes((first, last + 1), (0, max(shown.values())), height=150)
    times = [(hour, at.strftime("%-d %b %H:00")) for hour, (at, _) in zip(counts, newest, strict=True) if hour >= first]
    marks = [times[0], times[-1]] if len(times) > 1 and times[-1][0] - times[0][0] > FEWEST else times[-1:]
    body = frame(axes, ("", "sessions finished, by hour (UTC)"), (marks, whole_ticks(axes.y[1])))
    return figure(axes, "Sessions finished, by hour", body + _bars(axes, {h: (h + 1, n) for h, n in shown.items()}))


def exposures_chart(valid: Mapping[float, int], invalid: Mapping[float, int], frame_ms: float | None) -> Markup:
    """Exposures by how far they were off the plan, in ms; lines mark one frame of the usual screen."""
    everything = [*valid, *invalid]
    if not everything:
        return Markup("")
    reach = min(max(3 * (frame_ms or 10), 20.0), max(20.0, max(map(abs, everything))))
    steps = 61
    width = 2 * reach / steps
    counted = {name: _binned(found, reach, width) for name, found in (("up", valid), ("down", invalid))}
    top = max(max(bins.values(), default=0) for bins in counted.values())
    axes = Axes((-reach, reach), (0, top), height=240)
    titles = ("measured minus planned exposure, ms", "test trials")
    body = frame(axes, titles, (ticks(-reach, reach, 7), whole_ticks(top)))
    for name, bins in counted.items():
        drawn = {-reach + k * width: (-reach + (k + 1) * width, number) for k, number in bins.items()}
        body += _bars(axes, drawn, name)
    for edge in (-frame_ms, frame_ms) if frame_ms and frame_ms < reach else ():
        body += f'<path class="ax" d="M{axes.across(edge):.1f} {axes.upward(0):.1f}V{axes.upward(top):.1f}"/>'
    return figure(axes, "Exposures by how far they were off the plan", body)


def _binned(found: Mapping[float, int], reach: float, width: float) -> dict[int, int]:
    bins: dict[int, int] = {}
    for off, number in found.items():
        kept = min(max(off, -reach), reach - width / 2)
        bins[int((kept + reach) // width)] = bins.get(int((kept + reach) // width), 0) + number
    return bins


def _bars(axes: Axes, found: Mapping[float, tuple[float, int]], name: str = "up") -> str:
    return "".join(
        f'<path class="{name}" d="M{axes.across(start):.1f} {axes.upward(0):.1f}V{axes.upward(number):.1f}'
        f'H{max(axes.across(start) + 1, axes.across(end) - 1):.1f}V{axes.upward(0):.1f}Z"/>'
        for start, (end, number) in sorted(found.items())
        if number
    )
