from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.exposure import match_histograms

from evalsuite.color import rgb_to_lab
from evalsuite.colorizers.histogram_transfer import transfer


def reference_of_lightness(seed: int) -> torch.Tensor:
    """A reference whose color says how light it is: dark is blue, light is yellow, each lightness once."""
    order = np.random.default_rng(seed).permutation(64 * 64).reshape(64, 64)
    share = order / order.max()
    rgb = np.stack([20 + 225 * share, 30 + 200 * share, 200 - 190 * share], axis=0)
    return torch.from_numpy(rgb.round().astype(np.uint8))


def test_the_reference_itself_gets_its_colors_back() -> None:
    reference = reference_of_lightness(0)
    lab = rgb_to_lab(reference[None])[0]

    assert (transfer(lab[0], reference) - lab[1:]).abs().mean() < 1.0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), gain=st.floats(0.2, 0.9), lift=st.floats(0, 10))
def test_what_changes_no_order_of_lightness_changes_no_color(seed: int, gain: float, lift: float) -> None:
    L = torch.from_numpy(np.random.default_rng(seed).permutation(400).reshape(20, 20)).float() / 4
    reference = reference_of_lightness(seed)

    torch.testing.assert_close(transfer(L * gain + lift, reference), transfer(L, reference))


def test_colors_are_those_at_the_matched_lightness() -> None:
    # Here b falls with L in the reference, so that b tells which lightness was matched; scikit-image matches too.
    reference = reference_of_lightness(1)
    lab = rgb_to_lab(reference[None])[0].numpy()
    L = np.random.default_rng(2).beta(2, 5, (48, 48)).astype(np.float32) * 100
    order = lab[0].ravel().argsort()
    expected = np.interp(match_histograms(L, lab[0]), lab[0].ravel()[order], lab[2].ravel()[order])

    found = transfer(torch.from_numpy(L), reference)[1].numpy()

    assert np.abs(found - expected).mean() < 1.0


def test_a_plain_photo_takes_the_color_of_middle_lightness() -> None:
    reference = reference_of_lightness(3)
    lab = rgb_to_lab(reference[None])[0]
    middle = lab[1:, (lab[0] - lab[0].median()).abs() < 1].mean(dim=1)

    found = transfer(torch.full((8, 8), 30.0), reference)

    assert found.flatten(1).std(dim=1).max() == 0
    torch.testing.assert_close(found[:, 0, 0], middle, atol=1.5, rtol=0)


def test_a_reference_of_few_pixels_is_enough() -> None:
    two = torch.tensor([[0, 255], [0, 255], [0, 255]], dtype=torch.uint8).reshape(3, 1, 2)

    assert transfer(torch.rand(5, 5) * 100, two).abs().max() < 0.01
