"""sRGB and Lab for pages, without torch, which measures them: the constants are those of `evalsuite.color`.

Source: sRGB (IEC 61966-2-1) and Lab (CIE 1976, D65).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

TO_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
FROM_XYZ = np.linalg.inv(TO_XYZ)
WHITE = np.array([0.95047, 1.0, 1.08883])


def decoded(parts: ArrayLike) -> NDArray[np.float64]:
    """Linear light of sRGB's parts, both from 0 to 1, of any shape."""
    given = np.asarray(parts, np.float64)
    return np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)


def encoded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `decoded`."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def lab_of(rgb: ArrayLike) -> NDArray[np.float64]:
    """Lab of colors (..., 3) whose parts are from 0 to 1.

    Example:
        >>> lab_of([1.0, 1.0, 1.0]).round(1).tolist()
        [100.0, -0.0, 0.0]
    """
    t = decoded(rgb) @ TO_XYZ.T / WHITE
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def hex_of(lab: ArrayLike) -> str:
    """How HTML writes a color; what sRGB cannot show is clipped.

    Example:
        >>> hex_of((53.2406, 80.0923, 67.2028))
        '#ff0000'
    """
    light, a, b = np.asarray(lab, np.float64)
    middle = (light + 16) / 116
    f = np.array([middle + a / 500, middle, middle - b / 200])
    t = np.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787)
    parts = encoded(np.clip(FROM_XYZ @ (t * WHITE), 0, 1))
    return "#" + "".join(f"{round(float(part) * 255):02x}" for part in parts)
