"""Photos in memory while somebody colors them, and their pixels on the way in and out."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from evalsuite.color import lab_to_rgb8, rgb_to_lab
from evalsuite.images import RGB, Resize, decode

PHOTO_BYTES = 256 * 2**20
"""What photos may take in memory together: some hundred."""
STRIP = 256
"""Rows of a large photo that are converted at once."""


@dataclass(frozen=True)
class Seen:
    """A photo in memory.

    Attributes:
        file: Its bytes.
        rgb: (H, W, 3) uint8 sRGB, as it is colored.
        original: (width, height) of the file's picture.
    """

    file: bytes
    rgb: RGB
    original: tuple[int, int]

    @cached_property
    def L(self) -> Tensor:
        """(1, 1, H, W) float32, 0..100."""
        return rgb_to_lab(tensor_of(self.rgb))[:, :1].contiguous()

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return len(self.file) + 3 * self.rgb.nbytes


class Album:
    """Photos by key; those that nobody asked for lately go first."""

    def __init__(self) -> None:
        self._photos: OrderedDict[str, Seen] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        """Whether a photo is in memory; it is then one of the last to go."""
        if key in self._photos:
            self._photos.move_to_end(key)
        return key in self._photos

    def __getitem__(self, key: str) -> Seen:
        """Return a photo that is there."""
        return self._photos[key]

    def keep(self, key: str, file: bytes, resize: Resize) -> Seen:
        """Decode a photo and keep it, and let go of others.

        Raises:
            Undecodable: The file holds no photo.
        """
        full = decode(file)
        seen = Seen(file, np.ascontiguousarray(resize.apply(full)), (full.shape[1], full.shape[0]))
        self._photos[key] = seen
        while sum(photo.bytes for photo in self._photos.values()) > PHOTO_BYTES and len(self._photos) > 1:
            self._photos.popitem(last=False)
        return seen


def joined_whole(rgb: RGB, ab: Tensor) -> RGB:
    """Join the lightness of a large photo with ab, exactly as `color.join` does, some rows at a time.

    Args:
        rgb: (H, W, 3) uint8 sRGB.
        ab: (1, 2, h, w) Lab units.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    height, width = rgb.shape[:2]
    if ab.shape[2:] != (height, width):
        shrinks = ab.shape[2] > height or ab.shape[3] > width
        size = (height, width)
        ab = interpolate(ab.float(), size=size, mode="bilinear", align_corners=False, antialias=shrinks)
    whole = np.empty_like(rgb)
    for top in range(0, height, STRIP):
        rows = slice(top, min(top + STRIP, height))
        L = rgb_to_lab(tensor_of(rgb[rows]))[:, :1]
        whole[rows] = pixels_of(lab_to_rgb8(torch.cat([L, ab[:, :, rows].float()], dim=1)))
    return whole


def tensor_of(rgb: RGB) -> Tensor:
    """(H, W, 3) to (1, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].contiguous()


def pixels_of(images: Tensor) -> RGB:
    """(1, 3, H, W) to (H, W, 3)."""
    pixels: RGB = np.ascontiguousarray(images[0].permute(1, 2, 0).cpu().numpy())
    return pixels
