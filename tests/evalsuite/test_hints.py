"""Painted points and scribbles, against pictures worked by hand."""

import pytest
import torch

from evalsuite.color import rgb_to_lab
from evalsuite.contracts import Hints
from evalsuite.errors import UserError
from evalsuite.hints import from_scribbles, paint, resized, stacked
from evalsuite.points import Point


def test_later_points_are_painted_over_earlier_ones() -> None:
    hints = paint([Point(1, 1, 10.0, 1.0, 3), Point(2, 2, 20.0, 2.0, 1), Point(0, 0, 30.0, 3.0, 1)], 4, 4)

    assert hints.ab[0, 0].tolist() == [[30, 10, 10, 0], [10, 10, 10, 0], [10, 10, 20, 0], [0, 0, 0, 0]]
    assert hints.ab[0, 1].tolist() == [[3, 1, 1, 0], [1, 1, 1, 0], [1, 1, 2, 0], [0, 0, 0, 0]]
    assert hints.mask[0, 0].tolist() == [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]


def test_a_patch_of_even_size_reaches_further_to_the_top_left() -> None:
    assert paint([Point(2, 2, 1.0, 1.0, 2)], 4, 4).mask[0, 0].nonzero().tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]


def test_what_lies_outside_the_photo_is_cut_off() -> None:
    hints = paint([Point(0, 3, 5.0, 5.0, 3)], 4, 5)

    assert hints.mask[0, 0].nonzero().tolist() == [[2, 0], [2, 1], [3, 0], [3, 1]]


@pytest.mark.parametrize(
    ("point", "rule"),
    [
        (Point(4, 0, 0.0, 0.0, 1), r"point 2: x is 0\.\.3 and y is 0\.\.2 in this photo; got 4, 0"),
        (Point(0, -1, 0.0, 0.0, 1), "got 0, -1"),
        (Point(0, 0, 0.0, 0.0, 5), r"point 2: a patch has a side of 1\.\.4 pixels in this photo; got 5"),
        (Point(0, 0, 0.0, 0.0, 0), "got 0"),
    ],
)
def test_points_outside_and_absurd_sizes_are_refused(point: Point, rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        paint([Point(0, 0, 0.0, 0.0, 1), point], 3, 4)


def test_hints_of_several_photos_are_joined() -> None:
    one, two = paint([Point(0, 0, 7.0, 8.0, 1)], 2, 2), paint([], 2, 2)

    both = stacked([one, two], torch.device("cpu"))

    assert both.ab.shape == (2, 2, 2, 2)
    assert torch.equal(both.ab[0], one.ab[0])
    assert not both.mask[1].any()


def test_shrunk_hints_keep_every_point_and_no_color_of_nothing() -> None:
    hints = resized(paint([Point(0, 0, 40.0, 4.0, 1), Point(7, 7, -20.0, 2.0, 1)], 8, 8), 4, 4)

    assert hints.mask[0, 0].nonzero().tolist() == [[0, 0], [3, 3]]
    assert hints.ab[0, :, 0, 0].tolist() == [40, 4]
    assert hints.ab[0, :, 3, 3].tolist() == [-20, 2]
    assert not (hints.ab * (1 - hints.mask)).any()


def test_enlarged_hints_cover_what_their_pixels_cover() -> None:
    hints = resized(paint([Point(1, 0, 40.0, 4.0, 1)], 2, 2), 4, 4)

    assert hints.mask[0, 0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert hints.ab[0, 0, :2, 2:].unique().tolist() == [40]


def test_hints_of_the_size_asked_for_are_left_alone() -> None:
    hints = Hints(torch.rand(1, 2, 3, 5), torch.rand(1, 1, 3, 5))

    assert resized(hints, 3, 5) is hints


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
