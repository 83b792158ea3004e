"""Areas and crossings, against numpy's trapezoids and curves worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.curve_shapes import area_weights, points_to_reach

POINTS = st.sets(st.integers(0, 500), min_size=2, max_size=12).map(sorted)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(points=POINTS, seed=st.integers(0, 99))
def test_the_area_is_that_of_trapezoids_over_the_length_of_the_axis(points: list[int], seed: int) -> None:
    x, values = np.log1p(points), np.random.default_rng(seed).normal(25, 3, len(points))

    assert area_weights(x) @ values == pytest.approx(np.trapezoid(values, x) / (x[-1] - x[0]))


@settings(max_examples=30, deadline=None)
@given(points=POINTS, level=st.floats(-5, 5))
def test_a_flat_curve_has_its_height_as_area(points: list[int], level: float) -> None:
    assert area_weights(np.array(points, float)) @ np.full(len(points), level) == pytest.approx(level)


def test_a_level_is_reached_on_the_straight_line_between_two_numbers() -> None:
    values = np.array([[20.0, 20.0, 20.0], [22.0, 19.0, 18.0], [30.0, 20.5, 19.0]])

    counts = points_to_reach([0, 1, 9], values, np.array([21.0, 20.25, 25.0]), "higher")

    # Half of the way from ln 1 to ln 2; then of 19 to 20.5 five sixths of the way from ln 2 to ln 10; never.
    assert counts.tolist() == pytest.approx([np.sqrt(2) - 1, 2 * 5 ** (5 / 6) - 1, np.inf])


def test_where_less_is_better_a_level_is_reached_from_above() -> None:
    values = np.array([[0.3], [0.2], [0.1]])

    assert points_to_reach([0, 2, 8], values, np.array([0.2]), "lower")[0] == pytest.approx(2)
    assert points_to_reach([0, 2, 8], values, np.array([0.35]), "lower")[0] == 0
    assert points_to_reach([0, 2, 8], values, np.array([0.05]), "lower")[0] == np.inf


def test_the_first_of_several_crossings_counts() -> None:
    values = np.array([[20.0], [24.0], [21.0], [25.0]])

    assert points_to_reach([0, 1, 2, 3], values, np.array([24.0]), "higher")[0] == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(points=POINTS, seed=st.integers(0, 99), level=st.floats(20, 30))
def test_the_value_at_the_number_found_is_the_level(points: list[int], seed: int, level: float) -> None:
    values = np.sort(np.random.default_rng(seed).normal(25, 3, len(points)))

    found = points_to_reach(points, values[:, None], np.array([level]), "higher")[0]

    if level <= values[0]:
        assert found == points[0]
    elif level > values[-1]:
        assert found == np.inf
    else:
        assert np.interp(np.log1p(found), np.log1p(points), values) == pytest.approx(level)
