"""Structural similarity: local means under a Gaussian window, and the two factors that SSIM and MS-SSIM are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import conv2d

WINDOW = 11
SIGMA = 1.5
"""Wang et al. 2004: a circular Gaussian window of 11 x 11, standard deviation 1.5, that sums to 1."""
RANGE = 255.0
CENTER = 128.0
"""Planes are given less 128, because a variance by subtraction loses digits in float32 far from 0."""
C1, C2 = (0.01 * RANGE) ** 2, (0.03 * RANGE) ** 2
BLOCK = 16
"""Columns in a block of the filter; on AVX2 faster than 8 and 32."""


@dataclass(frozen=True)
class Reference:
    """What one image contributes to every comparison with it; W' and W" are the widths of `widen` and `window_means`.

    Attributes:
        planes: (P, H, W'), values less 128.
        mean: (P, H - 10, W"), local means less 128.
        brightness: (P, H - 10, W"), squared local means + C1.
        variance: (P, H - 10, W"), local variances.
    """

    planes: Tensor
    mean: Tensor
    brightness: Tensor
    variance: Tensor


def refer(planes: Tensor) -> Reference:
    """Compute an image's own moments; planes (P, H, W) as in `compare`, both sides at least 11."""
    maps = widen(planes, 2)
    torch.mul(maps[0], maps[0], out=maps[1])
    mean, square = window_means(maps)
    brightness = (mean + CENTER).square_().add_(C1)
    return Reference(maps[0], mean, brightness, square.addcmul_(mean, mean, value=-1))


def compare(reference: Reference, planes: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the two factors of SSIM at every window that lies inside the image.

    Args:
        reference: The other image.
        planes: (P, H, W), uint8 levels, or float32 values less 128.

    Returns:
        Luminance (2 mx my + C1) / (mx^2 + my^2 + C1), and contrast with structure
        (2 sxy + C2) / (sx^2 + sy^2 + C2), (P, H - 10, W - 10) each.
    """
    maps = widen(planes, 3)
    torch.mul(maps[0], maps[0], out=maps[1])
    torch.mul(maps[0], reference.planes, out=maps[2])
    mean, square, product = window_means(maps)
    structure = product.addcmul_(reference.mean, mean, value=-1).mul_(2).add_(C2)
    structure.div_(square.addcmul_(mean, mean, value=-1).add_(reference.variance).add_(C2))
    light = mean + CENTER
    brightness = light.square_().add_(reference.brightness)
    darker = mean.sub_(reference.mean)
    luminance = torch.addcmul(brightness, darker, darker, value=-1).div_(brightness)
    inside = planes.shape[2] - WINDOW + 1
    return luminance[..., :inside], structure[..., :inside]


def widen(planes: Tensor, maps: int) -> Tensor:
    """Make room for `maps` derived maps, (maps, P, H, W'), the first of them the planes; W' is what the filter wants.

    W' is a multiple of the block, so that every block of results has a block to its right; the padding is 0.
    """
    count, height, width = planes.shape
    wide = BLOCK * (-(-(width - WINDOW + 1) // BLOCK) + 1)
    room = torch.empty((maps, count, height, wide), device=planes.device)
    inside, padding = room[0, :, :, :width], room[0, :, :, width:]
    inside.copy_(planes)
    if planes.dtype == torch.uint8:
        inside.sub_(CENTER)
    padding.zero_()
    return room


def window_means(maps: Tensor) -> Tensor:
    """Average under the window: (M, P, H, W') from `widen` to (M, P, H - 10, W' - 16), padding at the right included.

    Columns in blocks of 16 are channels: the vertical pass is then a depthwise convolution and the horizontal one a
    dense one of two blocks, which oneDNN runs at three times the speed of two single-channel convolutions.
    """
    count, planes, height, wide = maps.shape
    down, across = _kernels(maps.device)
    blocks = maps.view(count * planes, height, wide // BLOCK, BLOCK).permute(0, 3, 1, 2)
    means = conv2d(conv2d(blocks, down, groups=BLOCK), across).permute(0, 2, 3, 1)
    return means.reshape(count, planes, height - WINDOW + 1, wide - BLOCK)


@cache
@torch.inference_mode(False)
def _kernels(device: torch.device) -> tuple[Tensor, Tensor]:
    """The window along a column, (16, 1, 11, 1), and along a row from two blocks to one, (16, 16, 1, 2)."""
    offsets = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    weights = (offsets.square() / (-2 * SIGMA**2)).exp()
    weights /= weights.sum()
    across = torch.zeros(BLOCK, 2 * BLOCK, dtype=torch.float64)
    for column in range(BLOCK):
        across[column, column : column + WINDOW] = weights
    down = weights.float().view(1, 1, WINDOW, 1).repeat(BLOCK, 1, 1, 1)
    across = across.float().view(BLOCK, 2, BLOCK).transpose(1, 2).unsqueeze(2)
    return down.to(device), across.contiguous().to(device)
