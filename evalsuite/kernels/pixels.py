"""Sums over the pixels of an image: errors in ab, bins of ab, levels of RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalsuite.kernels.compiling import compiled, inlined

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

BLOCK = 1024
"""Pixels whose distances are computed by vector instructions before they are counted one by one."""


@compiled
def count_errors(target: Floats, output: Floats, limit: int, counts: Integers, sums: NDArray[np.float64]) -> None:
    """Count ab distances d of two Lab images (3, M) by their ceiling up to limit + 1; sum min(d, limit) and d^2."""
    distance = np.empty(BLOCK, np.float32)
    for start in range(0, target.shape[1], BLOCK):
        stop = min(start + BLOCK, target.shape[1])
        _distances(target[1][start:stop], target[2][start:stop], output[1][start:stop], output[2][start:stop], distance)
        for i in range(stop - start):
            counts[min(int(np.ceil(distance[i])), limit + 1)] += 1
        clipped, square = _sums(distance[: stop - start], np.float32(limit))
        sums[0] += clipped
        sums[1] += square


@compiled
def find_quantile(target: Floats, output: Floats, share: float, counts: Integers) -> float:
    """Find the quantile of the ab distances of two Lab images (3, M), linear between ranks, through their `counts`."""
    rank = share * (target.shape[1] - 1)
    lower, step, below = int(rank), 0, 0
    while below + counts[step] <= lower:
        below += counts[step]
        step += 1
    last, above = step, below + counts[step]
    while above <= lower + 1 and last + 1 < counts.size:
        last += 1
        above += counts[last]
    near, found, distance = np.empty(above - below, np.float32), 0, np.empty(BLOCK, np.float32)
    for start in range(0, target.shape[1], BLOCK):
        stop = min(start + BLOCK, target.shape[1])
        _distances(target[1][start:stop], target[2][start:stop], output[1][start:stop], output[2][start:stop], distance)
        for i in range(stop - start):
            if step <= min(int(np.ceil(distance[i])), counts.size - 1) <= last and found < near.size:
                near[found] = distance[i]
                found += 1
    near[:found].sort()
    low, high = near[min(lower - below, found - 1)], near[min(lower + 1 - below, found - 1)]
    return float(low + (rank - lower) * (high - low))


@compiled
def sum_gains(target: Floats, output: Floats, bins: Integers, limit: int, gains: NDArray[np.float64]) -> None:
    """Add 1 - min(d, limit) / limit of every pixel of two Lab images (3, M) to the gain of its bin."""
    distance, share = np.empty(BLOCK, np.float32), np.float32(1 / limit)
    for start in range(0, target.shape[1], BLOCK):
        stop = min(start + BLOCK, target.shape[1])
        _distances(target[1][start:stop], target[2][start:stop], output[1][start:stop], output[2][start:stop], distance)
        for i in range(stop - start):
            gains[bins[start + i]] += np.float32(1) - min(share * distance[i], np.float32(1))


@compiled
def look_up_bins(ab: Floats, table: Integers, cells: int, bins: Integers) -> None:
    """Look up the bins (M,) of an image's ab (2, M) in the table of cells of step 10."""
    for i in range(bins.size):
        a = min(max(int(np.ceil((ab[0, i] - np.float32(5)) / np.float32(10))), -cells), cells) + cells
        b = min(max(int(np.ceil((ab[1, i] - np.float32(5)) / np.float32(10))), -cells), cells) + cells
        bins[i] = table[a * (2 * cells + 1) + b]


@compiled
def sum_squared_errors(target: Bytes, output: Bytes) -> int:
    """Sum the squared differences of levels (M,)."""
    total = np.int64(0)
    for i in range(target.size):
        difference = np.int32(target[i]) - np.int32(output[i])
        total += np.int64(difference * difference)
    return int(total)


@compiled
def sum_opponents(rgb8: Bytes, sums: Integers) -> None:
    """Sum rg = R - G and yb = R + G - 2 B of an image (3, M), then their absolute values, then their squares: (6,)."""
    red, green, blue = rgb8[0], rgb8[1], rgb8[2]
    rg_sum, yb_sum, rg_size, yb_size = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    rg_square, yb_square = np.int64(0), np.int64(0)
    for i in range(red.size):
        r, g, b = np.int64(red[i]), np.int64(green[i]), np.int64(blue[i])
        rg, yb = r - g, r + g - 2 * b
        rg_sum += rg
        yb_sum += yb
        rg_size += abs(rg)
        yb_size += abs(yb)
        rg_square += rg * rg
        yb_square += yb * yb
    sums[0], sums[1], sums[2] = rg_sum, yb_sum, rg_size
    sums[3], sums[4], sums[5] = yb_size, rg_square, yb_square


@inlined
def _distances(a1: Floats, b1: Floats, a2: Floats, b2: Floats, distance: Floats) -> None:
    for i in range(a1.size):
        a, b = a2[i] - a1[i], b2[i] - b1[i]
        distance[i] = np.sqrt(a * a + b * b)


@compiled
def _sums(distance: Floats, limit: np.float32) -> tuple[np.float32, np.float32]:
    clipped, square = np.float32(0), np.float32(0)
    for i in range(distance.size):
        clipped += min(distance[i], limit)
        square += distance[i] * distance[i]
    return clipped, square
