"""How good recommended colors are: how often the true color is one of the first k."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from evalsuite.bins import ab_bins
from evalsuite.color import rgb_to_lab
from evalsuite.color_difference import ciede2000
from evalsuite.contracts import Batch, Colorizer, Distribution, Setting
from evalsuite.dataset import Dataset, hash_of
from evalsuite.errors import UserError
from evalsuite.images import Resize
from evalsuite.loading import Loader, Wanted
from evalsuite.recommendations import recommend_colors
from evalsuite.resampling import map_counts
from evalsuite.scoring import exact_arithmetic
from evalsuite.work import photo_seed

WITHIN = 10.0
"""A color counts as recommended that is no further than this from a recommended one."""
DIFFERENCES = ("ciede2000", "cie76")
"""The readings of delta E: CIEDE2000, and the Euclidean distance in Lab, which at one lightness is that in ab."""
DRAWS = 10_000


@dataclass(frozen=True)
class Recommender:
    """A method that knows a distribution of colors at every pixel.

    Attributes:
        name: Its name.
        distribution: From a batch of one photo to its distribution.
        softness: What scales the logits.
    """

    name: str
    distribution: Callable[[Batch], Distribution]
    softness: float


@dataclass(frozen=True)
class Trial:
    """What is asked.

    Attributes:
        dataset: The photos.
        resize: Their resize policy.
        pixels: How many pixels of each, drawn at random.
        count: How many colors are recommended.
        seed: Of the pixels and of resampling.
        device: Where networks run.
    """

    dataset: Dataset
    resize: Resize
    pixels: int
    count: int
    seed: int
    device: torch.device


def recommenders(
    colorizers: Sequence[Colorizer], weights: Mapping[str, Path], device: torch.device
) -> list[Recommender]:
    """Load the methods; one that finds all colors equally likely stands beside them as the floor.

    Raises:
        UserError: One has no distribution behind its colors, or its weights are not at hand.
    """
    found = []
    for colorizer in colorizers:
        if colorizer.distribution is None:
            rule = f"{colorizer.name}: colors are recommended by networks that give a distribution"
            raise UserError(f"{rule}; this method gives one color. Take siggraph17, eccv16 or eccv16_norebalance.")
        setting = Setting(device, weights=weights.get(colorizer.name))
        found.append(Recommender(colorizer.name, colorizer.distribution(setting), colorizer.softness))
    flat = Distribution(torch.zeros(1, 313, 1, 1, device=device), ab_bins(device))
    return [*found, Recommender("uniform", lambda batch: flat, 1.0)]


def hit_rates(trial: Trial, methods: Sequence[Recommender]) -> dict[str, Any]:
    """Measure how often the true color lies within delta E 10 of one of the first k recommended ones.

    Returns:
        {"dataset", "photos", "pixels", "within", "methods": {name: {"softness", difference: {"value", "ci95"}}}}, where
        values are shares of pixels for k = 1, 2, ..., each photo with the same weight.

    Raises:
        UserError: No photo can be decoded.
    """
    rows: dict[str, list[NDArray[np.float64]]] = {method.name: [] for method in methods}
    hashes: dict[str, str] = {}
    failed = []
    photos = trial.dataset.photos
    wanted = [[Wanted((photo.path,), trial.resize)] for photo in photos]
    with Loader(1) as loader, torch.inference_mode(), exact_arithmetic():
        pictures = tqdm(loader.stream(wanted), total=len(wanted), unit=" photos", disable=None, delay=2)
        for index, [picture] in enumerate(pictures):
            if picture.rgb is None:
                failed.append({"photo": photos[index].id, "reason": picture.reason})
                continue
            hashes[photos[index].id] = picture.sha256
            rgb = torch.from_numpy(np.ascontiguousarray(picture.rgb)).permute(2, 0, 1)[None]
            lab = rgb_to_lab(rgb.to(trial.device))
            for method in methods:
                rows[method.name].append(_hits(trial, index, lab, method))
    if not hashes:
        raise UserError(f"{trial.dataset.source}: no photo could be decoded ({failed[0]['reason']}). Give others.")
    return {
        "dataset": {"name": trial.dataset.name, "images": len(hashes), "sha256": hash_of(hashes.items())},
        "resize": trial.resize.describe(),
        "seed": trial.seed,
        "pixels": trial.pixels,
        "within": WITHIN,
        "methods": {m.name: {"softness": m.softness, **_summary(rows[m.name], trial.seed)} for m in methods},
        "failed": failed,
    }


def _hits(trial: Trial, index: int, lab: Tensor, method: Recommender) -> NDArray[np.float64]:
    """Shares (differences, count) of a photo's pixels whose color is among the first k."""
    photo = trial.dataset.photos[index]
    seed = photo_seed(trial.seed, photo.id)
    height, width = lab.shape[2:]
    drawn = np.random.default_rng(seed).integers(0, (height, width), (trial.pixels, 2))
    places = torch.from_numpy(drawn).to(lab.device)
    batch = Batch(lab[:, :1], (photo,), (index,), (seed,))
    ab, shares = recommend_colors(method.distribution(batch), lab[0, 0], places, trial.count, method.softness)
    truth = lab[0, :, places[:, 0], places[:, 1]].T[:, None].expand(-1, trial.count, -1)
    offered = torch.cat([truth[..., :1], ab], dim=2)
    near = torch.stack([_difference(name, offered, truth) <= WITHIN for name in DIFFERENCES])
    found = (near & (shares > 0)).cummax(dim=2).values
    return found.double().mean(dim=1).cpu().numpy()


def _difference(name: str, offered: Tensor, truth: Tensor) -> Tensor:
    if name == "cie76":
        return (offered - truth).square().sum(dim=2).sqrt()
    return ciede2000(offered.permute(2, 0, 1)[None], truth.permute(2, 0, 1)[None].contiguous())[0]


def _summary(rows: Sequence[NDArray[np.float64]], seed: int) -> dict[str, Any]:
    table = np.stack(rows)
    photos = len(table)
    columns = table.reshape(photos, -1).T
    drawn = np.empty((len(columns), 0))
    if photos > 1:
        drawn = np.concatenate(map_counts(lambda c: columns @ c.T / photos, photos, DRAWS, seed), axis=1)
    found = {}
    for k, name in enumerate(DIFFERENCES):
        part = drawn.reshape(*table.shape[1:], -1)[k]
        ends = np.quantile(part, [0.025, 0.975], axis=1).T.tolist() if photos > 1 else [None] * table.shape[2]
        found[name] = {"value": table[:, k].mean(axis=0).tolist(), "ci95": ends}
    return found
