"""Color science against scikit-image, and worked by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color as reference

from evalsuite.color import is_gray, join, lab_to_rgb, lab_to_rgb8, rgb_to_lab
from evalsuite.errors import UserError
from tests.evalsuite.swatches import colors, image, some_lab, some_rgb

ALL_COLORS = 1 << 24


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_lab_agrees_with_scikit_image(kind: str) -> None:
    rgb = some_rgb(0)
    given_as = torch.from_numpy(rgb.T[None, :, None].copy())
    given_as = given_as if kind == "uint8" else given_as.to(getattr(torch, kind)) / 255

    lab = rgb_to_lab(given_as)

    assert lab.dtype == torch.float32
    np.testing.assert_allclose(colors(lab), reference.rgb2lab(rgb / 255.0), atol=1e-4, rtol=0)


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB:UserWarning")
def test_rgb_agrees_with_scikit_image_out_of_gamut_too() -> None:
    lab = some_lab(1)

    np.testing.assert_allclose(colors(lab_to_rgb(image(lab))), reference.lab2rgb(lab.astype(float)), atol=1e-4, rtol=0)


def test_levels_are_the_nearest_of_256() -> None:
    lab = image(some_lab(2))

    assert torch.equal(lab_to_rgb8(lab), (lab_to_rgb(lab) * 255).round().byte())


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 9))
def test_a_photos_own_ab_gives_its_pixels_back(seed: int, height: int, width: int) -> None:
    rgb = torch.randint(0, 256, (2, 3, height, width), generator=torch.Generator().manual_seed(seed)).byte()
    lab = rgb_to_lab(rgb)

    assert torch.equal(join(lab[:, :1], lab[:, 1:]), rgb)


@pytest.mark.slow
def test_every_one_of_the_8_bit_colors_survives_lab() -> None:
    for start in range(0, ALL_COLORS, 1 << 20):
        code = torch.arange(start, start + (1 << 20))
        rgb = torch.stack([code >> 16, (code >> 8) & 255, code & 255]).byte()[None, :, None]
        assert torch.equal(lab_to_rgb8(rgb_to_lab(rgb)), rgb)


def test_ab_of_another_size_is_resampled_between_half_pixel_centers() -> None:
    # Bilinear from 2 to 4 samples: 0, 1/4, 3/4 and 1 of the way.
    ab = torch.zeros(1, 2, 1, 2)
    ab[0, 0, 0, 1] = 40.0
    expected = torch.zeros(1, 3, 1, 4)
    expected[0, 0] = 60.0
    expected[0, 1, 0] = torch.tensor([0.0, 10.0, 30.0, 40.0])

    assert torch.equal(join(torch.full((1, 1, 1, 4), 60.0), ab), lab_to_rgb8(expected))


@pytest.mark.slow
def test_ab_that_is_too_large_is_averaged_and_not_sampled() -> None:
    ab = torch.tensor([40.0, -40.0]).repeat(8).expand(1, 2, 16, 16)

    joined = join(torch.full((1, 1, 4, 4), 60.0), ab)

    # L = 60 without color; at the borders the stripes are cut.
    assert joined[..., 1:3].unique().tolist() == [145]


def test_joining_clips_to_the_gamut() -> None:
    joined = join(torch.full((1, 1, 1, 1), 50.0), torch.full((1, 2, 1, 1), 200.0))

    assert joined.flatten().tolist() == [255, 0, 0]


def test_gray_is_no_ab_above_5() -> None:
    lab = torch.zeros(4, 3, 2, 2)
    lab[:, 0] = 50
    lab[1, 1, 0, 1], lab[2, 2, 1, 1], lab[3, 1] = -5.0, -5.01, 20.0

    assert is_gray(lab).tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: rgb_to_lab(torch.zeros(3, 4, 4)), r"shape \(N, 3, H, W\); got \(3, 4, 4\)"),
        (lambda: rgb_to_lab(torch.zeros(1, 3, 4, 4, dtype=torch.int64)), "uint8 0..255 or floating"),
        (lambda: lab_to_rgb(torch.zeros(1, 1, 4, 4)), r"shape \(N, 3, H, W\)"),
        (lambda: join(torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 4, 4)), r"join, L: .*\(N, 1, H, W\)"),
        (lambda: join(torch.zeros(1, 1, 4, 4), torch.zeros(1, 3, 4, 4)), r"join, ab: .*\(N, 2, H, W\)"),
        (lambda: join(torch.zeros(2, 1, 4, 4), torch.zeros(1, 2, 4, 4)), "the same photos; got 2 and 1"),
        (lambda: is_gray(torch.zeros(1, 2, 4, 4)), r"shape \(N, 3, H, W\)"),
    ],
)
def test_what_is_no_image_is_refused(call: object, rule: str) -> None:
    assert callable(call)
    with pytest.raises(UserError, match=rule):
        call()


@pytest.mark.gpu
def test_a_gpu_gives_the_same_colors() -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    rgb = torch.from_numpy(some_rgb(9).T[None, :, None].copy())
    lab, there = rgb_to_lab(rgb), rgb_to_lab(rgb.cuda())

    torch.testing.assert_close(there.cpu(), lab, atol=1e-4, rtol=0)
    assert torch.equal(join(there[:, :1], there[:, 1:]).cpu(), rgb)
