"""Seeded resampling of photos as blocks of counts: the same draws whoever asks, however many, on however many threads.

Block number k of n photos has its own random stream, so blocks can be drawn in any order and the first 200 resamples
of 10,000 are the same as 200.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr

from evalsuite.contracts import Counts

CELLS = 1 << 18
"""Cells of a block: 1 MiB of float32, so that a block stays in a core's cache while every estimator reads it."""
MOST_ROWS = 1024
FEW = 1000
"""Below so many photos they are drawn one by one; above, nearly all counts come from a Poisson law at once."""
UNSURE = 255
COUNTS, SIGNS = 0, 1
THREADS = 4


def resample_counts(n: int, draws: int, seed: int) -> Iterator[Counts]:
    """Draw how often each of n photos is in each of `draws` resamples with replacement.

    The counts follow the multinomial law of n draws from n photos. Where n is large, they start as independent Poisson
    counts of a mean a little below 1, and the draws that are still missing are made one by one: given its sum, a
    vector of independent Poisson counts is multinomial, and so is the sum of two multinomial vectors. The rare row
    whose sum exceeds n is drawn anew.

    Args:
        n: Photos.
        draws: Resamples.
        seed: The same seed gives the same counts.

    Returns:
        Blocks (r, n) float32 of whole numbers, each row summing to n; `draws` rows in all.

    Source: Hanley and MacGibbon, Creating non-parametric bootstrap samples using Poisson frequencies, Computer Methods
        and Programs in Biomedicine 83 (2006), who stop at the Poisson counts.
    """
    for number, rows in _blocks(n, draws):
        yield _counts(n, seed, number)[:rows]


def map_counts(
    work: Callable[[Counts], NDArray[np.float64]], n: int, draws: int, seed: int
) -> list[NDArray[np.float64]]:
    """Give each block of `resample_counts` to `work`, on several threads, and return its results in order."""

    def one(block: tuple[int, int]) -> NDArray[np.float64]:
        number, rows = block
        return work(_counts(n, seed, number)[:rows])

    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        return list(pool.map(one, _blocks(n, draws)))


def resample_flips(n: int, draws: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """Draw for each of n photos whether it is flipped: blocks (r, n) of 0 and 1, each with probability one half."""
    for number, rows in _blocks(n, draws):
        bits = _bytes(_stream(seed, SIGNS, number), -(-rows * n // 8))
        yield np.unpackbits(bits, count=rows * n).reshape(rows, n).astype(np.float32)


def _blocks(n: int, draws: int) -> Iterator[tuple[int, int]]:
    """Number the blocks, each with its rows."""
    most = _rows(n)
    for number, start in enumerate(range(0, draws, most)):
        yield number, min(most, draws - start)


def _rows(n: int) -> int:
    return min(max(CELLS // n, 1), MOST_ROWS)


def _stream(seed: int, purpose: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(purpose, number))))


def _bytes(rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
    words = np.asarray(rng.bit_generator.random_raw(-(-size // 8)), np.uint64)
    return words.view(np.uint8)[:size]


def _counts(n: int, seed: int, number: int) -> NDArray[np.float32]:
    rng, rows, ones = _stream(seed, COUNTS, number), _rows(n), np.ones(n, np.float32)
    counts = np.zeros((rows, n), np.float32)
    if n >= FEW:
        counts = _poisson(rng, 1 - 5 / n**0.5, rows * n).astype(np.float32).reshape(rows, n)
        counts[counts @ ones > n] = 0
    missing = (n - counts @ ones).astype(np.int64)
    cells = np.repeat(np.arange(rows) * n, missing)
    cells += rng.integers(0, n, len(cells))
    np.add.at(counts.reshape(-1), cells, np.float32(1))
    return counts


def _poisson(rng: np.random.Generator, rate: float, size: int) -> NDArray[np.uint8]:
    """Draw Poisson counts by inversion, from a byte each; only where the byte cannot tell, 53 more bits decide."""
    below = pdtr(np.arange(40), rate)
    table = np.searchsorted(below * 256, np.arange(256), side="right").astype(np.uint8)
    table[np.minimum(below * 256, 255).astype(np.uint8)] = UNSURE
    first = _bytes(rng, size)
    counts = np.frombuffer(bytearray(first.tobytes().translate(table.tobytes())), np.uint8)
    at = np.flatnonzero(counts == UNSURE)
    counts[at] = np.searchsorted(below, (first[at] + rng.random(len(at))) / 256, side="right")
    return counts
