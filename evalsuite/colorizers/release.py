"""What the networks of Zhang et al.'s PyTorch release share: blocks of layers, and the recipe around a network.

Source: github.com/richzhang/colorization (BSD-2-Clause), whose layout the official state dicts have. The release
resizes the RGB photo with Pillow's bicubic filter and then takes L; we resize L itself with the same filter, since a
colorizer is given L alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from evalsuite.contracts import Batch, Hints
from evalsuite.hints import resized

SIZE = 256
L_CENTER, L_SCALE, AB_SCALE = 50.0, 100.0, 110.0


def block(
    widths: Sequence[int], *, stride: int = 1, dilation: int = 1, relu_first: bool = False, norm: bool = True
) -> list[nn.Module]:
    """Layers of 3 x 3 convolutions with ReLU, the last one strided, and a BatchNorm at the end."""
    layers: list[nn.Module] = [nn.ReLU(inplace=True)] if relu_first else []
    for i, (before, after) in enumerate(pairwise(widths)):
        step = stride if i == len(widths) - 2 else 1
        layers.append(nn.Conv2d(before, after, 3, stride=step, padding=dilation, dilation=dilation))
        layers.append(nn.ReLU(inplace=True))
    return [*layers, nn.BatchNorm2d(widths[-1])] if norm else layers


def network_input(L: Tensor) -> Tensor:
    """Squash lightness (N, 1, H, W), 0..100, to 256 x 256 and to the networks' unit, -0.5..0.5."""
    if L.shape[2:] != (SIZE, SIZE):
        # With antialias torch has Pillow's bicubic kernel (a = -0.5), which overshoots at edges.
        L = interpolate(L, size=(SIZE, SIZE), mode="bicubic", antialias=True).clamp(0, 100)
    return (L - L_CENTER) / L_SCALE


def hint_input(hints: Hints) -> Tensor:
    """Bring hints to 256 x 256 and to the networks' units: a and b over 110, and the mask, (N, 3, 256, 256)."""
    small = resized(hints, SIZE, SIZE)
    return torch.cat([small.ab / AB_SCALE, small.mask], dim=1)


class Recipe(nn.Module):
    """A colorizer made of a network that maps squashed lightness, and hints where it takes them, to ab or logits."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, batch: Batch) -> Tensor:
        """Color a batch at the network's resolution."""
        given = () if batch.hints is None else (hint_input(batch.hints),)
        output: Tensor = self.network(network_input(batch.L), *given)
        return output
