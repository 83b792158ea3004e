"""Choosing a reference for every photo: the one given, or the dataset's photos of the most similar lightness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from evalsuite.contracts import Setting
from evalsuite.dataset import pair_by_stem
from evalsuite.errors import UserError

if TYPE_CHECKING:
    from evalsuite.dataset import Dataset

CANDIDATES = 3
ROWS_AT_ONCE = 256


def references_for(dataset: Dataset, setting: Setting) -> Sequence[tuple[Path, ...]]:
    """Name every photo's reference, best first.

    Args:
        dataset: The photos.
        setting: Its option "references" is one image for all, or a folder of images paired by stem; without it the
            survey's lightness histograms choose three of the other photos.

    Raises:
        UserError: The references do not exist, or there is neither the option nor a survey.
    """
    if given := setting.options.get("references"):
        return _given(dataset, Path(given))
    if setting.survey is None:
        raise UserError("references: they come from a survey of the dataset; got none. Give --references.")
    paths = [photo.path for photo in dataset.photos]
    rows = nearest_histograms(setting.survey.histograms, setting.survey.decodable)
    return [tuple(paths[i] for i in row) for row in rows]


def nearest_histograms(histograms: NDArray[np.float32], usable: NDArray[np.bool_]) -> list[list[int]]:
    """Find for every photo the three nearest others by Hellinger distance, the first of equals first.

    Args:
        histograms: (n, bins), each row summing to 1.
        usable: (n,), which photos may be chosen.
    """
    roots = np.sqrt(histograms.astype(np.float64))
    found: list[list[int]] = []
    for start in range(0, len(roots), ROWS_AT_ONCE):
        distances = cdist(roots[start : start + ROWS_AT_ONCE], roots)
        distances[:, ~usable] = np.inf
        np.fill_diagonal(distances[:, start:], np.inf)
        found.extend(_smallest(distances))
    return found


def _given(dataset: Dataset, references: Path) -> list[tuple[Path, ...]]:
    if references.is_file():
        return [(references,)] * len(dataset.photos)
    if not references.is_dir():
        raise UserError(f"--references: an image or a folder of images; got {references}. Check the path.")
    return [() if file is None else (file,) for file in pair_by_stem(dataset, references).files]


def _smallest(distances: NDArray[np.float64]) -> list[list[int]]:
    every = np.arange(len(distances))
    chosen: list[list[int]] = [[] for _ in every]
    for _ in range(CANDIDATES):
        best = distances.argmin(axis=1)
        for row in np.flatnonzero(np.isfinite(distances[every, best])):
            chosen[row].append(int(best[row]))
        distances[every, best] = np.inf
    return chosen
