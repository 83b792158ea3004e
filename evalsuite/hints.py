"""Hints that users give: colored points and scribbles, and the ab and mask that methods get of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from evalsuite.color import rgb_to_lab
from evalsuite.contracts import Hints
from evalsuite.errors import UserError
from evalsuite.points import Point

MARKED = 0.01
"""Levin et al. 2004, released code: a pixel is marked whose channels, 0..1, differ by more than this in sum."""


def paint(points: Sequence[Point], height: int, width: int) -> Hints:
    """Paint points on a photo of that size, the later over the earlier.

    Args:
        points: The points, in the order in which they were given.
        height: Pixels.
        width: Pixels.

    Returns:
        The hints of one photo, N = 1.

    Raises:
        UserError: A point's center lies outside the photo, or its patch is larger than the photo.

    Example:
        >>> hints = paint([Point(1, 1, 20.0, -5.0, 3), Point(2, 1, 0.0, 9.0, 1)], 3, 4)
        >>> hints.ab[0, :, 1].tolist()
        [[20.0, 20.0, 0.0, 0.0], [-5.0, -5.0, 9.0, 0.0]]
        >>> int(hints.mask.sum())
        9
    """
    ab, mask = np.zeros((2, height, width), np.float32), np.zeros((1, height, width), np.float32)
    for number, point in enumerate(points, start=1):
        _check(point, number, height, width)
        rows, columns = _span(point.y, point.size), _span(point.x, point.size)
        ab[:, rows, columns] = np.array([point.a, point.b], np.float32)[:, None, None]
        mask[:, rows, columns] = 1
    return Hints(torch.from_numpy(ab)[None], torch.from_numpy(mask)[None])


def stacked(hints: Sequence[Hints], device: torch.device) -> Hints:
    """Join the hints of several photos of one size."""
    return Hints(torch.cat([one.ab for one in hints]).to(device), torch.cat([one.mask for one in hints]).to(device))


def from_scribbles(gray: Tensor, marked: Tensor) -> Hints:
    """Read hints from a gray photo and a copy of it with colored scribbles.

    Args:
        gray: (N, 3, H, W) sRGB, uint8 0..255 or floating 0..1.
        marked: The same with scribbles, of the same type.

    Returns:
        The hints: ab of the scribbles, 0 elsewhere.

    Raises:
        UserError: Shapes or types that differ or are none of images.

    Source:
        Levin, Lischinski and Weiss 2004, the released code's rule for marked pixels.

    Example:
        >>> gray = torch.full((1, 3, 1, 2), 0.5)
        >>> marked = gray.clone()
        >>> marked[0, 0, 0, 1] += 0.011
        >>> from_scribbles(gray, marked).mask.flatten().tolist()
        [0.0, 1.0]
    """
    if gray.shape != marked.shape or gray.dtype != marked.dtype:
        got = f"{tuple(gray.shape)} {gray.dtype} and {tuple(marked.shape)} {marked.dtype}"
        raise UserError(f"from_scribbles: both images have one shape and type; got {got}. Draw on a copy of the gray.")
    ab = rgb_to_lab(marked)[:, 1:]
    unit = 255 if gray.dtype == torch.uint8 else 1
    difference = (marked.float() - gray.float()).abs().sum(dim=1, keepdim=True) / unit
    mask = (difference > MARKED).float()
    return Hints(ab * mask, mask)


def resized(hints: Hints, height: int, width: int) -> Hints:
    """Bring hints to another size: a pixel is marked that touches a marked one, in the mean of their colors.

    Example:
        >>> small = resized(paint([Point(0, 0, 30.0, 6.0, 1)], 4, 4), 2, 2)
        >>> small.ab[0, 0].tolist(), small.mask[0, 0].tolist()
        ([[30.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]])
    """
    if hints.mask.shape[2:] == (height, width):
        return hints
    share = adaptive_avg_pool2d(hints.mask, (height, width))
    ab = adaptive_avg_pool2d(hints.ab * hints.mask, (height, width)) / share.clamp_min(1e-9)
    mask = (share > 0).float()
    return Hints(ab * mask, mask)


def _check(point: Point, number: int, height: int, width: int) -> None:
    if not (0 <= point.x < width and 0 <= point.y < height):
        rule = f"hints, point {number}: x is 0..{width - 1} and y is 0..{height - 1} in this photo"
        raise UserError(f"{rule}; got {point.x}, {point.y}. Give points in pixels of the photo as it is scored.")
    if not 1 <= point.size <= max(height, width):
        rule = f"hints, point {number}: a patch has a side of 1..{max(height, width)} pixels in this photo"
        raise UserError(f"{rule}; got {point.size}. Correct its size.")


def _span(center: int, size: int) -> slice:
    start = center - size // 2
    return slice(max(start, 0), max(start + size, 0))
