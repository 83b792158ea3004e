"""What charts show of numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from skimage.color import rgb2lab

from webapp.charts.histograms import difference_histogram
from webapp.charts.lines import Line, cumulative, difference_chart, hints_chart
from webapp.charts.planes import gamut, histogram_map, value_map
from webapp.charts.whiskers import whisker


def test_a_whisker_spans_its_interval_and_is_cut_off_at_the_edge() -> None:
    assert 'd="M52 5H101"' in whisker(75.0, (50.0, 100.0), (0.0, 100.0))
    assert 'cx="76.5"' in whisker(75.0, (50.0, 100.0), (0.0, 100.0))
    assert 'd="M3 5H101"' in whisker(500.0, (-500.0, 500.0), (0.0, 100.0))


def test_a_whisker_of_a_difference_shows_where_nothing_is() -> None:
    assert 'class="z" d="M52 0v10"' in whisker(1.0, (0.5, 1.5), (-2.0, 2.0), zero=True)
    assert 'class="z"' not in whisker(1.0, (0.5, 1.5), (0.2, 2.0), zero=True)


def test_a_value_without_interval_is_a_dot() -> None:
    assert "<path" not in whisker(1.0, (None, None), (0.0, 2.0))


def test_curves_are_thinned_out_and_cut_where_nothing_happens() -> None:
    points = {name: list(range(151)) for name in ("threshold", "share", "low", "high")}

    line = cumulative("x", points)

    assert list(line.xs) == list(range(0, 61, 2))
    assert line.ys == line.low == line.high == line.xs


def test_differences_are_drawn_around_the_level_line_of_their_base() -> None:
    drawn = difference_chart("a", [Line("b", [0, 60], [-0.25, 0.0])])

    first, second = re.findall(r'class="l s\d" d="([^"]+)"', drawn)
    assert first == "M48.0 26.0L628.0 26.0"
    assert second == "M48.0 178.0L628.0 26.0"  # a quarter below, at the chart's lower edge
    assert "band" not in drawn


def test_the_band_of_a_difference_has_its_lines_color_and_room_on_the_paper() -> None:
    drawn = difference_chart("a", [Line("b", [0, 60], [0.2, 0.0], [0.1, 0.0], [0.3, 0.0])])

    [edge] = re.findall(r'class="band s1" d="([^"]+)"', drawn)
    assert edge == "M48.0 127.3L628.0 178.0L628.0 178.0L48.0 26.0Z"  # from 0.1 up to 0.3, the chart's upper edge


def test_numbers_of_hints_stand_at_even_steps() -> None:
    drawn = hints_chart([Line("a", [1, 10, 500], [20.0, 25.0, 30.0])], "PSNR")

    xs = [float(x) for x in re.findall(r"[ML]([\d.]+) ", re.findall(r'class="l s0" d="([^"]+)"', drawn)[0])]
    assert xs == [48.0, 338.0, 628.0]


def test_bars_on_both_sides_of_nothing_look_different_and_hold_all_photos() -> None:
    rng = np.random.default_rng(0)

    drawn = difference_histogram(rng.normal(1, 1, 1000), "x")

    assert 'class="up"' in drawn
    assert 'class="down"' in drawn
    assert "difference" not in drawn
    assert difference_histogram(np.zeros(5), "nothing differs")


def test_the_outline_holds_every_color_of_srgb_and_touches_its_corners() -> None:
    outline = np.array(gamut())
    rgb = np.random.default_rng(0).random((1, 2000, 3))
    ab = rgb2lab(rgb)[0, :, 1:]
    corners = rgb2lab(np.array([[[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]]], float))[0, :, 1:]

    far = np.hypot(*outline.T)
    angle = np.arctan2(outline[:, 1], outline[:, 0])
    order = np.argsort(angle)
    limit = np.interp(np.arctan2(ab[:, 1], ab[:, 0]), angle[order], far[order], period=2 * np.pi)
    assert (np.hypot(*ab.T) <= limit + 2).all()
    for corner in corners:
        assert np.hypot(*(outline - corner).T).min() < 3


def test_maps_draw_neighbors_of_a_level_as_one_line() -> None:
    counts = np.zeros((5, 5), np.int64)
    counts[1:4, 2] = 7  # three neighbors along a
    counts[0, 0] = 1

    drawn = histogram_map(counts, 5, "colors")

    assert re.findall(r'class="h\d" d="([^"]+)"', drawn) == ["M-2 2h1", "M-1 0h3"]
    assert "the most common color has 7 pixels" in drawn


@pytest.mark.parametrize(("value", "level"), [(0.0, 1), (0.5, 5), (1.0, 9)])
def test_shares_are_drawn_in_nine_steps_and_bins_without_pixels_stay_empty(value: float, level: int) -> None:
    drawn = value_map([(0, 10), (50, 50)], [value, np.nan], "accuracy")

    assert re.findall(r'class="(h\d)" d="([^"]+)"', drawn) == [(f"h{level}", "M0 -1h1")]
