"""Colorful Image Colorization without class rebalancing: duller and safer; gives logits, decoded by the annealed mean.

Source: Zhang, Isola, Efros, ECCV 2016, row "Ours (class)". Its weights were released for Caffe only, as
colorization_release_v2_norebal.caffemodel beside colorization_deploy_v2.prototxt (github.com/richzhang/colorization);
the hash is the one that Intel's Open Model Zoo lists. Either that file is given, or a state dict in eccv16's layout.
The prototxt scales the logits by 2.606, the run by 1 / 0.38 = 2.632 as in the paper. Caffe's network takes L - 50 where
ours takes (L - 50) / 100, so its first convolution is scaled by 100.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from evalsuite.bins import ab_bins
from evalsuite.caffemodel import Layers, read_layers
from evalsuite.colorizers import eccv16
from evalsuite.colorizers.caffe_release import batch_norm, load_either
from evalsuite.colorizers.eccv16 import ECCV16, distribution_of
from evalsuite.colorizers.release import AB_SCALE, L_SCALE, Recipe
from evalsuite.contracts import Batch, Distribution, Setting, Weights
from evalsuite.errors import UserError
from evalsuite.weights import find

CONVOLUTIONS = (2, 2, 3, 3, 3, 3, 3, 3)
"""Convolutions of each of the eight blocks; all blocks but the last end in a BatchNorm without scale and shift."""


class Logits(nn.Module):
    """The network up to its logits."""

    def __init__(self, network: ECCV16) -> None:
        super().__init__()
        self.network = network

    def forward(self, lightness: Tensor) -> Tensor:
        """(N, 1, 256, 256) in -0.5..0.5 to logits (N, 313, 64, 64)."""
        return self.network.logits(lightness)


def state_of_caffe(layers: Layers, path: Path) -> dict[str, Tensor]:
    """Translate the arrays of colorization_deploy_v2 to eccv16's state dict.

    Raises:
        UserError: A layer is missing.
    """
    state = {"model_out.weight": ab_bins().T[:, :, None, None] / AB_SCALE}
    try:
        for key, array in _translated(layers):
            state[key] = torch.from_numpy(np.asarray(array))
    except (KeyError, ValueError) as error:
        rule = f"{path}: layers of colorization_deploy_v2.prototxt"
        raise UserError(f"{rule}; got none that is complete at {error}. Give the official file.") from error
    return state


def _translated(layers: Layers) -> Iterator[tuple[str, NDArray[Any]]]:
    for block, count in enumerate(CONVOLUTIONS, 1):
        for i in range(count):
            layer = "bw_conv1_1" if (block, i) == (1, 0) else f"conv{block}_{i + 1}"
            yield from _convolution(f"model{block}.{2 * i}", layer, layers)
        if block < 8:
            yield from batch_norm(f"model{block}.{2 * count}", layers[f"conv{block}_{count}norm"])
    yield from _convolution("model8.6", "conv8_313", layers)


def _convolution(key: str, layer: str, layers: Layers) -> Iterator[tuple[str, NDArray[Any]]]:
    weight, bias = layers[layer]
    yield f"{key}.weight", weight * (L_SCALE if layer == "bw_conv1_1" else 1)
    yield f"{key}.bias", bias.ravel()


def _from_caffe(path: Path) -> dict[str, Tensor]:
    return state_of_caffe(read_layers(path), path)


def _network(setting: Setting) -> ECCV16:
    path = find(WEIGHTS, setting.weights)
    with torch.device("meta"):
        network = ECCV16()
    return load_either(network, path, _from_caffe).to(setting.device)


def _load(setting: Setting) -> Recipe:
    return Recipe(Logits(_network(setting)))


def _distribution(setting: Setting) -> Callable[[Batch], Distribution]:
    return distribution_of(_network(setting), setting.device)


WEIGHTS = Weights(
    file="colorization_release_v2_norebal.caffemodel",
    url=None,
    sha256="6ab42a7fa853eb7ca822b9a0a2997a08a29c819c985c3e70b460c6be9c8b2159",
)

COLORIZER = replace(
    eccv16.COLORIZER,
    name="eccv16_norebalance",
    title="Zhang et al. 2016, no rebalancing",
    load=_load,
    weights=WEIGHTS,
    distribution=_distribution,
    from_caffe=_from_caffe,
    # ctest10k: row "Ours (class)" of the paper's Table 1, whose first three columns are those of the other network;
    # ctest10k_1000: 1000 of these photos, Zhang et al. 2017. All are quoted from memory of the papers.
    reported={
        "ctest10k": {
            "params_mb": 129,
            "activations_mb": 142,
            "runtime_ms": 22.1,
            "auc": 0.916,
            "auc_rebalanced": 0.651,
            "top1_vgg16": 0.566,
            "fool_rate": 0.252,
        },
        "ctest10k_1000": {"psnr_rgb": 24.51},
    },
)
