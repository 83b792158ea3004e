"""Simulated users: where they put points, how large these are, and how many, as the papers' codes draw them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from evalsuite.contracts import Hints
from evalsuite.errors import UserError
from evalsuite.hints import paint, stacked
from evalsuite.points import Point

LAST = 1 / 8
"""Chance that no more points follow, where their number is random: 7 points in the mean."""
SIDES = (1, 9)
"""Smallest and largest side of a patch, where the side is random."""


@dataclass(frozen=True)
class Style:
    """How a simulated user puts points.

    Attributes:
        side: Side of the square patches, pixels; None draws 1..9 for each.
        grid: Whether patches are cells of a grid of that side, all equally likely; else their corners are normal
            around the middle.
        source: Whose style it is.
    """

    side: int | None
    grid: bool
    source: str


STYLES: Mapping[str, Style] = MappingProxyType({
    "zhang2017": Style(6, False, "Zhang, Zhu et al., SIGGRAPH 2017: the sweep over the number of points"),
    "training": Style(None, False, "Zhang, Zhu et al., SIGGRAPH 2017: as in training"),
    "icolorit": Style(2, True, "Yun, Lee, Park, Choo: iColoriT, WACV 2023: the evaluation"),
})  # fmt: skip
ZHANG2017 = STYLES["zhang2017"]


def number_of_points(seed: int) -> int:
    """Draw a photo's number of points, geometric from 0 with p = 1/8: P(k) = (1/8) (7/8)^k.

    It has a random stream of its own, so that points are the same whether their number is drawn or given.
    """
    return int(math.log(1 - Random(f"points {seed}").random()) / math.log(1 - LAST))


def simulate(ab: NDArray[np.float32], count: int, seed: int, style: Style = ZHANG2017) -> list[Point]:
    """Let a simulated user put points on a photo, each in the mean color of its patch.

    Args:
        ab: (2, H, W), the real photo's ab, Lab units.
        count: How many points. More are the same ones and some more.
        seed: The photo's own.
        style: How.

    Returns:
        The points, in the order in which they are given.

    Source:
        Zhang, Zhu et al. 2017, section 3.2, and the released code: the corner of a patch of side P is normal around
        (H - P + 1) / 2 with a standard deviation of half that, truncated to whole pixels, kept inside. The 1% of
        photos that training reveals whole are left out. iColoriT's released code draws cells of a grid with
        replacement; its sets for different numbers are not nested, ours are.
    """
    random = Random(seed)
    height, width = ab.shape[1:]
    points = []
    for _ in range(count):
        side = min(height, width, random.randint(*SIDES) if style.side is None else style.side)
        top, left = _start(random, height, side, style.grid), _start(random, width, side, style.grid)
        patch = ab[:, top : top + side, left : left + side]
        a, b = patch.mean(axis=(1, 2), dtype=np.float64).astype(np.float32).tolist()
        points.append(Point(left + side // 2, top + side // 2, a, b, side))
    return points


def simulate_points(ab: Tensor, count: int | None, seeds: Sequence[int], style: Style = ZHANG2017) -> Hints:
    """Simulate users for several photos and paint their points; where patches overlap the later counts.

    Args:
        ab: (N, 2, H, W) float, the real photos' ab, Lab units.
        count: Points per photo; None draws it per photo, geometric with p = 1/8 from 0, as in training.
        seeds: One per photo. A photo's points depend on its seed and size alone.
        style: How points are put.

    Returns:
        The hints.

    Raises:
        UserError: Another shape, not one seed per photo, or a negative count.

    Source:
        As `simulate`.

    Example:
        >>> import torch
        >>> hints = simulate_points(torch.ones(1, 2, 64, 64), count=1, seeds=[0])
        >>> hints.mask.sum().item(), hints.ab.sum().item()
        (36.0, 72.0)
    """
    if ab.ndim != 4 or ab.shape[1] != 2:
        raise UserError(f"simulate_points: ab has shape (N, 2, H, W); got {tuple(ab.shape)}. Put the channels second.")
    if len(seeds) != len(ab):
        raise UserError(f"simulate_points: every photo has a seed; got {len(seeds)} for {len(ab)}. Pass one each.")
    if count is not None and count < 0:
        raise UserError(f"simulate_points: the number of points is 0 or more; got {count}. Correct it.")
    height, width = int(ab.shape[2]), int(ab.shape[3])
    painted = []
    for photo, seed in zip(ab.float().cpu().numpy(), seeds, strict=True):
        points = simulate(photo, number_of_points(seed) if count is None else count, seed, style)
        painted.append(paint(points, height, width))
    return stacked(painted, ab.device)


def _start(random: Random, length: int, side: int, grid: bool) -> int:
    room = length - side + 1
    if grid:
        return random.randrange(length // side) * side
    return int(min(max(random.gauss(room / 2, room / 4), 0), room - 1))
