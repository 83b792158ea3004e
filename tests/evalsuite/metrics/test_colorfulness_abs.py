"""colorfulness_abs by values worked out from its formula."""

import pytest
import torch

from evalsuite.metrics.colorfulness import measure as measure_signed
from evalsuite.metrics.colorfulness_abs import measure
from evalsuite.views import Pair, View

GOLDEN = [
    ([[(128, 128, 128), (128, 128, 128)]], 0.0),
    ([[(255, 0, 0), (255, 0, 0)]], 85.5296),
    ([[(255, 0, 0), (0, 255, 0)]], 85.5296),
    ([[(255, 128, 0), (0, 128, 255)]], 69.5152),
    ([[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (255, 255, 255)]], 210.2486),
]


@pytest.mark.parametrize(("pixels", "expected"), GOLDEN)
def test_opponent_hues_count_alike(pixels: list[list[tuple[int, int, int]]], expected: float) -> None:
    image = View(torch.tensor([pixels], dtype=torch.uint8).movedim(-1, 1))

    assert measure(Pair(image, image))["value"].item() == pytest.approx(expected, abs=1e-3)


def test_the_signed_metric_on_the_same_photos_keeps_its_signs() -> None:
    pair = Pair(*[View(torch.tensor([[255, 0], [0, 255], [0, 0]], dtype=torch.uint8).view(1, 3, 1, 2))] * 2)

    assert measure(pair)["value"].item() == pytest.approx(85.5296, abs=1e-3)
    assert measure_signed(pair)["value"].item() == pytest.approx(293.25, abs=1e-3)
