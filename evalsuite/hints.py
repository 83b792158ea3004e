"""Hints that users give: simulated points, and scribbles drawn over the gray photo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor

from evalsuite.color import rgb_to_lab
from evalsuite.contracts import Hints
from evalsuite.errors import UserError

LAST = 1 / 8
"""Chance that no more points follow, where their number is random: 7 points in the mean."""
SIDES = (1, 9)
"""Smallest and largest side of a patch, where the side is random."""
MARKED = 0.01
"""Levin et al. 2004, released code: a pixel is marked whose channels, 0..1, differ by more than this in sum."""


def simulate_points(ab: Tensor, count: int | None, seeds: Sequence[int], patch: int | None = 6) -> Hints:
    """Simulate a user who gives the mean color of some square patches, most of them near the centre.

    Args:
        ab: (N, 2, H, W) float, the real photos' ab, Lab units.
        count: Points per photo; None draws it per photo, geometric with p = 1/8 from 0, as in training.
        seeds: One per photo. A photo's points depend on its seed and size alone; with a fixed count, more points are
            the same points and some more.
        patch: Side of the patches, pixels: 6 in the paper's sweep over points; None draws 1..9, as in training.

    Returns:
        The hints; where patches overlap the later counts.

    Raises:
        UserError: Another shape, not one seed per photo, a negative count or a patch without pixels.

    Source:
        Zhang, Zhu et al. 2017 (SIGGRAPH), section 3.2, and the released code: the corner of a patch of side P is normal
        around (H - P + 1) / 2 with a standard deviation of half that, truncated to whole pixels, kept inside. The 1% of
        photos that training reveals whole are left out.

    Example:
        >>> hints = simulate_points(torch.ones(1, 2, 64, 64), count=1, seeds=[0])
        >>> hints.mask.sum().item(), hints.ab.sum().item()
        (36.0, 72.0)
    """
    if ab.ndim != 4 or ab.shape[1] != 2:
        raise UserError(f"simulate_points: ab has shape (N, 2, H, W); got {tuple(ab.shape)}. Put the channels second.")
    if len(seeds) != len(ab):
        raise UserError(f"simulate_points: every photo has a seed; got {len(seeds)} for {len(ab)}. Pass one each.")
    if (count is not None and count < 0) or (patch is not None and patch < 1):
        got = f"{count} points of side {patch}"
        raise UserError(f"simulate_points: points are 0 or more, of side 1 or more; got {got}. Correct them.")
    hinted = torch.zeros_like(ab, dtype=torch.float32)
    mask = torch.zeros_like(hinted[:, :1])
    for photo, seed in enumerate(seeds):
        for rows, columns in _patches(Random(seed), int(ab.shape[2]), int(ab.shape[3]), count, patch):
            color = ab[photo, :, rows, columns].float().mean(dim=(1, 2), keepdim=True)
            hinted[photo, :, rows, columns] = color
            mask[photo, :, rows, columns] = 1
    return Hints(hinted, mask)


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


def _patches(
    random: Random, height: int, width: int, count: int | None, patch: int | None
) -> list[tuple[slice, slice]]:
    """Rows and columns of each patch, in the order in which they are given."""
    if count is None:
        count = int(math.log(1 - random.random()) / math.log(1 - LAST))
    patches = []
    for _ in range(count):
        side = min(height, width, random.randint(*SIDES) if patch is None else patch)
        patches.append((_span(random, height, side), _span(random, width, side)))
    return patches


def _span(random: Random, length: int, side: int) -> slice:
    room = length - side + 1
    start = int(min(max(random.gauss(room / 2, room / 4), 0), room - 1))
    return slice(start, start + side)
