"""LPIPS against the lpips package with the same trunk."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from evalsuite.backbones.perceptual import Perceptual
from evalsuite.backbones.trunks import TRUNKS, Convolutions, linear_weights
from evalsuite.contracts import Setting
from evalsuite.errors import UserError
from evalsuite.metrics import lpips_alex, lpips_vgg
from evalsuite.views import Pair, View
from evalsuite.vision import load

CPU = torch.device("cpu")


@cache
def package(net: str) -> Any:
    """Make lpips.LPIPS with a random trunk, without the classifier on top, which takes seconds to fill."""
    lpips, models = load("lpips"), load("torchvision.models")
    with torch.device("meta"):
        features = {"alex": models.alexnet, "vgg": models.vgg16}[net]().features
    generator = torch.Generator().manual_seed(0)
    for parameter in features.to_empty(device="cpu").parameters():
        parameter.data.normal_(0, (2 / max(parameter[0].numel(), 2)) ** 0.5, generator=generator)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("alexnet", "vgg16"):
            patch.setattr(models, name, lambda pretrained: SimpleNamespace(features=features))
        return lpips.LPIPS(net=net, pnet_rand=True, verbose=False)


def trunk_of(network: Any) -> Convolutions:
    layers = [m for m in network.net.modules() if isinstance(m, nn.Conv2d)]
    return [(m.weight.detach(), m.bias.detach()) for m in layers if m.bias is not None]


def images(count: int, height: int, width: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, 256, (count, 3, height, width), dtype=torch.uint8, generator=generator)
    noise = torch.randint(-30, 31, targets.shape, generator=generator)
    return targets, (targets * 0.7 + noise).clamp(0, 255).to(torch.uint8)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("net", "height", "width"),
    [("alex", 64, 64), ("alex", 96, 71), ("alex", 33, 50), ("alex", 31, 34), ("vgg", 64, 48), ("vgg", 17, 16)],
)
def test_values_are_those_of_the_lpips_package(net: str, height: int, width: int) -> None:
    reference = package(net)
    targets, outputs = images(3, height, width)
    with torch.inference_mode():
        expected = reference(outputs / 127.5 - 1, targets / 127.5 - 1).flatten()

    ours = Perceptual(net, CPU, trunk_of(reference), linear_weights(net))

    torch.testing.assert_close(ours.distance(Pair(View(targets), View(outputs))), expected, atol=1e-5, rtol=1e-5)


@pytest.fixture(scope="module")
def small() -> Perceptual:
    return Perceptual("alex", CPU, trunk_of(package("alex")), linear_weights("alex"))


@pytest.mark.slow
def test_the_batch_does_not_matter(small: Perceptual) -> None:
    targets, outputs = images(11, 40, 48)

    whole = small.distance(Pair(View(targets), View(outputs)))
    single = [small.distance(Pair(View(t[None]), View(o[None]))) for t, o in zip(targets, outputs, strict=True)]

    torch.testing.assert_close(whole, torch.cat(single), atol=1e-6, rtol=0)


def test_targets_are_looked_at_once_for_all_colorizers(small: Perceptual, monkeypatch: pytest.MonkeyPatch) -> None:
    targets, outputs = images(4, 40, 40)
    seen: list[int] = []
    features = small.features

    def counted(rgb8: Tensor) -> list[Tensor]:
        seen.append(len(rgb8))
        return features(rgb8)

    monkeypatch.setattr(small, "features", counted)
    target = View(targets)

    for _ in range(3):
        small.distance(Pair(target, View(outputs)))

    assert sum(seen) == 4 + 3 * 4


@pytest.mark.slow
def test_equal_images_are_at_distance_zero(small: Perceptual) -> None:
    targets, _ = images(2, 40, 40)
    view = View(targets)

    assert small.distance(Pair(view, view)).tolist() == [0, 0]
    assert small.distance(Pair(view, View(targets))).tolist() == [0, 0]


@pytest.mark.parametrize(("metric", "least"), [(lpips_alex.METRIC, 31), (lpips_vgg.METRIC, 16)])
def test_images_too_small_for_the_network_are_refused(metric: Any, least: int) -> None:
    measure = metric.load(Setting(CPU))
    fits, tiny = (View(torch.zeros(1, 3, side, 40, dtype=torch.uint8)) for side in (least, least - 1))

    assert measure(Pair(fits, View(fits.rgb8.clone())))["value"].tolist() == [0]
    with pytest.raises(UserError, match=f"at least {least} pixels"):
        measure(Pair(tiny, View(tiny.rgb8.clone())))


@pytest.mark.slow
def test_stronger_changes_of_color_are_farther() -> None:
    targets, _ = images(2, 64, 64)
    measure = lpips_alex.METRIC.load
    assert measure is not None
    mean = targets.float().mean(1, keepdim=True)
    outputs = [(mean + (targets - mean) * keep).round().to(torch.uint8) for keep in (0.9, 0.5, 0.0)]

    near, middle, far = (measure(Setting(CPU))(Pair(View(targets), View(o)))["value"] for o in outputs)

    assert bool(((near < middle) & (middle < far)).all())


def test_only_alexnets_is_on_by_default() -> None:
    assert (lpips_alex.METRIC.default, lpips_vgg.METRIC.default) == (True, False)
    assert set(TRUNKS) == {"alex", "vgg"}
