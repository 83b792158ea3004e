"""Values and intervals on small lines, for tables."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, MIDDLE = 104, 5
EDGE = 3
"""What a whisker leaves free at both ends, so that marks are whole."""


def whisker(value: float, ends: Sequence[float | None], domain: Sequence[float], zero: bool = False) -> Markup:
    """Draw a value and its interval on a small line; what lies outside the domain is cut off at its edge."""
    lo, hi = domain
    scale = (WIDTH - 2 * EDGE) / (hi - lo) if hi > lo else 0

    def x(position: float) -> str:
        within = lo if position < lo else hi if position > hi else position
        return f"{EDGE + (within - lo) * scale:.1f}".removesuffix(".0")

    line = f"M{x(0)} 0v10" if zero and lo <= 0 <= hi else ""
    low, high = ends
    bar = f'<path d="M{x(low)} {MIDDLE}H{x(high)}"/>' if low is not None and high is not None else ""
    rule = f'<path class="z" d="{line}"/>' if line else ""
    return Markup(f'<svg class="w">{rule}{bar}<circle cx="{x(value)}" cy="{MIDDLE}" r="2.5"/></svg>')
