"""What is done to 8-bit pixels before a network sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

RGB = tuple[float, float, float]
IMAGENET_MEAN: RGB = (0.485, 0.456, 0.406)
IMAGENET_STD: RGB = (0.229, 0.224, 0.225)
"""Of ImageNet's training photos in units of 255 levels, as torchvision publishes them."""


@dataclass(frozen=True)
class Preparation:
    """Resize, centre crop and normalisation, on the device of the pixels and in float32.

    Attributes:
        resize: The short side in pixels, or both sides with `squash`.
        crop: The side of the centre square, in pixels; `resize` for none.
        filter: How pixels are interpolated; nothing is done to images that have the size already.
        mean: Subtracted, in levels 0..255.
        std: Divided by, in levels.
        squash: Whether both sides become `resize`, whatever the aspect ratio.
        antialias: Whether the filter widens where the image shrinks, as Pillow's does.
    """

    resize: int
    crop: int
    filter: Literal["bilinear", "bicubic"]
    mean: RGB
    std: RGB
    squash: bool = False
    antialias: bool = True

    def __call__(self, rgb8: Tensor) -> Tensor:
        """Turn (N, 3, H, W) uint8 into a network's input: (N, 3, crop, crop) float32."""
        image = _centre(self._resized(rgb8), self.crop)
        mean, std = (rgb8.new_tensor(v, dtype=torch.float32).view(3, 1, 1) for v in (self.mean, self.std))
        return torch.addcmul(-mean / std, image, 1 / std)

    def _resized(self, rgb8: Tensor) -> Tensor:
        height, width = rgb8.shape[2:]
        short = min(height, width)
        size = (self.resize * height // short, self.resize * width // short)
        if self.squash:
            size = (self.resize, self.resize)
        if size == (height, width):
            return rgb8
        image = F.interpolate(rgb8.float(), size, mode=self.filter, align_corners=False, antialias=self.antialias)
        return image.clamp_(0, 255) if self.filter == "bicubic" else image

    def __str__(self) -> str:
        size = f"{self.resize} x {self.resize}" if self.squash else f"short side to {self.resize}"
        crop = f", centre {self.crop} x {self.crop}" if self.crop != self.resize or not self.squash else ""
        alias = "antialiased" if self.antialias else "not antialiased"
        mean, std = (", ".join(f"{value:.6g}" for value in values) for values in (self.mean, self.std))
        return f"{size} ({self.filter}, {alias}, torch){crop}, then (level - ({mean})) / ({std})"


def imagenet_levels(resize: int, crop: int, filter: Literal["bilinear", "bicubic"]) -> Preparation:
    """Make the usual evaluation of ImageNet classifiers: centre crop, ImageNet's mean and standard deviation."""
    return Preparation(resize, crop, filter, in_levels(IMAGENET_MEAN), in_levels(IMAGENET_STD))


def in_levels(values: RGB) -> RGB:
    """Turn units of 0..1 into levels 0..255."""
    r, g, b = values
    return 255 * r, 255 * g, 255 * b


def _centre(image: Tensor, side: int) -> Tensor:
    height, width = image.shape[2:]
    top, left = round((height - side) / 2), round((width - side) / 2)
    return image[:, :, top : top + side, left : left + side]
