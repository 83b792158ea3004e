"""Which colors the outputs of a run have, and how right they are where colors are rare."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from evalsuite.color import rgb_to_lab
from evalsuite.errors import UserError
from evalsuite.images import RGB, decode
from evalsuite.results import Run
from evalsuite.thumbnails import resize_of

REACH, STEP = 110, 5
CELLS = 2 * REACH // STEP + 1
"""The histogram's side: squares of 5 Lab units around -110, -105 ... 110, so that gray is in the middle of one."""
TARGET = "target"
REBALANCED = "auc_rebalanced"


@dataclass(frozen=True)
class Chroma:
    """The colors of a method's outputs, or of the photos.

    Attributes:
        name: The method, or TARGET.
        histogram: (CELLS, CELLS) int64 pixels, a downward and b across.
        bins: (2, 313) float64: what the pixels of each true ab bin add to the rebalanced AuC, and how many there are;
            None for TARGET and where the run did not measure it.
    """

    name: str
    histogram: NDArray[np.int64]
    bins: NDArray[np.float64] | None


def chroma(run: Run) -> list[Chroma]:
    """Count the colors of every method's outputs and of the photos; pictures that cannot be read are left out."""
    resize = resize_of(run.manifest["dataset"])
    photos = [photo for photo in run.manifest["photos"] if photo["status"] == "scored"]
    outputs = {
        name: [run.path / "outputs" / name / f"{photo['id']}.png" for photo in photos] for name in run.colorizers
    }
    files = [(TARGET, Path(photo["file"])) for photo in photos]
    files += [(name, path) for name, paths in outputs.items() for path in paths]
    found = {name: np.zeros((CELLS, CELLS), np.int64) for name in (TARGET, *run.colorizers)}

    def count(item: tuple[str, Path]) -> tuple[str, NDArray[np.int64] | None]:
        name, path = item
        try:
            rgb = decode(path.read_bytes())
        except (OSError, UserError):
            return name, None
        return name, histogram(resize.apply(rgb) if name == TARGET else rgb)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, counted in tqdm(pool.map(count, files), "colors", len(files), unit=" images", disable=None, delay=2):
            if counted is not None:
                found[name] += counted
    bins = dict(_bins(run))
    return [Chroma(name, counts, bins.get(name)) for name, counts in found.items()]


def histogram(rgb: RGB) -> NDArray[np.int64]:
    """Count the ab of a picture's pixels, (CELLS, CELLS); what lies beyond the edge counts at the edge.

    Example:
        White has a = b = 0.

        >>> int(histogram(np.full((2, 2, 3), 255, np.uint8))[22, 22])
        4
    """
    lab = rgb_to_lab(torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].contiguous())
    cells = (lab[0, 1:] / STEP).round_().add_(REACH // STEP).clamp_(0, CELLS - 1).long().flatten(1)
    return (cells[0] * CELLS + cells[1]).bincount(minlength=CELLS * CELLS).view(CELLS, CELLS).numpy()


def _bins(run: Run) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Per method the sums over its photos."""
    for name in run.colorizers if (run.path / "rows").is_dir() else ():
        photos, columns = run.columns(name, REBALANCED)
        if "gain" in columns and len(photos):
            yield name, np.stack([columns[column].sum(axis=0, dtype=np.float64) for column in ("gain", "target.count")])
