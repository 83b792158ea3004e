from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from evalsuite.colorizers.levin2004 import COLORIZER, neighbor_weights, propagate
from evalsuite.contracts import Batch, Hints, Setting
from evalsuite.errors import UserError

Floats = NDArray[np.float64]
LUMINANCE = arrays(np.float64, (8, 8), elements=st.integers(0, 255).map(lambda level: level / 255))


def worked_weights(Y: Floats) -> dict[tuple[int, int], dict[tuple[int, int], float]]:
    """Pixel by pixel as the released procedure is described, with loops and dictionaries."""
    height, width = Y.shape
    result = {}
    for r, c in product(range(height), range(width)):
        near = [(i, j) for i, j in product(range(r - 1, r + 2), range(c - 1, c + 2)) if 0 <= i < height]
        near = [(i, j) for i, j in near if 0 <= j < width and (i, j) != (r, c)]
        t, g = Y[r, c], [Y[place] for place in near]
        everyone = [*g, t]
        mean = sum(everyone) / len(everyone)
        spread = 0.6 * sum((value - mean) ** 2 for value in everyone) / len(everyone)
        nearest = min((value - t) ** 2 for value in g)
        if spread < -nearest / math.log(0.01):
            spread = -nearest / math.log(0.01)
        spread = max(spread, 0.000002)
        weights = [math.exp(-((value - t) ** 2) / spread) for value in g]
        result[r, c] = {place: weight / sum(weights) for place, weight in zip(near, weights, strict=True)}
    return result


def worked_solution(Y: Floats, hints: Floats, marked: NDArray[np.bool_]) -> Floats:
    """The linear system written out densely."""
    height, width = Y.shape
    system = np.eye(height * width)
    for (r, c), weights in worked_weights(Y).items():
        for (i, j), weight in weights.items() if not marked[r, c] else ():
            system[r * width + c, i * width + j] = -weight
    known = (hints * marked).reshape(len(hints), -1).T
    return np.asarray(np.linalg.solve(system, known).T).reshape(hints.shape)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(Y=LUMINANCE)
def test_weights_are_those_of_the_released_procedure(Y: Floats) -> None:
    weights = neighbor_weights(Y)

    offsets = [(i, j) for i, j in product((-1, 0, 1), repeat=2) if (i, j) != (0, 0)]
    for (r, c), expected in worked_weights(Y).items():
        for k, (i, j) in enumerate(offsets):
            assert weights[k, r, c] == pytest.approx(expected.get((r + i, c + j), 0.0), abs=1e-12)
    np.testing.assert_allclose(weights.sum(axis=0), 1)


def test_a_plain_photo_weighs_all_neighbors_alike() -> None:
    weights = neighbor_weights(np.full((5, 5), 0.3))

    np.testing.assert_allclose(weights[:, 2, 2], 1 / 8)
    np.testing.assert_allclose(np.sort(weights[:, 0, 0]), [0, 0, 0, 0, 0, 1 / 3, 1 / 3, 1 / 3])


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(Y=LUMINANCE, marks=st.sets(st.integers(0, 63), min_size=1, max_size=20), seed=st.integers(0, 99))
def test_colors_solve_the_system_worked_densely(Y: Floats, marks: set[int], seed: int) -> None:
    marked = np.isin(np.arange(64).reshape(8, 8), list(marks))
    hints = np.random.default_rng(seed).uniform(-100, 100, (2, 8, 8))

    np.testing.assert_allclose(propagate(Y, hints, marked), worked_solution(Y, hints, marked), atol=1e-5)


