"""psnr_ab against scikit-image's Lab and its other readings."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from evalsuite.metrics.psnr_ab import measure, readings
from evalsuite.views import Pair, View


def test_it_agrees_with_the_lab_of_scikit_image() -> None:
    targets, outputs = np.random.default_rng(1).integers(0, 256, (2, 2, 30, 20, 3), dtype=np.uint8)

    rows = measure(Pair(view(targets), view(outputs)))

    mse = np.square(rgb2lab(targets) - rgb2lab(outputs))[..., 1:].mean(axis=(1, 2, 3))
    np.testing.assert_allclose(rows["mse"], mse, rtol=1e-4)
    np.testing.assert_allclose(rows["value"], 10 * np.log10(255**2 / mse), atol=1e-4)


def test_a_peak_of_220_is_128_hundredths_of_a_db_less() -> None:
    mse = np.array([100.0, 400.0])

    found = readings({"value": 10 * np.log10(255**2 / mse), "mse": mse})["readings"]

    assert found["peak 220"] == pytest.approx(np.mean(10 * np.log10(220**2 / mse)))
    assert found["pooled over photos, peak 255"] == pytest.approx(10 * np.log10(255**2 / 250))


def view(images: np.ndarray) -> View:
    return View(torch.from_numpy(images).movedim(-1, 1).contiguous())
