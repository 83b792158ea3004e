"""Arrays on the way that outputs go."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from evalsuite.recoloring import is_nearly_gray, recolored


@pytest.fixture
def photo() -> np.ndarray:
    """Pixels of all kinds."""
    return np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)


def test_an_image_with_its_own_colors_is_itself(photo: np.ndarray) -> None:
    assert (recolored(photo, photo) == photo).all()


def test_lightness_of_one_and_colors_of_another_are_those_of_scikit_image(photo: np.ndarray) -> None:
    light, colors = (photo // 4 + 96).astype(np.uint8), (photo[::-1] // 8 + 112).astype(np.uint8)
    lab = rgb2lab(light)
    lab[..., 1:] = rgb2lab(colors)[..., 1:]
    expected = np.round(lab2rgb(lab) * 255)

    assert np.abs(recolored(light, colors) - expected).max() <= 1


def test_what_has_no_colors_is_nearly_gray(photo: np.ndarray) -> None:
    gray = np.repeat(photo[..., :1], 3, axis=2)

    assert is_nearly_gray(gray)
    assert not is_nearly_gray(photo)
