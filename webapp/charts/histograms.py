"""How often values occur."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from webapp.charts.axes import Axes, figure, frame, ticks, whole_ticks

BARS = 40


def difference_histogram(differences: NDArray[np.float64], title: str) -> Markup:
    """Photos by the difference of two methods; bars on both sides of 0 differ in pattern as well as in color."""
    reach = float(np.quantile(np.abs(differences), 0.995)) or 1.0
    edges = np.linspace(-reach, reach, BARS + 1)
    counts, _ = np.histogram(np.clip(differences, -reach, reach), edges)
    axes = Axes((-reach, reach), (0, float(counts.max()) or 1.0), height=240)
    bars = "".join(
        f'<path class="{"up" if edge >= 0 else "down"}" d="M{axes.across(edge):.1f} {axes.upward(0):.1f}'
        f'V{axes.upward(count):.1f}H{axes.across(edges[k + 1]) - 1:.1f}V{axes.upward(0):.1f}Z"/>'
        for k, (edge, count) in enumerate(zip(edges, counts, strict=False))
        if count
    )
    zero = f'<path class="ax" d="M{axes.across(0):.1f} {axes.upward(0):.1f}V{axes.upward(axes.y[1]):.1f}"/>'
    body = frame(axes, (title, "photos"), (ticks(*axes.x, 7), whole_ticks(axes.y[1])))
    return figure(axes, f"Photos by {title}", body + bars + zero)
