"""Photos that are the same photo: by pixels, or as near as a copy that was compressed, enlarged or mirrored."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RGB = NDArray[np.uint8]
BITS = 10
"""Of 64. Copies (JPEG quality 40, shrunk to 100 pixels, 12 levels brighter) differ in 8 at most, different photos of
ImageNet in 11 at least (250 photos, 31,125 pairs)."""
LEVELS = 12.5
"""Mean difference of 16 x 16 thumbnails, of 255: copies reach 12, different photos of ImageNet begin at 17."""
SIDE = 16


class Seen:
    """Photos that were seen, to recognize them again."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._exact: dict[str, str] = {}
        self._prints = np.empty(0, np.uint64)
        self._small: list[NDArray[np.float32]] = []

    def find(self, rgb: RGB) -> tuple[str, bool] | None:
        """Return the photo that this is a copy of, and whether to the pixel; None for a new one.

        Args:
            rgb: (H, W, 3) uint8, all at one size.
        """
        exact = self._exact.get(_sha256(rgb))
        if exact is not None:
            return exact, True
        for turned in (rgb, rgb[:, ::-1]):
            small = _thumbnail(turned)
            for place in np.flatnonzero(np.bitwise_count(self._prints ^ fingerprint(turned)) <= BITS):
                if np.abs(self._small[place] - small).mean() <= LEVELS:
                    return self._names[place], False
        return None

    def add(self, name: str, rgb: RGB) -> None:
        """Remember a photo."""
        self._names.append(name)
        self._exact[_sha256(rgb)] = name
        self._prints = np.append(self._prints, fingerprint(rgb))
        self._small.append(_thumbnail(rgb))


def fingerprint(rgb: RGB) -> np.uint64:
    """Make the difference hash of a photo: is each of 9 x 8 patches darker than its right neighbor?"""
    patches = np.asarray(Image.fromarray(rgb).convert("L").resize((9, 8), Image.Resampling.BOX)).astype(np.int16)
    bits = np.packbits(patches[:, 1:] > patches[:, :-1])
    return np.uint64(int.from_bytes(bits.tobytes(), "big"))


def _thumbnail(rgb: RGB) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.BOX)).astype(np.float32)


def _sha256(rgb: RGB) -> str:
    return hashlib.sha256(rgb.tobytes()).hexdigest()
