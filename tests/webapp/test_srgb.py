"""Colors for drawing are those that metrics compute with."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from webapp.srgb import hex_of, lab_of


def test_lab_is_what_scikit_image_says() -> None:
    colors = np.random.default_rng(0).random((50, 3))

    assert lab_of(colors) == pytest.approx(rgb2lab(colors), abs=0.02)


@pytest.mark.parametrize("lab", [(0, 0, 0), (50, 30, -20), (70, -40, 50), (3, 2, -1), (100, 0, 0), (60, 0, -100)])
def test_a_color_is_written_as_html_does_and_clipped_where_it_cannot_be_shown(lab: tuple[float, float, float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # scikit-image says when it clips
        expected = np.round(255 * lab2rgb(np.array([[lab]], float))[0, 0])

    text = hex_of(lab)

    found = [int(text[k : k + 2], 16) for k in (1, 3, 5)]
    assert found == pytest.approx(expected.tolist(), abs=2)
