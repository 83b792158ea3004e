"""A colored point, the unit of local hints. Knows no tensors: pages and files of hints use it, too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A color given to a square patch.

    Attributes:
        x: Column of the patch's center, pixels from 0, in the photo as it is scored. The patch covers the columns from
            x - size // 2 on, so that a patch of even size reaches one pixel further to the left and to the top.
        y: Row of the center.
        a: Lab units.
        b: Lab units.
        size: Side of the patch, pixels; what lies outside the photo is cut off.
    """

    x: int
    y: int
    a: float
    b: float
    size: int
