"""Which colors runs have, and how right methods are where colors are rare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.tables import ChromaRow, ColorizerRow, EntryRow

STEP = 5
"""The side of a histogram's cell, Lab units, as `evalsuite.chroma` counts."""
TARGET = "target"
GROUPS = 10


@dataclass(frozen=True)
class Colors:
    """The colors of a method's outputs, or of the photos.

    Attributes:
        histogram: Pixels per cell of the ab plane, a downward and b across.
        accuracy: Per true ab bin the mean of 1 - error / 150, NaN without pixels; None where it was not measured.
        pixels: How many pixels each bin has, beside `accuracy`.
    """

    histogram: NDArray[np.int64]
    accuracy: NDArray[np.float64] | None
    pixels: NDArray[np.float64] | None


def colors_of(session: Session, entry: int, name: str | None = None) -> Colors | None:
    """Return the colors of a method's outputs, or with `name` those of its run's photos."""
    found = (
        select(ChromaRow.histogram, ChromaRow.bins)
        .join(EntryRow, EntryRow.run_id == ChromaRow.run_id)
        .join(ColorizerRow, ColorizerRow.id == EntryRow.colorizer_id)
        .where(EntryRow.id == entry, ChromaRow.name == (name or ColorizerRow.name))
    )
    row = session.execute(found).one_or_none()
    if row is None:
        return None
    counts = np.frombuffer(row[0], "<i8")
    side = int(np.sqrt(len(counts)))
    if row[1] is None:
        return Colors(counts.reshape(side, side), None, None)
    gain, pixels = np.frombuffer(row[1], "<f8").reshape(2, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Colors(counts.reshape(side, side), gain / pixels, pixels)


def by_rarity(colors: Colors) -> list[float]:
    """Accuracy of bins in ten groups of equally many bins, the rarest colors first."""
    if colors.accuracy is None or colors.pixels is None:
        return []
    seen = np.flatnonzero(colors.pixels > 0)
    order = seen[np.argsort(colors.pixels[seen], kind="stable")]
    return [float(colors.accuracy[group].mean()) for group in np.array_split(order, GROUPS) if len(group)]


def all_colors(session: Session, entries: Sequence[int]) -> dict[int, Colors]:
    """Entry to its colors, of those that were counted."""
    found = {entry: colors_of(session, entry) for entry in entries}
    return {entry: colors for entry, colors in found.items() if colors is not None}
