"""The columns of a run on disk: written as tiles are done, read in parts, so that wide ones never fill memory."""

from __future__ import annotations

import itertools
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 512
"""Photos whose rows are in memory at once."""
NARROW = 64
"""Bytes of a row, up to which a column may be in memory as a whole."""


class ColumnFiles:
    """The .npy columns of a run, each as long as the dataset, filled in any order.

    Args:
        folder: The run's `rows` folder.
        photos: The dataset's length.
    """

    def __init__(self, folder: Path, photos: int) -> None:
        self._folder = folder
        self._photos = photos
        self._starts: dict[Path, tuple[int, int]] = {}

    def write(self, owner: str, column: str, positions: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Put rows (N,) or (N, k) at their photos' positions."""
        path = self._folder / owner / f"{column}.npy"
        rows = np.ascontiguousarray(rows)
        if path not in self._starts:
            self._starts[path] = self._open(path, rows)
        start, width = self._starts[path]
        with open(path, "r+b", buffering=0) as stream:
            for first, last in _stretches(positions):
                stream.seek(start + int(positions[first]) * width)
                stream.write(rows[first:last].data.cast("B"))

    def read(self, owner: str, column: str) -> NDArray[Any]:
        """Return a column, mapped and not copied into memory."""
        array: NDArray[Any] = np.load(self._folder / owner / f"{column}.npy", mmap_mode="r")
        return array

    def _open(self, path: Path, rows: NDArray[Any]) -> tuple[int, int]:
        width = rows.nbytes // max(len(rows), 1)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            header = {"descr": rows.dtype.str, "fortran_order": False, "shape": (self._photos, *rows.shape[1:])}
            with path.with_suffix(".part").open("wb") as stream:
                np.lib.format.write_array_header_1_0(stream, header)
                stream.truncate(stream.tell() + width * self._photos)
            os.replace(path.with_suffix(".part"), path)
        with path.open("rb") as stream:
            np.lib.format.read_magic(stream)
            np.lib.format.read_array_header_1_0(stream)
            return stream.tell(), width


def _stretches(positions: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Split positions into slices of consecutive ones."""
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    edges = [0, *breaks.tolist(), len(positions)]
    return [(a, b) for a, b in itertools.pairwise(edges) if b > a]


def blocks(column: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    """Read a wide column in parts of float64; of a column mapped from disk, no part stays in memory."""
    for start in range(0, len(column), BLOCK):
        yield np.asarray(column[start : start + BLOCK], np.float64)
        _forget(column)


def picked(column: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Take some rows of a column; a wide one goes through a file without a name, so that it does not fill memory."""
    if column[:1].nbytes <= NARROW or len(rows) == 0:
        return np.asarray(column[rows])
    with TemporaryFile() as file:
        taken = np.memmap(file, column.dtype, "w+", shape=(len(rows), *column.shape[1:]))
    for start in range(0, len(rows), BLOCK):
        taken[start : start + BLOCK] = column[rows[start : start + BLOCK]]
        _forget(taken)
        _forget(column)
    return taken


def _forget(column: NDArray[Any]) -> None:
    """Take the pages of a mapped column out of this process's memory; the kernel brings back what is read again."""
    if isinstance(column.base, mmap.mmap):
        column.base.madvise(mmap.MADV_DONTNEED)
