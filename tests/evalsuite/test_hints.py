"""Simulated points and scribbles, against the papers' descriptions and pictures worked by hand."""

import numpy as np
import pytest
import torch
from torch import Tensor

from evalsuite.color import rgb_to_lab
from evalsuite.errors import UserError
from evalsuite.hints import from_scribbles, simulate_points


def noise(photos: int = 3, height: int = 40, width: int = 56) -> Tensor:
    return torch.randn(photos, 2, height, width, generator=torch.Generator().manual_seed(0)) * 30


def test_a_point_gives_the_mean_color_of_its_patch() -> None:
    ab = noise()

    hints = simulate_points(ab, 1, [1, 2, 3], patch=6)

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


def test_points_do_not_depend_on_the_batch() -> None:
    ab = noise()

    together = simulate_points(ab, None, [7, 8, 9], patch=None)

    for photo, seed in enumerate([7, 8, 9]):
        alone = simulate_points(ab[photo : photo + 1], None, [seed], patch=None)
        assert torch.equal(alone.ab[0], together.ab[photo])
        assert torch.equal(alone.mask[0], together.mask[photo])


def test_more_points_are_the_same_points_and_some_more() -> None:
    few, many = (simulate_points(noise(1), count, [5]).mask for count in (3, 12))

    assert bool((many >= few).all())
    assert many.sum() > few.sum()


def test_no_points_are_no_hints() -> None:
    assert not simulate_points(noise(), 0, [1, 2, 3]).mask.any()


def test_a_patch_larger_than_the_photo_covers_what_there_is() -> None:
    assert simulate_points(noise(1, 3, 4), 1, [0], patch=9).mask.sum() == 9


def test_locations_are_normal_around_the_centre_with_a_quarter_of_the_room() -> None:
    # Room for a patch of one pixel: 1000 columns, so mean 500 less half a pixel of truncation; 4.6% of a normal lies
    # beyond two standard deviations, at the borders.
    columns = [
        int(torch.nonzero(simulate_points(torch.zeros(1, 2, 1, 1000), 1, [seed], patch=1).mask[0, 0, 0]).item())
        for seed in range(2000)
    ]

    assert abs(np.mean(columns) - 499.5) < 4 * 250 / np.sqrt(2000)
    assert abs(np.mean(np.isin(columns, [0, 999])) - 0.0455) < 4 * np.sqrt(0.0455 * 0.9545 / 2000)
    assert abs(np.mean(np.abs(np.array(columns) - 499.5) < 250) - 0.6827) < 4 * np.sqrt(0.6827 * 0.3173 / 2000)


def test_the_random_number_of_points_is_geometric_from_zero() -> None:
    # On a photo of one pixel a point always hits it: the share without hints is P(0) = 1/8.
    empty = [not simulate_points(torch.zeros(1, 2, 1, 1), None, [seed]).mask.any() for seed in range(2000)]

    assert abs(np.mean(empty) - 0.125) < 4 * np.sqrt(0.125 * 0.875 / 2000)


def test_random_sides_are_one_to_nine() -> None:
    areas = [int(simulate_points(torch.zeros(1, 2, 64, 64), 1, [s], patch=None).mask.sum()) for s in range(300)]

    assert set(areas) == {side * side for side in range(1, 10)}


@pytest.mark.parametrize(
    ("shape", "count", "seeds", "patch", "rule"),
    [
        ((1, 3, 4, 4), 1, [0], 6, r"ab has shape \(N, 2, H, W\)"),
        ((2, 2, 4, 4), 1, [0], 6, "every photo has a seed; got 1 for 2"),
        ((1, 2, 4, 4), -1, [0], 6, "got -1 points of side 6"),
        ((1, 2, 4, 4), 1, [0], 0, "got 1 points of side 0"),
    ],
)
def test_impossible_points_are_refused(
    shape: tuple[int, ...], count: int, seeds: list[int], patch: int, rule: str
) -> None:
    with pytest.raises(UserError, match=rule):
        simulate_points(torch.zeros(shape), count, seeds, patch)


def test_scribbles_are_pixels_that_differ_by_more_than_a_hundredth_in_sum() -> None:
    gray = torch.full((1, 3, 1, 4), 100, dtype=torch.uint8)
    marked = gray.clone()
    marked[0, 0, 0, 1] += 2  # 2 / 255 = 0.0078
    marked[0, :, 0, 2] += 1  # 3 / 255 = 0.0118
    marked[0, :, 0, 3] = torch.tensor([255, 0, 0])

    hints = from_scribbles(gray, marked)

    assert hints.mask.flatten().tolist() == [0, 0, 1, 1]
    assert not hints.ab[..., :2].any()
    assert torch.equal(hints.ab[..., 3], rgb_to_lab(marked)[:, 1:, :, 3])


def test_scribbles_on_another_photo_are_refused() -> None:
    with pytest.raises(UserError, match="both images have one shape and type"):
        from_scribbles(torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 5))
    with pytest.raises(UserError, match="both images have one shape and type"):
        from_scribbles(torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4, dtype=torch.uint8))
