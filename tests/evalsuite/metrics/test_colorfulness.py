"""colorfulness by values worked out from its formula."""

import pytest
import torch

from evalsuite.metrics.colorfulness import measure
from evalsuite.views import Pair, View

GOLDEN = [
    ([[(128, 128, 128), (128, 128, 128)]], 0.0),
    ([[(255, 0, 0), (255, 0, 0)]], 85.5296),
    ([[(255, 0, 0), (0, 255, 0)]], 293.25),
    ([[(255, 128, 0), (0, 128, 255)]], 230.0216),
    ([[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (255, 255, 255)]], 238.5307),
]


@pytest.mark.parametrize(("pixels", "expected"), GOLDEN)
def test_opponent_hues_add_up(pixels: list[list[tuple[int, int, int]]], expected: float) -> None:
    image = View(torch.tensor([pixels], dtype=torch.uint8).movedim(-1, 1))

    assert measure(Pair(image, image))["value"].item() == pytest.approx(expected, abs=1e-3)


@pytest.mark.slow
def test_a_large_flat_photo_has_no_variance_from_rounding() -> None:
    red = View(torch.tensor([255, 0, 1], dtype=torch.uint8).view(1, 3, 1, 1).repeat(1, 1, 512, 512))

    assert measure(Pair(red, red))["value"].item() == pytest.approx(0.3 * (255**2 + 126.5**2) ** 0.5, abs=1e-3)


def test_targets_are_not_looked_at() -> None:
    first, second, output = (View(torch.randint(0, 256, (1, 3, 8, 8), dtype=torch.uint8)) for _ in range(3))

    assert torch.equal(measure(Pair(first, output))["value"], measure(Pair(second, output))["value"])
