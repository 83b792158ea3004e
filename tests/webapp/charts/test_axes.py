"""The paper of charts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.charts.axes import Axes, figure, frame, legend, ticks


def test_corners_lie_at_the_corners() -> None:
    axes = Axes((0, 10), (0, 1), 640, 320)

    assert (axes.across(0), axes.across(10)) == (48, 628)
    assert (axes.upward(0), axes.upward(1)) == (278, 26)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_even_and_within(lo: float, width: float) -> None:
    found = [value for value, _ in ticks(lo, lo + width)]

    assert 1 <= len(found) <= 7
    assert all(lo - 1e-6 * width <= value <= lo + width * (1 + 1e-6) for value in found)


def test_words_at_the_edges_stay_on_the_paper() -> None:
    drawn = frame(Axes((1, 10), (0, 1)), ("", ""), ([(1, "rarest"), (5, "5"), (10, "common")], []))

    anchors = dict(re.findall(r'text-anchor="(\w+)">(\w+)<', drawn)[k][::-1] for k in range(3))
    assert anchors == {"rarest": "start", "5": "middle", "common": "end"}


def test_a_range_of_nothing_has_one_tick() -> None:
    assert ticks(2.0, 2.0) == [(2.0, "2")]


@pytest.mark.parametrize("made", [figure(Axes((0, 1), (0, 1)), "<b>", ""), legend(["<b>"])])
def test_names_are_escaped(made: str) -> None:
    assert "<b>" not in made
    assert "&lt;b&gt;" in made
