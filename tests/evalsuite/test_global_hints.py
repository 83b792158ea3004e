"""Global hints, against photos whose histogram and saturation can be counted by hand and scikit-image's HSV."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2hsv

from evalsuite.bins import ab_bins, nearest_bin
from evalsuite.color import rgb_to_lab
from evalsuite.errors import UserError
from evalsuite.global_hints import global_hints_of, global_hints_of_references


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> torch.Tensor:
    image = torch.empty(1, 3, 256, 256, dtype=torch.uint8)
    image[..., :128] = torch.tensor(left, dtype=torch.uint8)[:, None, None]
    image[..., 128:] = torch.tensor(right, dtype=torch.uint8)[:, None, None]
    return image


@pytest.mark.slow
def test_a_photo_of_two_colors_has_two_bins_of_a_half() -> None:
    image = halves((200, 40, 40), (40, 60, 200))

    hints = global_hints_of(image)

    bins = nearest_bin(rgb_to_lab(image)[:, 1:, :1, [0, 255]])[0, 0]
    assert hints.histogram[0, bins].tolist() == [0.5, 0.5]
    assert hints.histogram.sum() == 1
    assert hints.saturation.item() == pytest.approx((160 / 200 + 160 / 200) / 2)


def test_saturation_is_the_mean_of_hsv() -> None:
    image = torch.randint(0, 256, (2, 3, 256, 256), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    image[1, :, :9] = 0

    expected = [rgb2hsv(one.permute(1, 2, 0).numpy())[..., 1].mean() for one in image]

    np.testing.assert_allclose(global_hints_of(image).saturation, expected, rtol=1e-5)


def test_the_histogram_is_taken_at_a_quarter_of_the_resolution_with_the_nearest_bins() -> None:
    image = torch.randint(0, 256, (1, 3, 256, 256), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    ab = rgb_to_lab(image)[0, 1:]
    # Bilinear with half-pixel centers: at a quarter, the mean of the four pixels around the middle of 4 x 4.
    small = sum(ab[:, i::4, j::4] for i in (1, 2) for j in (1, 2)) / 4
    distances = torch.cdist(torch.as_tensor(small).reshape(2, -1).T, ab_bins())
    expected = torch.bincount(distances.argmin(dim=1), minlength=313) / 64**2

    np.testing.assert_allclose(global_hints_of(image).histogram[0], expected, atol=2 / 64**2)


def test_references_of_every_size_give_global_hints() -> None:
    big, small = halves((200, 40, 40), (200, 40, 40))[0], halves((9, 9, 9), (9, 9, 9))[0, :, :30, :50]

    hints = global_hints_of_references([big, small])

    assert hints.histogram.shape == (2, 313)
    assert hints.histogram.max(dim=1).values.tolist() == [1, 1]
    np.testing.assert_allclose(hints.saturation, [0.8, 0], atol=1e-6)


def test_what_is_no_photo_is_refused() -> None:
    with pytest.raises(UserError, match="global hints"):
        global_hints_of(torch.zeros(1, 2, 8, 8, dtype=torch.uint8))
