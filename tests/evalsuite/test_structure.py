"""structure: the window against scipy's."""

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d

from evalsuite.structure import WINDOW, widen, window_means


@pytest.mark.parametrize(("height", "width"), [(11, 11), (12, 26), (30, 27), (20, 100)])
def test_means_are_those_of_a_gaussian_of_11_pixels(height: int, width: int) -> None:
    planes = np.random.default_rng(0).normal(0, 50, (2, height, width)).astype(np.float32)

    means = window_means(widen(torch.from_numpy(planes), 1), width)[0]

    window = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    expected = correlate1d(correlate1d(planes.astype(np.float64), window / window.sum(), axis=1), window / window.sum())
    np.testing.assert_allclose(means, expected[:, 5 : height - 5, 5 : width - 5], atol=1e-4)
    assert means.shape == (2, height - WINDOW + 1, width - WINDOW + 1)
