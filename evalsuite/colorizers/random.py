"""The ab of another photo of the dataset: plausible colors in the wrong places.

Source: Zhang, Isola, Efros, ECCV 2016 (the vigilance trials of their study show it too). They copy from a random photo
of the training set; we copy from the dataset itself, by a seeded cyclic permutation: no photo gets its own colors, and
each photo lends them once (twice only where a file cannot be decoded and the next in the cycle steps in).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from evalsuite.color import rgb_to_lab
from evalsuite.contracts import Batch, Colorize, Colorizer, Setting

if TYPE_CHECKING:
    from evalsuite.dataset import Dataset

CANDIDATES = 3


def _companions(dataset: Dataset, setting: Setting) -> Sequence[tuple[Path, ...]]:
    """Name for every photo its next three in a random cycle through the dataset."""
    n = len(dataset.photos)
    order = np.random.default_rng(setting.seed).permutation(n)
    place = np.argsort(order)
    steps = range(1, min(CANDIDATES, n - 1) + 1)
    return [tuple(dataset.photos[order[(place[i] + step) % n]].path for step in steps) for i in range(n)]


def _colorize(batch: Batch) -> Tensor:
    """Return the companions' ab resized bilinearly, (N, 2, H, W) in Lab units."""
    size = batch.L.shape[2:]
    return torch.cat([_ab(companion.to(batch.L.device), size) for companion in batch.companions])


def _ab(rgb8: Tensor, size: torch.Size) -> Tensor:
    ab = rgb_to_lab(rgb8[None])[:, 1:]
    if ab.shape[2:] == size:
        return ab
    return interpolate(ab, size=tuple(size), mode="bilinear", align_corners=False, antialias=True)


def _load(setting: Setting) -> Colorize:
    return _colorize


COLORIZER = Colorizer(
    name="random",
    title="Random",
    load=_load,
    accepts=("L", "reference"),
    # Zhang et al. 2016, Table 1; all cells are quoted from memory of it, the fool rate agrees with the 87% of its text.
    reported={"ctest10k": {"auc": 0.842, "auc_rebalanced": 0.573, "top1_vgg16": 0.410, "fool_rate": 0.130}},
    companions=_companions,
)
