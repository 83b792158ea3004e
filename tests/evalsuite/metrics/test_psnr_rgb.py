"""psnr_rgb against scikit-image and by hand."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from evalsuite.metrics.psnr_rgb import measure
from evalsuite.views import Pair, View


def test_it_agrees_with_scikit_image_photo_by_photo() -> None:
    rng = np.random.default_rng(0)
    targets, outputs = rng.integers(0, 256, (2, 3, 40, 50, 3), dtype=np.uint8)

    values = measure(Pair(view(targets), view(outputs)))["value"]

    expected = [peak_signal_noise_ratio(t, o, data_range=255) for t, o in zip(targets, outputs, strict=True)]
    np.testing.assert_allclose(values, expected, atol=1e-5)


def test_levels_do_not_wrap_around_as_bytes_would() -> None:
    black, white = torch.zeros(1, 3, 2, 2, dtype=torch.uint8), torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)

    assert measure(Pair(View(black), View(white)))["value"].item() == pytest.approx(0, abs=1e-6)


def test_identical_photos_and_a_single_altered_level_count_100_db() -> None:
    target = torch.zeros(2, 3, 256, 256, dtype=torch.uint8)
    output = target.clone()
    output[1, 0, 0, 0] = 1

    assert measure(Pair(View(target), View(output)))["value"].tolist() == [100.0, 100.0]


def view(images: np.ndarray) -> View:
    return View(torch.from_numpy(images).movedim(-1, 1).contiguous())
