"""Simulated users, against the papers' descriptions by simulation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from evalsuite.errors import UserError
from evalsuite.hints import paint
from evalsuite.simulated_users import STYLES, Style, number_of_points, simulate, simulate_points

ONE_PIXEL = Style(1, False, "")


def noise(photos: int = 3, height: int = 40, width: int = 56) -> Tensor:
    return torch.randn(photos, 2, height, width, generator=torch.Generator().manual_seed(0)) * 30


def flat(height: int, width: int) -> NDArray[np.float32]:
    return np.zeros((2, height, width), np.float32)


@pytest.mark.slow
def test_a_point_gives_the_mean_color_of_its_patch() -> None:
    ab = noise()

    hints = simulate_points(ab, 1, [1, 2, 3])

    for photo in range(3):
        rows, columns = torch.nonzero(hints.mask[photo, 0], as_tuple=True)
        top, left = rows.min(), columns.min()
        patch = (slice(None), slice(int(top), int(top) + 6), slice(int(left), int(left) + 6))
        assert len(rows) == 36
        assert torch.equal(hints.mask[photo][0][patch[1:]], torch.ones(6, 6))
        mean = ab[photo][patch].mean(dim=(1, 2))
        torch.testing.assert_close(hints.ab[photo][patch], mean[:, None, None].expand(2, 6, 6))


def test_there_is_no_color_where_there_is_no_mask() -> None:
    hints = simulate_points(noise(), 5, [1, 2, 3])

    assert hints.ab.shape == (3, 2, 40, 56)
    assert hints.mask.shape == (3, 1, 40, 56)
    assert not (hints.ab * (1 - hints.mask)).any()


@pytest.mark.parametrize("style", STYLES.values(), ids=list(STYLES))
def test_points_do_not_depend_on_the_batch(style: Style) -> None:
    ab = noise()

    together = simulate_points(ab, None, [7, 8, 9], style)

    for photo, seed in enumerate([7, 8, 9]):
        alone = simulate_points(ab[photo : photo + 1], None, [seed], style)
        assert torch.equal(alone.ab[0], together.ab[photo])
        assert torch.equal(alone.mask[0], together.mask[photo])


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    few=st.integers(0, 20),
    more=st.integers(0, 30),
    style=st.sampled_from(list(STYLES.values())),
)
def test_the_first_of_many_points_are_the_few(seed: int, few: int, more: int, style: Style) -> None:
    ab = noise(1)[0].numpy()

    assert simulate(ab, few + more, seed, style)[:few] == simulate(ab, few, seed, style)


@pytest.mark.slow
def test_a_drawn_number_of_points_are_the_first_of_a_given_number() -> None:
    ab, seed = noise(1), next(seed for seed in range(99) if number_of_points(seed) > 3)

    drawn = simulate_points(ab, None, [seed])

    expected = paint(simulate(ab[0].numpy(), 100, seed)[: number_of_points(seed)], 40, 56)
    assert torch.equal(drawn.ab, expected.ab)
    assert torch.equal(drawn.mask, expected.mask)


def test_other_seeds_give_other_points() -> None:
    ab = noise(1)[0].numpy()

    assert len({tuple(simulate(ab, 3, seed)) for seed in range(20)}) == 20


def test_no_points_are_no_hints() -> None:
    assert not simulate_points(noise(), 0, [1, 2, 3]).mask.any()


def test_a_patch_larger_than_the_photo_covers_what_there_is() -> None:
    assert simulate_points(noise(1, 3, 4), 1, [0], Style(9, False, "")).mask.sum() == 9


@pytest.mark.slow
def test_locations_are_normal_around_the_centre_with_a_quarter_of_the_room() -> None:
    # Room for a patch of one pixel: 1000 columns, so mean 500 less half a pixel of truncation; 4.6% of a normal lies
    # beyond two standard deviations, at the borders.
    columns = np.array([simulate(flat(1, 1000), 1, seed, ONE_PIXEL)[0].x for seed in range(4000)])

    assert abs(columns.mean() - 499.5) < 4 * 250 / np.sqrt(4000)
    assert abs(np.isin(columns, [0, 999]).mean() - 0.0455) < 4 * np.sqrt(0.0455 * 0.9545 / 4000)
    assert abs((np.abs(columns - 499.5) < 250).mean() - 0.6827) < 4 * np.sqrt(0.6827 * 0.3173 / 4000)


@pytest.mark.slow
def test_locations_of_the_grid_are_even_and_uniform() -> None:
    points = [simulate(flat(224, 224), 1, seed, STYLES["icolorit"])[0] for seed in range(4000)]

    corners = np.array([[p.x - 1, p.y - 1] for p in points])
    assert {p.size for p in points} == {2}
    assert not (corners % 2).any()
    assert corners.min() == 0
    assert corners.max() == 222
    # Uniform on 0, 2, ..., 222: mean 111, variance 4 (112^2 - 1) / 12.
    assert np.abs(corners.mean(axis=0) - 111).max() < 4 * np.sqrt(4 * (112**2 - 1) / 12 / 4000)
    quarters = np.bincount((corners[:, 0] // 112 * 2 + corners[:, 1] // 112), minlength=4)
    assert np.abs(quarters - 1000).max() < 4 * np.sqrt(4000 * 0.25 * 0.75)


@pytest.mark.slow
def test_the_random_number_of_points_is_geometric_from_zero() -> None:
    counts = np.array([number_of_points(seed) for seed in range(8000)])

    # P(k) = (1/8) (7/8)^k: mean 7, variance (7/8) / (1/8)^2 = 56.
    assert abs(counts.mean() - 7) < 4 * np.sqrt(56 / 8000)
    for k in range(6):
        share = (1 / 8) * (7 / 8) ** k
        assert abs((counts == k).mean() - share) < 4 * np.sqrt(share * (1 - share) / 8000)


@pytest.mark.slow
def test_random_sides_are_one_to_nine_and_equally_likely() -> None:
    sides = [point.size for point in simulate(flat(64, 64), 9000, 3, STYLES["training"])]

    counts = np.bincount(sides, minlength=10)[1:]
    assert len(counts) == 9
    assert np.abs(counts - 1000).max() < 4.5 * np.sqrt(9000 * (1 / 9) * (8 / 9))


@pytest.mark.parametrize(
    ("shape", "count", "seeds", "rule"),
    [
        ((1, 3, 4, 4), 1, [0], r"ab has shape \(N, 2, H, W\)"),
        ((2, 2, 4, 4), 1, [0], "every photo has a seed; got 1 for 2"),
        ((1, 2, 4, 4), -1, [0], "0 or more; got -1"),
    ],
)
def test_impossible_points_are_refused(shape: tuple[int, ...], count: int, seeds: list[int], rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        simulate_points(torch.zeros(shape), count, seeds)
