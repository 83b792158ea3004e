"""torchvision's VGG-16, the classifier of the colorization papers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from evalsuite.backbones.backbone import Backbone, laid_out
from evalsuite.backbones.preparation import imagenet_levels
from evalsuite.contracts import Weights
from evalsuite.vision import load as vision
from evalsuite.weights import find, load_state

WEIGHTS = Weights("vgg16-397923af.pth", "https://download.pytorch.org/models/vgg16-397923af.pth", "397923af")
PREPARATION = imagenet_levels(256, 224, "bilinear")
"""IMAGENET1K_V1's own evaluation, which gives it 71.592% top-1."""


def load(device: torch.device) -> Backbone:
    """Load VGG-16 with torchvision's IMAGENET1K_V1 weights from torch's hub cache or by download.

    Raises:
        Unavailable: The weights are not at hand and cannot be had.
    """
    path = find(WEIGHTS)
    with torch.device("meta"):
        network = vision("torchvision.models").vgg16(weights=None, init_weights=False)
    return Backbone("vgg16", PREPARATION, Vgg16(load_state(network, path)).to(device))


class Vgg16(nn.Module):
    """The network, giving what its last layer gets beside what it says."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Any = network.eval().requires_grad_(False)
        for parameter in network.parameters():
            parameter.data = laid_out(parameter.data) if parameter.ndim == 4 else parameter.data

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, 3, 224, 224) to features (N, 4096) and logits (N, 1000)."""
        pooled = self.network.avgpool(self.network.features(image)).flatten(1)
        features = self.network.classifier[:-1](pooled)
        return features, self.network.classifier[-1](features)
