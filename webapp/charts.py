"""Charts as inline SVG: presentation attributes and classes of our stylesheet, nothing inline that a policy forbids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from markupsafe import Markup, escape

LEFT, RIGHT, TOP, BOTTOM = 44, 12, 26, 38
"""The margins of a chart."""
Ticks: TypeAlias = Sequence[tuple[float, str]]
WIDTH, MIDDLE = 104, 5
EDGE = 3
"""What a whisker leaves free at both ends, so that marks are whole."""


def whisker(value: float, ends: Sequence[float | None], domain: Sequence[float], zero: bool = False) -> Markup:
    """Draw a value and its interval on a small line; what lies outside the domain is cut off at its edge."""
    lo, hi = domain
    scale = (WIDTH - 2 * EDGE) / (hi - lo) if hi > lo else 0

    def x(position: float) -> str:
        return f"{EDGE + (min(max(position, lo), hi) - lo) * scale:.1f}".removesuffix(".0")

    line = f"M{x(0)} 0v10" if zero and lo <= 0 <= hi else ""
    low, high = ends
    bar = f'<path d="M{x(low)} {MIDDLE}H{x(high)}"/>' if low is not None and high is not None else ""
    rule = f'<path class="z" d="{line}"/>' if line else ""
    return Markup(f'<svg class="w">{rule}{bar}<circle cx="{x(value)}" cy="{MIDDLE}" r="2.5"/></svg>')


@dataclass(frozen=True)
class Axes:
    """Where a chart's values lie on the paper.

    Attributes:
        x: The first and last value across.
        y: The first and last value upward.
        width: Of the whole chart, in its own units.
        height: Of the whole chart.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    width: int = 640
    height: int = 320

    def across(self, value: float) -> float:
        """Where a value lies across."""
        return LEFT + (value - self.x[0]) / ((self.x[1] - self.x[0]) or 1) * (self.width - LEFT - RIGHT)

    def upward(self, value: float) -> float:
        """Where a value lies, from the top."""
        share = (value - self.y[0]) / ((self.y[1] - self.y[0]) or 1)
        return self.height - BOTTOM - share * (self.height - TOP - BOTTOM)

    def path(self, xs: Sequence[float], ys: Sequence[float]) -> str:
        """A line through points."""
        return "M" + "L".join(f"{self.across(x):.1f} {self.upward(y):.1f}" for x, y in zip(xs, ys, strict=True))


def frame(axes: Axes, titles: tuple[str, str], ticks: tuple[Ticks, Ticks]) -> str:
    """The axes with their ticks and titles."""
    bottom, middle = axes.height - BOTTOM, (axes.width + LEFT - RIGHT) / 2
    parts = [f'<path class="ax" d="M{LEFT} {TOP}V{bottom}H{axes.width - RIGHT}"/>']
    for value, text in ticks[0]:
        parts.append(f'<text x="{axes.across(value):.0f}" y="{bottom + 16}" text-anchor="middle">{text}</text>')
    for value, text in ticks[1]:
        y = axes.upward(value)
        parts.append(f'<path class="gr" d="M{LEFT} {y:.1f}H{axes.width - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{text}</text>')
    parts.append(f'<text x="{middle:.0f}" y="{axes.height - 4}" text-anchor="middle">{escape(titles[0])}</text>')
    parts.append(f'<text x="{LEFT}" y="{TOP - 8}">{escape(titles[1])}</text>')
    return "".join(parts)


def figure(axes: Axes, title: str, body: str) -> Markup:
    """A whole chart."""
    size = f'viewBox="0 0 {axes.width} {axes.height}"'
    return Markup(f'<svg class="chart" {size} role="img"><title>{escape(title)}</title>{body}</svg>')


def legend(labels: Sequence[str]) -> Markup:
    """What the lines of a chart are: color, dash and name."""
    items = (
        f'<li><svg class="key" viewBox="0 0 28 8" aria-hidden="true"><path class="l s{k}" d="M0 4H28"/></svg> '
        f"{escape(label)}</li>"
        for k, label in enumerate(labels)
    )
    return Markup(f'<ul class="legend">{"".join(items)}</ul>')


def curves(lines: Sequence[tuple[str, Mapping[str, Any]]], step: int = 2) -> Markup:
    """Cumulative error curves with their bands: every second threshold is as much as the eye sees."""
    axes = Axes((0, 60), (0, 1))
    xticks = [(x, str(x)) for x in range(0, 61, 10)]
    body = frame(axes, ("ab error, Lab units", "pixels within, %"), (xticks, [(k / 5, str(20 * k)) for k in range(6)]))
    bands, paths = [], []
    for k, (_, points) in enumerate(lines):
        kept = [i for i, x in enumerate(points["threshold"]) if x <= axes.x[1] and x % step == 0]
        xs, ys, low, high = ([points[name][i] for i in kept] for name in ("threshold", "share", "low", "high"))
        band = axes.path([*xs, *reversed(xs)], [*low, *reversed(high)])
        bands.append(f'<path class="band s{k}" d="{band}Z"/>')
        paths.append(f'<path class="l s{k}" d="{axes.path(xs, ys)}"/>')
    title = f"Share of pixels within an ab error, of {', '.join(label for label, _ in lines)}"
    return figure(axes, title, body + "".join(bands + paths)) + legend([label for label, _ in lines])
