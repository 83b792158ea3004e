"""Where the 313 ab bins lie; numbers only, for those who draw them and load no torch."""

from __future__ import annotations

B_RANGES = {
    -90: (50, 90), -80: (20, 90), -70: (0, 90), -60: (-20, 90), -50: (-30, 100), -40: (-40, 100), -30: (-50, 100),
    -20: (-50, 100), -10: (-60, 100), 0: (-70, 100), 10: (-80, 90), 20: (-80, 90), 30: (-90, 90), 40: (-100, 90),
    50: (-100, 80), 60: (-110, 80), 70: (-110, 80), 80: (-110, 70), 90: (-110, 70), 100: (-90, 0),
}  # fmt: skip
"""For each a of the grid of step 10 the first and last b of the bins, from pts_in_hull.npy of Zhang et al. 2016."""


def bin_centers() -> list[tuple[int, int]]:
    """Give (a, b) of the 313 bins, in the order of pts_in_hull.npy.

    Example:
        >>> bin_centers()[:2], len(bin_centers())
        ([(-90, 50), (-90, 60)], 313)
    """
    return [(a, b) for a, (first, last) in B_RANGES.items() for b in range(first, last + 1, 10)]
