"""Preparation of pixels against torchvision's, clean-fid's and the published code."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from evalsuite.backbones import lite0, vgg16
from evalsuite.backbones.inception import PREPARATIONS
from evalsuite.vision import load


def photos(height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(height)
    return torch.randint(0, 256, (2, 3, height, width), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize(("height", "width"), [(256, 256), (300, 417), (200, 131)])
def test_vgg16_gets_what_torchvision_prescribes(height: int, width: int) -> None:
    transforms = load("torchvision.transforms.v2")
    steps = [transforms.Resize(256, antialias=True), transforms.CenterCrop(224)]
    steps += [transforms.ToDtype(torch.float32, scale=True)]
    steps += [transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
    image = photos(height, width)

    expected = transforms.Compose(steps[:2])(image.float() / 255)
    expected = transforms.Compose(steps[2:])(expected)

    torch.testing.assert_close(vgg16.PREPARATION(image), expected, atol=2e-5, rtol=0)


def test_lite0_gets_levels_around_127_over_128() -> None:
    image = photos(256, 256)

    torch.testing.assert_close(lite0.PREPARATION(image), (image[:, :, 16:240, 16:240].float() - 127) / 128)


@pytest.mark.parametrize(("height", "width"), [(256, 256), (64, 80), (400, 330), (299, 299)])
def test_clean_is_clean_fids_resize(height: int, width: int) -> None:
    resize = pytest.importorskip("cleanfid.resize").build_resizer("clean")
    image = photos(height, width)

    expected = np.stack([resize(photo.permute(1, 2, 0).numpy()) for photo in image]).transpose(0, 3, 1, 2)

    levels = PREPARATIONS["clean"](image) * 128 + 128
    torch.testing.assert_close(levels, torch.from_numpy(expected), atol=0.01, rtol=0)  # of 255; Pillow adds in doubles


def test_ct2_and_ddcolor_narrow_the_range_that_the_network_expects() -> None:
    extremes = torch.stack([torch.zeros(3, 299, 299), torch.full((3, 299, 299), 255)]).to(torch.uint8)

    ct2, ddcolor = (PREPARATIONS[name](extremes)[:, 0, 0, 0].tolist() for name in ("ct2", "ddcolor"))

    assert ct2 == pytest.approx([-0.03, 0.428], abs=1e-5)
    assert ddcolor == pytest.approx([0.199, 0.428], abs=1e-5)


@pytest.mark.parametrize(("name", "low"), [("ct2", -1.0), ("ddcolor", 0.0)])
def test_range_maps_are_those_of_the_published_code(name: str, low: float) -> None:
    image = photos(256, 200)
    unit = image / 255 * (1 - low) + low
    halved = F.interpolate(unit, (299, 299), mode="bilinear") * 0.5 + 0.5
    network = load("torchvision.models.inception").Inception3
    mapped = network._transform_input(type("Fake", (), {"transform_input": True})(), halved)

    torch.testing.assert_close(PREPARATIONS[name](image), mapped, atol=1e-5, rtol=0)


def test_a_preparation_says_what_it_does() -> None:
    assert str(PREPARATIONS["legacy"]) == (
        "299 x 299 (bilinear, not antialiased, torch), then (level - (127.5, 127.5, 127.5)) / (127.5, 127.5, 127.5)"
    )
