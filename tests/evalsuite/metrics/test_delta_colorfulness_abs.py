"""delta_colorfulness_abs: the published delta CF, without signs."""

import numpy as np
import torch

from evalsuite.metrics.delta_colorfulness_abs import METRIC, measure
from evalsuite.views import Pair, View


def test_opposite_hues_count_alike() -> None:
    red_and_green = torch.tensor([[255, 0], [0, 255], [0, 0]], dtype=torch.uint8).view(1, 3, 1, 2)
    red = torch.tensor([[255, 255], [0, 0], [0, 0]], dtype=torch.uint8).view(1, 3, 1, 2)
    columns = {name: rows.numpy() for name, rows in measure(Pair(View(red), View(red_and_green))).items()}

    assert METRIC.reduce is not None
    np.testing.assert_allclose(METRIC.reduce(columns)(np.ones((1, 1))), 0, atol=1e-4)
