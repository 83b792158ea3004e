"""Inception-v3 as FID uses it: three ways to feed it, two sets of weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from evalsuite.backbones.backbone import Backbone, laid_out
from evalsuite.backbones.preparation import IMAGENET_MEAN, IMAGENET_STD, Preparation
from evalsuite.contracts import Weights
from evalsuite.vision import load as vision
from evalsuite.weights import find, load_state

TENSORFLOW = Weights(
    "pt_inception-2015-12-05-6726825d.pth",
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
    "6726825d",
)
"""TensorFlow's Inception of 2015, which defines FID, as pytorch-fid converted it."""
TORCHVISION = Weights(
    "inception_v3_google-0cc3c7bd.pth",
    "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
    "0cc3c7bd",
)
SIDE = 299


def _range_maps(low: float) -> Preparation:
    """Chain what CT2's code does to images in [low, 1]: x/2 + 1/2, then torchvision's transform_input.

    transform_input is 2 (std x + mean) - 1 per channel, meant for ImageNet-normalised input. The chain is affine in
    levels, so it is one subtraction and one division.
    """
    mean, std = [], []
    for m, s in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True):
        slope, start = s * (1 - low) / 255, s * (low + 1) + 2 * m - 1
        mean.append(-start / slope)
        std.append(1 / slope)
    levels = (mean[0], mean[1], mean[2]), (std[0], std[1], std[2])
    return Preparation(SIDE, SIDE, "bilinear", *levels, squash=True, antialias=False)


PREPARATIONS = {
    "clean": Preparation(SIDE, SIDE, "bicubic", (128.0,) * 3, (128.0,) * 3, squash=True),
    "legacy": Preparation(SIDE, SIDE, "bilinear", (127.5,) * 3, (127.5,) * 3, squash=True, antialias=False),
    "ct2": _range_maps(-1.0),
    "ddcolor": _range_maps(0.0),
}
"""clean: Parmar et al. 2022 (clean-fid). legacy: pytorch-fid. ct2: CT2's evaluation, images in [-1, 1]; ddcolor:
DDColor's validation, the same code fed with [0, 1]."""


def load(name: str, device: torch.device) -> Backbone:
    """Load Inception for a kind of FID.

    Args:
        name: A key of PREPARATIONS.
        device: Where it runs.

    Raises:
        Unavailable: The weights, or the package pytorch-fid, are not at hand and cannot be had.
    """
    network = tensorflow_network() if name in ("clean", "legacy") else torchvision_network()
    return Backbone(name, PREPARATIONS[name], Inception(network).to(device))


def tensorflow_network() -> nn.Module:
    """Load the network that defines FID: pytorch-fid's, which takes its weights from torch's hub cache."""
    package = vision("pytorch_fid.inception", extra="fid")
    find(TENSORFLOW)
    blocks: list[nn.Module] = package.InceptionV3().blocks
    return nn.Sequential(*blocks)


def torchvision_network() -> nn.Module:
    """Load torchvision's ImageNet classifier without its last layer; dropout does nothing in evaluation."""
    models = vision("torchvision.models")
    path = find(TORCHVISION)
    network: Any = load_state(models.inception_v3(weights=None, init_weights=False, transform_input=False), path)
    network.fc = nn.Identity()
    module: nn.Module = network
    return module


class Inception(nn.Module):
    """Inception without its classifier."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)
        for parameter in network.parameters():
            parameter.data = laid_out(parameter.data) if parameter.ndim == 4 else parameter.data

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, 3, 299, 299) to features (N, 2048) and no logits."""
        features = self.network(image).flatten(1)
        return features, features[:, :0]
