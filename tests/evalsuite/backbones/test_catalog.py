"""Frozen networks by name: the numbers of the packages they come from, one look per view."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from evalsuite.backbones import inception, lite0, timm_models, vgg16
from evalsuite.backbones.backbone import Backbone
from evalsuite.backbones.catalog import ENTRIES, backbone, class_names, classifier, entry
from evalsuite.contracts import Weights
from evalsuite.errors import Unavailable, UserError
from evalsuite.views import View
from evalsuite.vision import load
from evalsuite.weights import load_state

CPU = torch.device("cpu")


def photos(count: int, side: int = 256) -> Tensor:
    generator = torch.Generator().manual_seed(side)
    small = torch.randint(0, 256, (count, 3, 8, 8), generator=generator).float()
    return nn.functional.interpolate(small, (side, side), mode="bicubic").clamp(0, 255).to(torch.uint8)


def publish(weights: Weights, network: nn.Module, folder: Path) -> Weights:
    """Put a network's state into a hub cache as if it were the published file."""
    (folder / "checkpoints").mkdir(exist_ok=True)
    path = folder / "checkpoints" / weights.file
    torch.save(network.state_dict(), path)
    return replace(weights, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.slow
def test_lite0_says_what_the_packages_network_says() -> None:
    network: Any = load_state(lite0.original(), lite0.weights_file())
    image = lite0.PREPARATION(photos(3))
    with torch.inference_mode():
        expected = network(image)

    seen = classifier("efficientnet_lite0", CPU).see(View(photos(3)))

    torch.testing.assert_close(seen.logits, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(seen.features @ network._fc.weight.T + network._fc.bias, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_the_batch_does_not_matter() -> None:
    network = backbone("efficientnet_lite0", CPU)
    whole = network.see(View(photos(6)))

    single = [network.see(View(photo[None])) for photo in photos(6)]

    torch.testing.assert_close(whole.logits, torch.cat([one.logits for one in single]), atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(whole.features, torch.cat([one.features for one in single]), atol=2e-5, rtol=1e-5)


def test_a_view_is_looked_at_once_per_network() -> None:
    looks: list[int] = []

    def network(image: Tensor) -> tuple[Tensor, Tensor]:
        looks.append(len(image))
        return image.mean((2, 3)), image.mean((2, 3))

    own = Backbone("own", lite0.PREPARATION, network)
    view = View(photos(3))

    assert own.see(view) is own.see(view)
    assert sum(looks) == 3


def test_everybody_gets_the_same_network() -> None:
    assert backbone("efficientnet_lite0", CPU) is classifier("efficientnet_lite0", CPU)


@pytest.mark.slow
def test_classes_are_imagenets_in_order() -> None:
    names = class_names()

    assert (len(names), names[0], names[281], names[967], names[999]) == (
        1000,
        "tench",
        "tabby",
        "espresso",
        "toilet tissue",
    )


def test_a_network_of_features_is_no_classifier() -> None:
    with pytest.raises(UserError, match="features only"):
        classifier("clean", CPU)


def test_missing_packages_are_unavailable() -> None:
    with pytest.raises(Unavailable, match="pip install no-such-package"):
        lite0._package("no_such_package")


@pytest.mark.slow
def test_a_name_that_timm_does_not_know_gets_the_nearest() -> None:
    pytest.importorskip("timm")
    with pytest.raises(UserError, match=r"Did you mean 'resnet18'\?"):
        classifier("resnet1 8", CPU)


@pytest.mark.slow
def test_timm_weights_out_of_reach_are_unavailable_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("timm")
    monkeypatch.setattr(timm_models, "_reachable", lambda address: False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(Unavailable, match="cached or within reach"):
        timm_models.load("mobilenetv3_small_050", CPU)

    assert constants.HF_HUB_OFFLINE is False


def test_an_address_that_nobody_serves_is_out_of_reach() -> None:
    assert not timm_models._reachable("http://127.0.0.1:9")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "resnet10t"])
def test_a_timm_model_says_what_timm_says(name: str) -> None:
    pytest.importorskip("timm")
    torch.manual_seed(0)
    network = load("timm").create_model(name, pretrained=False).eval()
    wrapped = timm_models.wrap(name, network, CPU)
    config = load("timm.data").resolve_model_data_config(network)
    assert (wrapped.preparation.crop, wrapped.preparation.mean[0]) == (
        config["input_size"][-1],
        255 * config["mean"][0],
    )

    seen = wrapped.see(View(photos(2)))

    with torch.inference_mode():
        expected = network(wrapped.preparation(photos(2)))
    torch.testing.assert_close(seen.logits, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(network.get_classifier()(seen.features), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_vgg16_says_what_torchvisions_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = load("torchvision.models").vgg16(weights=None).eval()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(vgg16, "WEIGHTS", publish(vgg16.WEIGHTS, network, tmp_path))

    seen = vgg16.load(CPU).see(View(photos(1)))

    with torch.inference_mode():
        torch.testing.assert_close(seen.logits, network(vgg16.PREPARATION(photos(1))), atol=1e-4, rtol=1e-4)
    assert seen.features.shape == (1, 4096)


def fid_inception(package: Any) -> nn.Module:
    """Build pytorch-fid's network with random weights, as its own constructor does before it fetches them."""
    network: Any = load("torchvision.models").inception_v3(
        num_classes=1008, aux_logits=False, weights=None, init_weights=False
    )
    network.Mixed_5b = package.FIDInceptionA(192, pool_features=32)
    for name, channels in (("Mixed_5c", 256), ("Mixed_5d", 288)):
        setattr(network, name, package.FIDInceptionA(channels, pool_features=64))
    for name, width in (("b", 128), ("c", 160), ("d", 160), ("e", 192)):
        setattr(network, f"Mixed_6{name}", package.FIDInceptionC(768, channels_7x7=width))
    network.Mixed_7b, network.Mixed_7c = package.FIDInceptionE_1(1280), package.FIDInceptionE_2(2048)
    module: nn.Module = network
    return module


@pytest.mark.slow
def test_legacy_features_are_pytorch_fids(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pytorch_fid")
    package = load("pytorch_fid.inception", extra="fid")
    torch.manual_seed(0)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(inception, "TENSORFLOW", publish(inception.TENSORFLOW, fid_inception(package), tmp_path))

    seen = inception.load("legacy", CPU).see(View(photos(2, 200)))

    with torch.inference_mode():
        [expected] = package.InceptionV3().eval()(photos(2, 200) / 255)
    torch.testing.assert_close(seen.features, expected.flatten(1), atol=1e-4, rtol=1e-4)
    assert seen.logits.shape == (2, 0)


@pytest.mark.slow
def test_ct2_features_are_torchvisions_with_its_input_transform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    models = load("torchvision.models")
    network = models.inception_v3(weights=None, init_weights=False, transform_input=True).eval()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(inception, "TORCHVISION", publish(inception.TORCHVISION, network, tmp_path))

    seen = inception.load("ct2", CPU).see(View(photos(2, 200)))

    network.fc = nn.Identity()
    unit = nn.functional.interpolate(photos(2, 200) / 255, (299, 299), mode="bilinear")
    with torch.inference_mode():
        torch.testing.assert_close(seen.features, network(unit), atol=1e-4, rtol=1e-4)


def test_names_that_are_not_ours_are_taken_for_timms() -> None:
    assert entry("resnet50").weights == "timm's pretrained resnet50"
    assert {"clean", "legacy", "ct2", "ddcolor", "efficientnet_lite0", "vgg16"} == set(ENTRIES)
