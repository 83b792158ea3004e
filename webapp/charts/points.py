"""Photos as points: a metric's score across, how often they fooled people upward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from webapp.charts.axes import LINES, Axes, figure, frame, legend, ticks

MOST = 1200
"""Points of a chart; of more photos, every second, third and so on is drawn, in the order of names."""
SHAPES = ("M{x:.0f} {y:.0f}h.1", "M{x:.0f} {y:.0f}m-2.5-2.5l5 5m0-5l-5 5", "M{x:.0f} {y:.0f}m-3 0h6m-3-3v6")
"""Dots, crosses and pluses, so that no color is needed to tell methods apart."""


def scatter(x: NDArray[np.float64], y: NDArray[np.float64], groups: Sequence[str], titles: tuple[str, str]) -> Markup:
    """Draw a point per photo and condition; each condition has its shape and color."""
    if not len(x):
        return Markup("")
    pad = (float(x.max()) - float(x.min())) * 0.03 or 1.0
    axes = Axes((float(x.min()) - pad, float(x.max()) + pad), (0, min(1.0, float(y.max()) * 1.1) or 1.0))
    names = list(dict.fromkeys(groups))
    step = -(-len(x) // MOST)
    marks = [(value, f"{100 * value:g}") for value, _ in ticks(*axes.y)]
    body = frame(axes, titles, (ticks(*axes.x, 6), marks))
    for k, name in enumerate(names[:LINES]):
        mine = [i for i in range(0, len(x), step) if groups[i] == name]
        shape = SHAPES[k % len(SHAPES)]
        path = "".join(shape.format(x=axes.across(x[i]), y=axes.upward(y[i])) for i in mine)
        body += f'<path class="pt p{k % len(SHAPES)} s{k}" d="{path}"/>'
    drawn = figure(axes, f"{titles[1]} by {titles[0]}", body)
    return drawn + _legend(names[:LINES])


def _legend(names: Sequence[str]) -> Markup:
    keys = str(legend(names))
    for k in range(len(names)):
        kind = k % len(SHAPES)
        mark = f'<path class="pt p{kind} s{k}" d="{SHAPES[kind].format(x=14, y=4)}"/>'
        keys = keys.replace(f'<path class="l s{k}" d="M0 4H28"/>', mark)
    return Markup(keys)
