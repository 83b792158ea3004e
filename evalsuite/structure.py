"""Structural similarity: local moments under a Gaussian window, and their comparison, for SSIM and MS-SSIM."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from evalsuite.memory import pieces
from evalsuite.native import array, for_each, kernels

WINDOW = 11
SIGMA = 1.5
"""Wang et al. 2004: a circular Gaussian window of 11 x 11, standard deviation 1.5, that sums to 1."""
RANGE = 255.0
CENTER = 128.0
"""Planes are filtered less 128, because a variance by subtraction loses digits in float32 far from 0."""
C1, C2 = (0.01 * RANGE) ** 2, (0.03 * RANGE) ** 2
BLOCK = 16
"""Columns in a block of the filter; on AVX2 faster than 8 and 32."""


@dataclass(frozen=True)
class Reference:
    """What N images contribute to every comparison with them.

    Attributes:
        planes: (N, P, H, W), as they were given.
        mean: (N, P, H - 10, W - 10), local means less 128.
        variance: (N, P, H - 10, W - 10), local variances.
    """

    planes: Tensor
    mean: Tensor
    variance: Tensor


def refer(planes: Tensor) -> Reference:
    """Compute images' own moments; planes (N, P, H, W) as in `compare`, both sides at least 11."""
    shape = (*planes.shape[:2], *(side - WINDOW + 1 for side in planes.shape[2:]))
    mean, variance = (torch.empty(shape, device=planes.device) for _ in range(2))
    if compiled := kernels("structures", planes.device):
        given, means, variances, center = array(planes), array(mean), array(variance), _center(planes)
        for_each(len(planes), lambda k: compiled.refer(given[k], center, means[k], variances[k]))
        return Reference(planes, mean, variance)
    for part in pieces(len(planes), planes[0].numel(), planes.device):
        maps = widen(planes[part], 2)
        torch.mul(maps[0], maps[0], out=maps[1])
        mean[part], square = window_means(maps, planes.shape[3])
        torch.addcmul(square, mean[part], mean[part], value=-1, out=variance[part])
    return Reference(planes, mean, variance)


def compare(reference: Reference, planes: Tensor) -> Tensor:
    """Average SSIM and its factor of contrast and structure over the windows that lie inside the images.

    Args:
        reference: The other images.
        planes: (N, P, H, W), uint8 levels, or float32 values less 128.

    Returns:
        (N, P, 2): the mean of (2 mx my + C1) / (mx^2 + my^2 + C1) * (2 sxy + C2) / (sx^2 + sy^2 + C2), and that of
        its second factor.
    """
    if compiled := kernels("structures", planes.device):
        sums, center = np.zeros((*planes.shape[:2], 2)), _center(planes)
        first, mean, variance = array(reference.planes), array(reference.mean), array(reference.variance)
        second = array(planes)
        for_each(len(sums), lambda k: compiled.compare(first[k], mean[k], variance[k], second[k], center, sums[k]))
        return torch.from_numpy(sums / reference.mean[0, 0].numel()).float()
    parts = pieces(len(planes), planes[0].numel(), planes.device)
    return torch.cat([_compare_piece(reference, part, planes[part]) for part in parts])


def _compare_piece(reference: Reference, part: slice, planes: Tensor) -> Tensor:
    maps, width = widen(planes, 3), planes.shape[3]
    torch.mul(maps[0], maps[0], out=maps[1])
    maps[2] = maps[0] * widen(reference.planes[part], 1)[0]
    mean, square, product = window_means(maps, width)
    own, spread = reference.mean[part], reference.variance[part]
    structure = product.addcmul_(own, mean, value=-1).mul_(2).add_(C2)
    structure.div_(square.addcmul_(mean, mean, value=-1).add_(spread).add_(C2))
    brightness = (mean + CENTER).square_().add_((own + CENTER).square_()).add_(C1)
    luminance = (mean - own).square_().div_(brightness).neg_().add_(1)
    return torch.stack([luminance.mul_(structure).mean(dim=(2, 3)), structure.mean(dim=(2, 3))], dim=2)


def _center(planes: Tensor) -> np.float32:
    return np.float32(CENTER if planes.dtype == torch.uint8 else 0)


def widen(planes: Tensor, maps: int) -> Tensor:
    """Make room for `maps` derived maps, (maps, N, P, H, W'), the first of them the planes less 128; the padding is 0.

    W' is a multiple of the block, so that every block of results has a block to its right.
    """
    *leading, width = planes.shape
    wide = BLOCK * (-(-(width - WINDOW + 1) // BLOCK) + 1)
    room = torch.zeros((maps, *leading, wide), device=planes.device)
    room[0, ..., :width].copy_(planes).sub_(float(_center(planes)))
    return room


def window_means(maps: Tensor, width: int) -> Tensor:
    """Average under the window: (M, N, P, H, W') from `widen` to (M, N, P, H - 10, width - 10).

    Columns in blocks of 16 are channels: the vertical pass is then a depthwise convolution and the horizontal one a
    dense one of two blocks, which oneDNN runs at three times the speed of two single-channel convolutions.
    """
    *leading, height, wide = maps.shape
    down, across = _filters(maps.device)
    blocks = maps.view(-1, height, wide // BLOCK, BLOCK).permute(0, 3, 1, 2)
    means = conv2d(conv2d(blocks, down, groups=BLOCK), across).permute(0, 2, 3, 1)
    return means.reshape(*leading, height - WINDOW + 1, wide - BLOCK)[..., : width - WINDOW + 1]


def window() -> list[float]:
    """The 11 weights along one axis."""
    weights = [math.exp(-((offset - WINDOW // 2) ** 2) / (2 * SIGMA**2)) for offset in range(WINDOW)]
    return [weight / sum(weights) for weight in weights]


@cache
@torch.inference_mode(False)
def _filters(device: torch.device) -> tuple[Tensor, Tensor]:
    """The window along a column, (16, 1, 11, 1), and along a row from two blocks to one, (16, 16, 1, 2)."""
    weights = torch.tensor(window())
    across = torch.zeros(BLOCK, 2 * BLOCK)
    for column in range(BLOCK):
        across[column, column : column + WINDOW] = weights
    down = weights.view(1, 1, WINDOW, 1).repeat(BLOCK, 1, 1, 1)
    across = across.view(BLOCK, 2, BLOCK).transpose(1, 2).unsqueeze(2).contiguous()
    return down.to(device), across.to(device)
