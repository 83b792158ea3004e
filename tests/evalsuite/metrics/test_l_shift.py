"""l_shift against scikit-image's Lab."""

import numpy as np
import torch
from skimage.color import rgb2lab

from evalsuite.color import join
from evalsuite.metrics.l_shift import measure
from evalsuite.views import Pair, View


def test_it_agrees_with_the_lab_of_scikit_image() -> None:
    targets, outputs = np.random.default_rng(0).integers(0, 256, (2, 2, 20, 30, 3), dtype=np.uint8)
    pair = Pair(*(View(torch.from_numpy(images).movedim(-1, 1).contiguous()) for images in (targets, outputs)))

    expected = np.abs(rgb2lab(targets) - rgb2lab(outputs))[..., 0].mean(axis=(1, 2))

    np.testing.assert_allclose(measure(pair)["value"], expected, atol=1e-4)


def test_a_colorizer_that_keeps_l_stays_below_a_half() -> None:
    target = View(torch.randint(60, 200, (1, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)))
    output = View(join(target.L, torch.full((1, 2, 32, 32), 10.0)))

    assert measure(Pair(target, output))["value"].item() < 0.5
