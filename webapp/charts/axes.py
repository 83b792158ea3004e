"""The paper that charts are drawn on: axes, ticks, titles, legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TypeAlias

from markupsafe import Markup, escape

LEFT, RIGHT, TOP, BOTTOM = 48, 12, 26, 42
"""The margins of a chart."""
HALF = 5
"""Half the width of a letter on phones, where letters are larger for their charts: what a label needs at the edge."""
LINES = 8
"""How many lines one can tell apart, by color and dash."""
Ticks: TypeAlias = Sequence[tuple[float, str]]


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
        x, half = axes.across(value), len(text) * HALF
        anchor = "end" if x + half > axes.width else "start" if x - half < LEFT / 2 else "middle"
        parts.append(f'<text x="{x:.0f}" y="{bottom + 17}" text-anchor="{anchor}">{text}</text>')
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


def ticks(lo: float, hi: float, count: int = 5) -> Ticks:
    """Round values between two ends, about so many.

    Example:
        >>> ticks(0.3, 2.2)
        [(0.5, '0.5'), (1.0, '1'), (1.5, '1.5'), (2.0, '2')]
    """
    if not hi > lo:
        return [(lo, f"{lo:g}")]
    rough = (hi - lo) / count
    unit = 10.0 ** floor(log10(rough))
    step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= rough * 0.999)
    found = [round(k * step, 10) for k in range(ceil(lo / step - 1e-9), floor(hi / step + 1e-9) + 1)]
    return [(value, f"{value:g}") for value in found]


def whole_ticks(top: float) -> Ticks:
    """Round values from 0, whole ones alone: of what is counted there are no halves.

    Example:
        >>> whole_ticks(2)
        [(0.0, '0'), (1.0, '1'), (2.0, '2')]
    """
    return [(value, text) for value, text in ticks(0, top, 4) if value == int(value)]
