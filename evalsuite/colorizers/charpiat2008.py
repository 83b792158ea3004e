"""Automatic Image Colorization via Multimodal Predictions: colors of an exemplar, chosen for all pixels at once.

Source: Charpiat, Hofmann, Schoelkopf, ECCV 2008. The reference's colors are clustered; a Parzen estimate over local
texture descriptors (reduced to 27 dimensions by PCA, with lightness and its deviation beside them) gives for every
pixel the probability of each color and how much color is expected to vary there; a graph cut with alpha expansion
finds colors that are likely and vary where variation is expected: -log p(c), plus |c - c'| over the harmonic mean of
the expected variations for each pair of neighbors; a few steps of averaging refine the colors between the clusters.
Details of the paper are quoted from memory of it, and no code of its authors is public: the number of colors, the
widths and the weights are ours, the reference's lightness is remapped as in Welsh et al. 2002, and all is done at
128 x 128.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from torch import Tensor
from torch.nn.functional import interpolate

from evalsuite.color import rgb_to_lab
from evalsuite.colorizers.expansion import Energy, expand, load_maxflow
from evalsuite.colorizers.parzen import estimate, reduced
from evalsuite.colorizers.references import references_for
from evalsuite.colorizers.texture import descriptors, lightness_features
from evalsuite.contracts import Batch, Colorize, Colorizer, Setting
from evalsuite.native import for_each

Floats = NDArray[np.float64]
SIDE = 128
COLORS, SAMPLES, DIMENSIONS, NEIGHBORS = 24, 1500, 27, 10
SMOOTHNESS, LEAST_VARIATION, UNLIKELY = 0.4, 1.0, 1e-3
CYCLES, STEPS, REACH = 2, 10, 15.0


def _colorize_one(L: Tensor, reference: Tensor, seed: int) -> Tensor:
    """Color a photo (H, W) by a reference (3, h, w): (2, h', w') at 128 x 128 or less."""
    light, lab = _shrunk(L[None].cpu())[0], _shrunk(rgb_to_lab(reference[None].cpu())[0])
    scale = light.std(correction=0) / lab[0].std(correction=0).clamp_min(1e-6)
    theirs = (lab[0] - lab[0].mean()) * scale + light.mean()
    ab = lab[1:].double().numpy()
    drawn = np.random.default_rng(seed).permutation(theirs.numel())[:SAMPLES]
    samples, pixels = _features(theirs, light, drawn)
    colors, known = _palette(ab.reshape(2, -1).T[drawn])
    found = estimate(pixels, samples, np.column_stack([known, _variation(ab)[drawn]]), NEIGHBORS)
    chances = (1 - UNLIKELY) * found[:, :-1] + UNLIKELY / len(colors)
    energy = _energy(chances, colors, np.maximum(found[:, -1], LEAST_VARIATION), light.shape)
    labels = expand(load_maxflow(), energy, chances.argmax(axis=1), CYCLES)
    return torch.from_numpy(_refined(energy, chances, colors, labels).T.reshape(2, *light.shape).copy())


def _shrunk(image: Tensor) -> Tensor:
    """Bring (C, H, W) to at most 128 pixels a side."""
    size = tuple(min(SIDE, int(side)) for side in image.shape[1:])
    return interpolate(image[None], size=size, mode="bilinear", align_corners=False, antialias=True)[0]


def _features(theirs: Tensor, ours: Tensor, drawn: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Features of the samples drawn from the reference, and of the photo's pixels."""
    textures = [descriptors(L).double().numpy().reshape(L.numel(), -1) for L in (theirs, ours)]
    plain = [lightness_features(L).reshape(L.numel(), -1) for L in (theirs, ours)]
    samples, pixels = reduced(textures[0][drawn], textures[1], DIMENSIONS)
    return np.column_stack([samples, plain[0][drawn]]), np.column_stack([pixels, plain[1]])


def _palette(ab: Floats) -> tuple[Floats, Floats]:
    """Cluster colors (m, 2): their centers (K, 2), and per sample 1 at its own."""
    count = min(COLORS, len(np.unique(ab.round(1), axis=0)))
    clusters = KMeans(count, n_init=1, random_state=0).fit(ab)
    return clusters.cluster_centers_, np.eye(count)[clusters.labels_]


def _variation(ab: Floats) -> Floats:
    """How much ab (2, H, W) changes from pixel to pixel: (H * W,) Lab units."""
    wide = np.pad(ab, ((0, 0), (1, 1), (1, 1)), mode="edge")
    down, right = wide[:, 2:, 1:-1] - wide[:, :-2, 1:-1], wide[:, 1:-1, 2:] - wide[:, 1:-1, :-2]
    return np.asarray(np.sqrt((down**2 + right**2).sum(axis=0) / 4).ravel())


def _energy(chances: Floats, colors: Floats, variation: Floats, shape: torch.Size) -> Energy:
    places = np.arange(len(chances)).reshape(shape)
    straight = [(places[:, :-1], places[:, 1:]), (places[:-1], places[1:])]
    slanted = [(places[:-1, :-1], places[1:, 1:]), (places[:-1, 1:], places[1:, :-1])]
    first, second = (np.concatenate([pair[k].ravel() for pair in straight + slanted]) for k in (0, 1))
    nearness = np.concatenate([np.ones(sum(one.size for one, _ in straight)), np.full(2 * slanted[0][0].size, 2**-0.5)])
    harmonic = 2 / (1 / variation[first] + 1 / variation[second])
    return Energy(-np.log(chances).T, cdist(colors, colors), first, second, SMOOTHNESS * nearness / harmonic)


def _refined(energy: Energy, chances: Floats, colors: Floats, labels: NDArray[np.int64]) -> Floats:
    """Let colors (n, 2) lie between clusters: near the likely ones around the chosen one, and near the neighbors'."""
    close = chances * np.exp(-((energy.apart[labels] / REACH) ** 2) / 2)
    likely = close @ colors / close.sum(axis=1, keepdims=True)
    n, p, q, weight = len(labels), energy.first, energy.second, energy.weight
    total = 1 + np.bincount(p, weight, n) + np.bincount(q, weight, n)
    found = likely
    for _ in range(STEPS):
        sums = [np.bincount(p, weight * c[q], n) + np.bincount(q, weight * c[p], n) for c in found.T]
        found = (likely + np.stack(sums, axis=1)) / total[:, None]
    return np.asarray(found)


def _load(setting: Setting) -> Colorize:
    load_maxflow()
    return _colorize


def _colorize(batch: Batch) -> Tensor:
    """Return ab in Lab units, (N, 2, h, w), h and w at most 128."""
    triples = list(zip(batch.L[:, 0], batch.companions, batch.seeds, strict=True))
    return torch.stack(for_each(len(triples), lambda k: _colorize_one(*triples[k]))).to(batch.L)


COLORIZER = Colorizer(
    name="charpiat2008",
    title="Charpiat et al. 2008",
    load=_load,
    paper="Charpiat, Hofmann, Schoelkopf: Automatic Image Colorization via Multimodal Predictions, ECCV 2008",
    url="https://doi.org/10.1007/978-3-540-88690-7_10",
    licence="MIT (our own code); PyMaxflow, which it needs, is GPL-3.0",
    accepts=("L", "reference"),
    companions=references_for,
    needs_survey=True,
    cite="charpiat2008automatic",
)
