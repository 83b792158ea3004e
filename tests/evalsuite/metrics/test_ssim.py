"""ssim against scikit-image with the paper's window."""

import numpy as np
import pytest
import torch
from skimage.data import astronaut, coffee
from skimage.metrics import structural_similarity

from evalsuite.metrics.ssim import measure
from evalsuite.views import Pair, View


@pytest.mark.parametrize(("height", "width"), [(256, 256), (64, 175), (37, 26), (11, 90), (90, 11)])
def test_it_agrees_with_scikit_image_to_a_millionth(height: int, width: int) -> None:
    targets = np.stack([astronaut()[:height, :width], coffee()[100 : 100 + height, 200 : 200 + width]])
    outputs = np.clip(targets * 0.7 + np.random.default_rng(0).normal(30, 12, targets.shape), 0, 255).astype(np.uint8)

    values = measure(Pair(view(targets), view(outputs)))["value"]

    expected = [scikit_image(target, output) for target, output in zip(targets, outputs, strict=True)]
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_flat_and_identical_photos_count_one() -> None:
    flat = view(np.full((1, 40, 40, 3), 255, np.uint8))

    assert measure(Pair(flat, flat))["value"].item() == pytest.approx(1, abs=1e-6)


def test_saturated_contrasts_lose_no_digits() -> None:
    target = np.zeros((1, 64, 64, 3), np.uint8)
    target[:, ::2] = 255
    output = 255 - target

    values = measure(Pair(view(target), view(output)))["value"]

    assert values.item() == pytest.approx(scikit_image(target[0], output[0]), abs=1e-6)


def test_a_photo_without_a_whole_window_has_no_score() -> None:
    small = view(np.zeros((2, 10, 50, 3), np.uint8))

    assert measure(Pair(small, small))["value"].isnan().tolist() == [True, True]


def scikit_image(target: np.ndarray, output: np.ndarray) -> float:
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(target, output, data_range=255, channel_axis=2, **window))


def view(images: np.ndarray) -> View:
    return View(torch.from_numpy(images).movedim(-1, 1).contiguous())
