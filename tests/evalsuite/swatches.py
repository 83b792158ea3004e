"""Colors as images, for tests of color, bins and color differences."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def image(values: NDArray[np.generic]) -> Tensor:
    """Colors along the last axis, (..., 3), as float32 images (1, 3, 1, n)."""
    return torch.from_numpy(values.reshape(-1, 3).astype(np.float32).T[None, :, None].copy())


def colors(tensor: Tensor) -> NDArray[np.float64]:
    """The opposite of `image`: (n, channels)."""
    return tensor.flatten(2)[0].T.double().numpy()


def some_rgb(seed: int, n: int = 4000) -> NDArray[np.uint8]:
    """Random colors with the corners of the cube and all grays of low value among them."""
    corners = np.stack(np.meshgrid([0, 255], [0, 255], [0, 255]), axis=-1).reshape(-1, 3)
    grays = np.repeat(np.arange(20)[:, None], 3, axis=1)
    drawn = np.random.default_rng(seed).integers(0, 256, (n, 3))
    return np.concatenate([corners, grays, drawn]).astype(np.uint8)


def some_lab(seed: int, n: int = 4000) -> NDArray[np.float32]:
    """Random Lab colors, many out of gamut."""
    return np.random.default_rng(seed).uniform([0, -110, -110], [100, 110, 110], (n, 3)).astype(np.float32)
