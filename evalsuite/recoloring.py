"""Arrays on the way that outputs go, for floors that hold no tensors: to Lab, joined, clipped, back to 8 bits."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evalsuite.color import is_gray, join, rgb_to_lab

RGB = NDArray[np.uint8]


def recolored(light: RGB, colors: RGB) -> RGB:
    """Join the lightness of an image with the ab of another, exactly as the engine makes an output.

    With the same image twice this is the way of an output that changes nothing.

    Args:
        light: (H, W, 3) uint8 sRGB.
        colors: (h, w, 3) uint8 sRGB; its ab is brought to H x W.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    lab, lent = rgb_to_lab(_tensor(light)), rgb_to_lab(_tensor(colors))
    made = join(lab[:, :1], lent[:, 1:])
    pixels: RGB = np.ascontiguousarray(made[0].permute(1, 2, 0).numpy())
    return pixels


def grayed(rgb: RGB) -> RGB:
    """Take the color from an image (H, W, 3), uint8 sRGB, and leave its L.

    Without ab the engine's way to 8 bits may round a channel to the next value; all three have the middle one's here.
    """
    lab = rgb_to_lab(_tensor(rgb))
    joined = join(lab[:, :1], torch.zeros_like(lab[:, 1:]))[0, 1].numpy()
    pixels: RGB = np.ascontiguousarray(np.repeat(joined[..., None], 3, axis=2))
    return pixels


def ab_of(rgb: RGB) -> NDArray[np.float32]:
    """The ab of an image (H, W, 3), uint8 sRGB: (H, W, 2), Lab units."""
    ab: NDArray[np.float32] = np.ascontiguousarray(rgb_to_lab(_tensor(rgb))[0, 1:].permute(1, 2, 0).numpy())
    return ab


def is_nearly_gray(rgb: RGB) -> bool:
    """Whether no |a| or |b| of an image (H, W, 3), uint8 sRGB, is above 5."""
    return bool(is_gray(rgb_to_lab(_tensor(rgb))))


def _tensor(rgb: RGB) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].contiguous()