@pytest.mark.parametrize("size", [(1, 30), (30, 1), (2, 40), (17, 33), (40, 23)])
def test_photos_of_every_shape_are_solved(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    Y, hints = rng.random(size), rng.uniform(-100, 100, (2, *size))
    marked = rng.random(size) < 0.1
    marked[0, 0] = True

    np.testing.assert_allclose(propagate(Y, hints, marked), worked_solution(Y, hints, marked), atol=1e-5)


def test_one_hint_colors_a_plain_photo_evenly() -> None:
    marked = np.zeros((20, 30), np.bool_)
    marked[4, 7] = True

    colors = propagate(np.full((20, 30), 0.4), np.stack([np.full((20, 30), 25.0), np.full((20, 30), -8.0)]), marked)

    np.testing.assert_allclose(colors[0], 25)
    np.testing.assert_allclose(colors[1], -8)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    size=st.tuples(st.integers(2, 24), st.integers(2, 24)),
    level=st.integers(0, 255),
    place=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    color=st.tuples(st.floats(-100, 100), st.floats(-100, 100)),
)
def test_one_scribble_anywhere_on_a_flat_photo_colors_it_whole(
    size: tuple[int, int], level: int, place: tuple[float, float], color: tuple[float, float]
) -> None:
    marked = np.zeros(size, np.bool_)
    marked[int(place[0] * size[0]), int(place[1] * size[1])] = True
    hints = np.broadcast_to(np.array(color)[:, None, None], (2, *size))

    np.testing.assert_allclose(propagate(np.full(size, level / 255), hints, marked), hints, atol=1e-9)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(
    levels=st.tuples(st.integers(0, 100), st.integers(155, 255)),
    colors=st.tuples(st.floats(-90, 90), st.floats(-90, 90)),
)
def test_flat_regions_far_apart_in_lightness_keep_the_colors_of_their_scribbles(
    levels: tuple[int, int], colors: tuple[float, float]
) -> None:
    right = np.broadcast_to(np.arange(24) >= 12, (12, 24))
    Y = np.where(right, levels[1], levels[0]) / 255
    hints = np.where(right, colors[1], colors[0])[None]
    marked = np.zeros((12, 24), np.bool_)
    marked[4:8, [4, 19]] = True

    leak = np.abs(propagate(Y, hints, marked) - hints)[0]

    # The spread of a window across the border is that of the border itself, so that a little crosses it.
    assert leak.max() <= 0.05 * abs(colors[0] - colors[1]) + 1e-9
    assert leak[:, [0, 4, 19, 23]].max() <= 0.03 * abs(colors[0] - colors[1]) + 1e-9


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(Y=LUMINANCE, marks=st.sets(st.integers(0, 63), min_size=1, max_size=20), seed=st.integers(0, 99))
def test_the_maximum_principle_holds_for_every_photo_and_both_channels(Y: Floats, marks: set[int], seed: int) -> None:
    marked = np.isin(np.arange(64).reshape(8, 8), list(marks))
    hints = np.random.default_rng(seed).uniform(-100, 100, (2, 8, 8))

    colors = propagate(Y, hints, marked)

    for color, hint in zip(colors, hints, strict=True):
        assert hint[marked].min() <= color.min() <= color.max() <= hint[marked].max()
        np.testing.assert_array_equal(color[marked], hint[marked])


def test_a_hint_stays_on_its_side_of_an_edge() -> None:
    Y = np.full((16, 32), 0.2)
    Y[:, 16:] = 0.8
    hints = np.where(Y < 0.5, 40.0, -40.0)[None]
    marked = np.zeros(Y.shape, np.bool_)
    marked[4:12, [8, 24]] = True

    colors = propagate(Y, hints, marked)[0]

    np.testing.assert_allclose(colors, hints[0], atol=1.5)


def test_hints_everywhere_are_kept() -> None:
    hints = np.random.default_rng(0).uniform(-90, 90, (2, 9, 9))

    np.testing.assert_array_equal(propagate(np.random.default_rng(1).random((9, 9)), hints, hints[0] < 100), hints)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(Y=LUMINANCE)
def test_colors_lie_between_the_hints(Y: Floats) -> None:
    hints = np.linspace(-50, 70, 64).reshape(1, 8, 8)
    marked = np.zeros((8, 8), np.bool_)
    marked[[1, 6, 3], [2, 5, 3]] = True

    colors = propagate(Y, hints, marked)

    assert colors.min() == hints[0, marked].min()
    assert colors.max() == hints[0, marked].max()


def batch_with(hints: Hints | None) -> Batch:
    return Batch(torch.rand(2, 1, 8, 8) * 100, (), (0, 1), (0, 1), hints=hints)


def test_a_photo_without_a_hint_stays_gray() -> None:
    mask = torch.zeros(2, 1, 8, 8)
    mask[1, 0, 3, 3] = 1

    ab = COLORIZER.load(Setting(torch.device("cpu")))(batch_with(Hints(mask.expand(2, 2, 8, 8) * 30, mask)))

    assert ab[0].abs().amax() == 0
    assert torch.allclose(ab[1], torch.tensor(30.0))


def test_hints_are_required() -> None:
    with pytest.raises(UserError, match="colors spread from hints; got none"):
        COLORIZER.load(Setting(torch.device("cpu")))(batch_with(None))
