"""What browsers say about points, taken apart without trust."""

from __future__ import annotations

from typing import Any

import pytest

from evalsuite.errors import UserError
from evalsuite.points import Point
from evalsuite.studio.asking import points_from_json, points_to_json

GOOD = {"x": 1, "y": 2, "a": 3.5, "b": -4, "size": 6}


def test_points_come_back_as_they_were() -> None:
    points = (Point(1, 2, 3.25, -4.0, 6), Point(0, 0, -86.1, 90.0, 1))

    assert points_from_json(points_to_json(points)) == points


def test_other_names_are_welcome() -> None:
    assert points_from_json([{**GOOD, "at_ms": 500}]) == (Point(1, 2, 3.5, -4.0, 6),)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({}, "a list of x, y, a, b, size; got dict"),
        ([GOOD] * 10_001, r"at most 10,000; got 10,001"),
        ([GOOD, 3], "point 2: an object with x, y, a, b, size; got 3"),
        ([{"x": 1}], "point 1: an object"),
        ([{**GOOD, "x": 1.5}], "point 1, x: a whole number; got 1.5"),
        ([{**GOOD, "size": True}], "size: a whole number; got True"),
        ([{**GOOD, "y": 10**9}], "y: a whole number"),
        ([{**GOOD, "a": "red"}], r"a: a number in Lab units, -128\.\.128; got 'red'"),
        ([{**GOOD, "b": float("nan")}], "b: a number in Lab units"),
        ([{**GOOD, "b": 129}], "got 129"),
        ([{**GOOD, "a": "x" * 500}], r"'xxx.*\.\.\."),
    ],
)
def test_anything_else_is_refused_with_its_place(value: Any, says: str) -> None:
    with pytest.raises(UserError, match=says):
        points_from_json(value)
