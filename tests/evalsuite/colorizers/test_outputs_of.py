from __future__ import annotations

from pathlib import Path

import pytest
import torch

from evalsuite.colorizers.elsewhere import outputs_of
from evalsuite.contracts import Batch, Setting
from evalsuite.dataset import Dataset, Photo
from evalsuite.errors import UserError

SETTING = Setting(torch.device("cpu"))
PHOTOS = tuple(Photo(name, Path(f"/photos/{name}.jpg"), None) for name in "abc")
DATASET = Dataset("test", Path("/photos"), PHOTOS, False)


def batch_of(outputs: tuple[torch.Tensor, ...]) -> Batch:
    n = len(outputs)
    return Batch(torch.zeros(n, 1, 4, 6), PHOTOS[:n], tuple(range(n)), tuple(range(n)), outputs)


def test_files_are_the_companions_of_their_photos() -> None:
    colorizer = outputs_of("theirs", [Path("x.png"), None, Path("z.png")])

    assert colorizer.companions is not None
    assert list(colorizer.companions(DATASET, SETTING) or ()) == [(Path("x.png"),), (), (Path("z.png"),)]
    assert colorizer.accepts == ("output",)
    assert colorizer.companion_policy == "as_is"
    assert outputs_of("theirs", [], policy="dataset").companion_policy == "dataset"


def test_pixels_are_given_as_they_are() -> None:
    outputs = tuple(torch.randint(0, 256, (3, 4, 6), dtype=torch.uint8) for _ in range(2))

    colors = outputs_of("theirs", []).load(SETTING)(batch_of(outputs))

    assert colors.dtype == torch.uint8
    assert torch.equal(colors, torch.stack(outputs))


def test_an_output_of_another_size_is_refused() -> None:
    outputs = (torch.zeros(3, 4, 6, dtype=torch.uint8), torch.zeros(3, 5, 6, dtype=torch.uint8))

    with pytest.raises(UserError, match=r"^an output has its photo's size; got 6 x 5, expected 6 x 4"):
        outputs_of("theirs", []).load(SETTING)(batch_of(outputs))


@pytest.mark.slow
def test_another_number_of_files_than_photos_is_refused() -> None:
    colorizer = outputs_of("theirs", [None])

    assert colorizer.companions is not None
    with pytest.raises(UserError, match="got 1 for 3 photos"):
        colorizer.companions(DATASET, SETTING)
