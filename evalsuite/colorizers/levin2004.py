"""Colorization Using Optimization: hints spread between pixels that lie side by side and are equally bright.

Source: Levin, Lischinski, Weiss, SIGGRAPH 2004, with the weights of the authors' released getColorExact: 3 x 3 windows,
exp(-(Y(s) - Y(r))^2 / c) with c from the window's variance, and the same lower bounds on c. The release keeps Y of YIQ
and solves for I and Q; here the run keeps L of Lab, so the luminance is L / 100 and a and b are solved for.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.sparse.linalg import SuperLU, splu
from torch import Tensor

from evalsuite.contracts import Batch, Colorize, Colorizer, Setting
from evalsuite.errors import UserError
from evalsuite.native import for_each

Floats = NDArray[np.float64]
Scalar = TypeVar("Scalar", bound=np.generic)
OFFSETS = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
VARIANCE_SHARE, SMALLEST_WEIGHT, SMALLEST_VARIANCE = 0.6, 0.01, 2e-6
LEAF = 16
"""Pixels at which dissection stops: 16 gave the quickest factorisation of 256 x 256 photos."""


def neighbor_weights(Y: Floats) -> Floats:
    """Weigh every pixel's eight neighbors: (8, H, W), summing to 1 over the first axis, 0 beyond the border."""
    inside = _neighbors(np.ones_like(Y)) > 0
    count = inside.sum(axis=0) + 1
    difference = np.where(inside, _neighbors(Y) - Y, 0.0)
    mean = difference.sum(axis=0) / count
    variance = np.square(difference).sum(axis=0) / count - mean**2
    square = np.where(inside, difference**2, np.inf)
    spread = np.maximum(VARIANCE_SHARE * variance, square.min(axis=0) / -np.log(SMALLEST_WEIGHT))
    weights = np.exp(-square / np.maximum(spread, SMALLEST_VARIANCE))
    return np.asarray(weights / weights.sum(axis=0))


def propagate(Y: Floats, hints: Floats, marked: NDArray[np.bool_]) -> Floats:
    """Spread the hints at marked pixels over a photo.

    Args:
        Y: (H, W) luminance, 0..1.
        hints: (C, H, W) values of C channels, read where marked.
        marked: (H, W), somewhere true.

    Returns:
        (C, H, W): at a marked pixel its hint, elsewhere the weighted mean of the neighbors.

    Example:
        On a plain photo one hint colors everything.

        >>> marked = np.arange(16).reshape(4, 4) == 5
        >>> np.unique(propagate(np.full((4, 4), 0.5), np.full((1, 4, 4), 42.0), marked)).tolist()
        [42.0]
    """
    return spread(factorise(Y, marked), hints, marked)


def factorise(Y: Floats, marked: NDArray[np.bool_]) -> SuperLU:
    """Factorise the system of a photo and of places of hints, whatever their colors: it is what takes the time."""
    position = _dissection(*Y.shape)
    weights = np.where(marked, 0.0, neighbor_weights(Y))
    edges = weights > 0
    rows = np.broadcast_to(position, weights.shape)[edges]
    columns = _neighbors(position)[edges]
    diagonal = np.arange(Y.size)
    entries = np.concatenate([-weights[edges], np.ones(Y.size)])
    places = (np.concatenate([rows, diagonal]), np.concatenate([columns, diagonal]))
    system = csc_array((entries, places), shape=(Y.size, Y.size))
    # The diagonal dominates every row, so no pivoting is needed, and the order of elimination is already good.
    return splu(system, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def spread(factors: SuperLU, hints: Floats, marked: NDArray[np.bool_]) -> Floats:
    """Spread hints (C, H, W) with the factors of their places (H, W)."""
    position = _dissection(*marked.shape)
    known = np.zeros((marked.size, len(hints)))
    known[position[marked]] = hints[:, marked].T
    solution = factors.solve(known)[position]
    # All rows are convex combinations: what lies outside the hints' range is rounding in nearly isolated regions.
    low, high = hints[:, marked].min(axis=1), hints[:, marked].max(axis=1)
    return np.moveaxis(np.clip(solution, low, high), -1, 0)


def _neighbors(values: NDArray[Scalar]) -> NDArray[Scalar]:
    """Each pixel's eight neighbors (8, H, W), 0 beyond the border."""
    height, width = values.shape
    padded = np.pad(values, 1)
    return np.stack([padded[1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in OFFSETS])


@lru_cache(maxsize=4)
def _dissection(height: int, width: int) -> NDArray[np.int32]:
    """Each pixel's place (H, W) in an order of elimination with little fill (George 1973: halves before their seam)."""
    pixels = np.arange(height * width).reshape(height, width)
    order = np.concatenate(_halves(pixels))
    place = np.empty(height * width, np.int32)
    place[order] = np.arange(height * width)
    return place.reshape(height, width)


def _halves(pixels: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    if pixels.size <= LEAF or min(pixels.shape) <= 2:
        return [pixels.ravel()]
    if pixels.shape[0] < pixels.shape[1]:
        pixels = pixels.T
    seam = len(pixels) // 2
    return [*_halves(pixels[:seam]), *_halves(pixels[seam + 1 :]), pixels[seam]]


class Spreading:
    """The method, with the factors of the photos and places of hints that were colored last.

    Args:
        keep: How many; a process that colors the same photo again and again keeps some, 25 MB each at 256 x 256.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._factors: OrderedDict[bytes, SuperLU] = OrderedDict()

    def __call__(self, batch: Batch) -> Tensor:
        """Return ab, (N, 2, H, W) in Lab units; a photo without any hint stays gray."""
        if batch.hints is None:
            raise UserError("levin2004: colors spread from hints; got none. Give --hints, or pass Batch.hints.")
        Y = (batch.L[:, 0] / 100).double().cpu().numpy()
        hints = batch.hints.ab.double().cpu().numpy()
        marked = batch.hints.mask[:, 0].cpu().numpy() > 0
        ab = np.zeros_like(hints)
        hinted = np.flatnonzero(marked.any(axis=(1, 2)))

        def solve(k: int) -> None:
            one = hinted[k]
            ab[one] = spread(self._factorised(Y[one], marked[one]), hints[one], marked[one])

        # SuperLU runs without Python's lock.
        for_each(len(hinted), solve)
        return torch.from_numpy(ab).to(batch.L)

    def _factorised(self, Y: Floats, marked: NDArray[np.bool_]) -> SuperLU:
        if not self._keep:
            return factorise(Y, marked)
        key = sha256(repr(Y.shape).encode() + Y.tobytes() + marked.tobytes()).digest()
        factors = self._factors.pop(key, None) or factorise(Y, marked)
        self._factors[key] = factors
        while len(self._factors) > self._keep:
            self._factors.popitem(last=False)
        return factors


def _load(setting: Setting) -> Colorize:
    return Spreading(int(setting.options.get("keep_factors", "0")))


COLORIZER = Colorizer(
    name="levin2004",
    title="Levin et al. 2004",
    load=_load,
    paper="Levin, Lischinski, Weiss: Colorization Using Optimization, SIGGRAPH 2004",
    url="https://www.cs.huji.ac.il/~yweiss/Colorization/",
    licence="MIT (our own code)",
    accepts=("L", "hints"),
    points=50,
    cite="levin2004colorization",
)
