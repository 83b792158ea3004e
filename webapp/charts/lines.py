"""Lines with bands: cumulative errors, and scores against the number of hints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from webapp.charts.axes import Axes, Ticks, figure, frame, legend, ticks

REACH = 60
"""Errors beyond, in Lab units, are rare: all curves are near 1."""


@dataclass(frozen=True)
class Line:
    """A line to draw: what it is called, its points, and the band around it, empty for none."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def cumulative(label: str, points: Mapping[str, Any], step: int = 2) -> Line:
    """The curve of a metric as the database has it; every second threshold is as much as the eye sees."""
    kept = [k for k, x in enumerate(points["threshold"]) if x <= REACH and x % step == 0]
    names = ("threshold", "share", "low", "high")
    return Line(label, *([points[name][k] for k in kept] if name in points else () for name in names))


def cumulative_chart(lines: Sequence[Line]) -> Markup:
    """The share of pixels within each error."""
    axes = Axes((0, REACH), (0, 1))
    marks = [(x, str(x)) for x in range(0, REACH + 1, 10)], [(k / 5, str(20 * k)) for k in range(6)]
    return _chart(axes, ("ab error, Lab units", "pixels within, %"), marks, lines)


def difference_chart(base: str, apart: Sequence[Line]) -> Markup:
    """How much more of the pixels each curve has within an error than that of the base, which is the level line."""
    lines = [Line(base, apart[0].xs, [0.0] * len(apart[0].xs)), *apart]
    edges = [y for line in lines for y in (*line.ys, *line.low, *line.high)]
    axes = Axes((0, REACH), (min(edges), max(max(edges), min(edges) + 1e-3)), height=220)
    marks = [(y, f"{100 * y:+g}" if y else "0") for y, _ in ticks(*axes.y, 6)]
    titles = ("ab error, Lab units", f"difference from {base}, percentage points")
    return _chart(axes, titles, ([(x, str(x)) for x in range(0, REACH + 1, 10)], marks), lines, keys=False)


def hints_chart(lines: Sequence[Line], title: str) -> Markup:
    """A metric against the number of hints; steps are even, as hints grow by factors."""
    counts = sorted({x for line in lines for x in line.xs})
    even = [Line(one.label, [counts.index(x) for x in one.xs], one.ys, one.low, one.high) for one in lines]
    edges = [y for line in lines for y in (*line.ys, *line.low, *line.high)]
    axes = Axes((0, max(len(counts) - 1, 1)), (min(edges), max(edges)))
    marks: tuple[Ticks, Ticks] = [(k, f"{count:g}") for k, count in enumerate(counts)], ticks(*axes.y)
    return _chart(axes, ("hints", title), marks, even)


def _chart(
    axes: Axes, titles: tuple[str, str], marks: tuple[Ticks, Ticks], lines: Sequence[Line], keys: bool = True
) -> Markup:
    bands, paths = [], []
    for k, line in enumerate(lines):
        if line.low:
            edge = axes.path([*line.xs, *reversed(line.xs)], [*line.low, *reversed(line.high)])
            bands.append(f'<path class="band s{k}" d="{edge}Z"/>')
        paths.append(f'<path class="l s{k}" d="{axes.path(line.xs, line.ys)}"/>')
    named = f"{titles[1]} by {titles[0]}, of {', '.join(line.label for line in lines)}"
    drawn = figure(axes, named, frame(axes, titles, marks) + "".join(bands + paths))
    return drawn + legend([line.label for line in lines]) if keys else drawn


def rarity_chart(lines: Sequence[Line]) -> Markup:
    """How right methods are, from the rarest to the most common tenth of the colors."""
    edges = [y for line in lines for y in line.ys]
    axes = Axes((1, max(line.xs[-1] for line in lines)), (min(edges), 1.0), height=240)
    last = int(axes.x[1])
    names = [(1, "rarest"), *((k, str(k)) for k in range(2, last - 1)), (last, "common")]
    marks = names, [(y, f"{100 * y:g}") for y, _ in ticks(*axes.y)]
    return _chart(axes, ("tenths of the ab bins, by how often the color occurs", "accuracy, %"), marks, lines)
