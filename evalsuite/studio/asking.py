"""What is asked about coloring, in the form of JSON, taken apart without trust. Knows no tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from evalsuite.errors import UserError
from evalsuite.hint_files import COLUMNS, LARGEST_AB, MOST_POINTS
from evalsuite.points import Point

ADVICE = "Load the page again."


def points_from_json(value: object) -> tuple[Point, ...]:
    """Read points from a list of objects with x, y, a, b and size; other names are welcome and not read.

    Raises:
        UserError: Something else; the message names the point.

    Example:
        >>> points_from_json([{"x": 3, "y": 4, "a": 20.5, "b": -7, "size": 6}])
        (Point(x=3, y=4, a=20.5, b=-7.0, size=6),)
    """
    if not isinstance(value, list):
        raise UserError(f"points: a list of {', '.join(COLUMNS)}; got {type(value).__name__}. {ADVICE}")
    if len(value) > MOST_POINTS:
        raise UserError(f"points: a photo has at most {MOST_POINTS:,}; got {len(value):,}. Take some away.")
    return tuple(_point(one, number) for number, one in enumerate(value, start=1))


def points_to_json(points: Sequence[Point]) -> list[dict[str, float]]:
    """Write points as JSON has them; read again, they are the same."""
    return [{"x": p.x, "y": p.y, "a": p.a, "b": p.b, "size": p.size} for p in points]


def whole(value: object, where: str) -> int:
    """Read a whole number.

    Raises:
        UserError: Something else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**6:
        raise UserError(f"{where}: a whole number; got {_shown(value)}. {ADVICE}")
    return value


def _point(value: Any, number: int) -> Point:
    if not isinstance(value, dict) or not set(COLUMNS) <= set(value):
        raise UserError(f"points, point {number}: an object with {', '.join(COLUMNS)}; got {_shown(value)}. {ADVICE}")
    x, y, size = (whole(value[name], f"points, point {number}, {name}") for name in ("x", "y", "size"))
    a, b = (_color(value[name], f"points, point {number}, {name}") for name in ("a", "b"))
    return Point(x, y, a, b, size)


def _color(value: object, where: str) -> float:
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not abs(number) <= LARGEST_AB:
        rule = f"{where}: a number in Lab units, -{LARGEST_AB:g}..{LARGEST_AB:g}"
        raise UserError(f"{rule}; got {_shown(value)}. Choose a color from the picker.")
    return number


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
