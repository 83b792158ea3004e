"""ciede2000 against scikit-image."""

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.data import astronaut

from evalsuite.metrics.ciede2000 import measure
from evalsuite.views import Pair, View


def test_photos_agree_with_scikit_image() -> None:
    photo = astronaut()[:200, :150]
    targets = np.stack([photo, photo[::-1]])
    outputs = np.clip(targets * 0.7 + np.random.default_rng(0).normal(20, 15, targets.shape), 0, 255).astype(np.uint8)

    values = measure(Pair(view(targets), view(outputs)))["value"]

    expected = deltaE_ciede2000(rgb2lab(targets), rgb2lab(outputs)).mean(axis=(1, 2))
    np.testing.assert_allclose(values, expected, atol=1e-4)


@pytest.mark.slow
def test_random_colors_agree_with_scikit_image() -> None:
    targets, outputs = np.random.default_rng(1).integers(0, 256, (2, 1, 256, 256, 3), dtype=np.uint8)

    values = measure(Pair(view(targets), view(outputs)))["value"]

    expected = deltaE_ciede2000(rgb2lab(targets), rgb2lab(outputs)).mean(axis=(1, 2))
    np.testing.assert_allclose(values, expected, atol=1e-4)


def view(images: np.ndarray) -> View:
    return View(torch.from_numpy(images).movedim(-1, 1).contiguous())
