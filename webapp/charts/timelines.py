"""When images of a trial were on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from webapp.charts.axes import Axes, figure, frame, ticks

MOST = 400
"""Frames that can be told apart on the paper."""


def timeline(scenes: Sequence[Mapping[str, Any]], frame_ms: float) -> Markup:
    """Bars per place, from onset to offset, over ticks of the screen's frames."""
    if not scenes:
        return Markup("")
    end = max(one["off_ms"] for one in scenes) + 200
    places = sorted({one["place"] for one in scenes})
    axes = Axes((0, end), (0, len(places)), height=60 + 40 * len(places))
    names = [(k + 0.5, _name(place, len(places))) for k, place in enumerate(reversed(places))]
    body = frame(axes, ("ms since the trial began", ""), (ticks(0, end, 8), names))
    for one in scenes:
        top = len(places) - places.index(one["place"])
        x0, x1 = axes.across(one["on_ms"]), axes.across(one["off_ms"])
        y0, y1 = axes.upward(top - 0.8), axes.upward(top - 0.2)
        body += f'<path class="up" d="M{x0:.1f} {y0:.1f}V{y1:.1f}H{x1:.1f}V{y0:.1f}Z"/>'
    if end / frame_ms <= MOST:
        marks = "".join(f"M{axes.across(k * frame_ms):.1f} {axes.upward(0):.1f}v4" for k in range(int(end / frame_ms)))
        body += f'<path class="ax" d="{marks}"/>'
    return figure(axes, "When images were on the screen", body)


def _name(place: int, places: int) -> str:
    return "image" if places == 1 else ("left", "right")[place] if place < 2 else str(place)
