"""Descriptors of the texture around every pixel, like SURF's, upright and dense.

Source: Bay, Tuytelaars and Van Gool, SURF, ECCV 2006: 4 x 4 cells around the pixel, and in each the sums of the
horizontal and vertical differences and of their absolute values. Three scales give 192 numbers, as in Charpiat et al.
2008; the differences are central ones of a smoothed image in place of Haar wavelets.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

CELLS = (3, 5, 9)
"""Side of the cells at each scale, pixels."""
OFFSETS = (-1.5, -0.5, 0.5, 1.5)
"""Centers of the 4 x 4 cells, in cells."""
FLAT = 1.0
"""Differences of lightness per pixel below which descriptors shrink: a plain surface has no texture."""


def descriptors(L: Tensor) -> Tensor:
    """Describe the surroundings of every pixel.

    Args:
        L: (H, W) float, lightness 0..100.

    Returns:
        (H, W, 192) float32; each scale's 64 numbers have at most unit length.

    Example:
        >>> descriptors(torch.full((20, 30), 40.0)).abs().max().item()
        0.0
    """
    return torch.cat([_at_scale(L.float(), cell) for cell in CELLS], dim=2)


def lightness_features(L: Tensor) -> NDArray[np.float64]:
    """Lightness and its deviation in 5 x 5 pixels, about as long as descriptors: (H, W, 2)."""
    light = L.double().cpu().numpy()
    variance = uniform_filter(light**2, 5) - uniform_filter(light, 5) ** 2
    return np.stack([light / 25, np.sqrt(np.maximum(variance, 0)) / 10], axis=2)


def _at_scale(L: Tensor, cell: int) -> Tensor:
    smooth = _mean(L[None], max(1, cell // 3 * 2 - 1))
    wide = pad(smooth[None], (1, 1, 1, 1), mode="replicate")[0, 0]
    right, down = (wide[1:-1, 2:] - wide[1:-1, :-2]) / 2, (wide[2:, 1:-1] - wide[:-2, 1:-1]) / 2
    sums = _mean(torch.stack([right, right.abs(), down, down.abs()]), cell)
    height, width = L.shape
    reach = 2 * cell
    framed = _framed(sums, reach)
    found = []
    for i in OFFSETS:
        for j in OFFSETS:
            top, left = reach + round(i * cell), reach + round(j * cell)
            weight = math.exp(-(i * i + j * j) / (2 * 1.65**2))
            found.append(framed[:, top : top + height, left : left + width] * weight)
    vector = torch.cat(found).permute(1, 2, 0)
    return vector / (vector.square().sum(dim=2, keepdim=True) + FLAT**2).sqrt()


def _mean(maps: Tensor, side: int) -> Tensor:
    """Means over squares around every pixel, cut at the border: (C, H, W)."""
    return avg_pool2d(maps[None], side, 1, side // 2, count_include_pad=False)[0]


def _framed(maps: Tensor, reach: int) -> Tensor:
    """Continue maps beyond the border by their outermost pixels."""
    return pad(maps[None], (reach, reach, reach, reach), mode="replicate")[0]
