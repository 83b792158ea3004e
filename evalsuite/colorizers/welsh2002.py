"""Transferring Color to Greyscale Images: each pixel takes the ab of the reference's most similar sample.

Source: Welsh, Ashikhmin, Mueller, SIGGRAPH 2002, global matching: the reference's luminance is remapped to the photo's
mean and deviation, some 200 samples are drawn on a jittered grid (256 here), and pixels match by luminance and its
deviation in 5 x 5 neighborhoods with equal weights. The paper works in Ruderman's l-alpha-beta; the run keeps L of Lab,
so Lab stands for it here. The paper's references are picked by hand; ours by the lightness histogram, or given.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from evalsuite.color import rgb_to_lab
from evalsuite.colorizers.references import references_for
from evalsuite.contracts import Batch, Colorize, Colorizer, Setting

GRID = 16
WINDOW = 5
PIXELS_AT_ONCE = 1 << 14


def transfer(L: Tensor, reference: Tensor, seed: int) -> Tensor:
    """Color a photo by a reference.

    Args:
        L: (H, W) float32, lightness 0..100.
        reference: (3, h, w) uint8 sRGB.
        seed: Places the samples within their cells.

    Returns:
        (2, H, W) float32, ab of the samples matched.

    Example:
        A plain red reference has one color to give, (80.1, 67.2).

        >>> red = torch.tensor([255, 0, 0], dtype=torch.uint8).reshape(3, 1, 1).expand(3, 20, 20)
        >>> transfer(torch.rand(8, 8) * 100, red, seed=0).amax(dim=(1, 2)).round(decimals=1).tolist()
        [80.0999984741211, 67.19999694824219]
    """
    lab = rgb_to_lab(reference[None])[0]
    remapped = _remap(lab[0].double(), L.double())
    places = _jittered_grid(remapped.shape, seed).to(L.device)
    samples = _features(remapped)[places]
    # The L1 distance is twice the paper's half-and-half sum of both differences.
    parts = torch.tensor_split(_features(L.double()), 1 + L.numel() // PIXELS_AT_ONCE)
    best = [torch.cdist(part, samples, p=1).argmin(dim=1) for part in parts]
    return lab[1:].flatten(1)[:, places[torch.cat(best)]].reshape(2, *L.shape)


def _remap(source: Tensor, target: Tensor) -> Tensor:
    scale = target.std(correction=0) / source.std(correction=0).clamp_min(1e-6)
    return (source - source.mean()) * scale + target.mean()


def _features(L: Tensor) -> Tensor:
    """Luminance and its deviation in the 5 x 5 neighborhood, cut at the border: (H * W, 2) float32."""
    moments = torch.stack([L, L.square()])[:, None]
    mean, square = avg_pool2d(moments, WINDOW, 1, WINDOW // 2, count_include_pad=False)[:, 0]
    deviation = (square - mean.square()).clamp_min(0).sqrt()
    return torch.stack([L, deviation], dim=-1).reshape(-1, 2).float()


def _jittered_grid(size: torch.Size, seed: int) -> Tensor:
    """One pixel out of each of 16 x 16 cells, as flat positions."""
    height, width = size
    jitter = np.random.default_rng(seed).random((2, GRID, GRID))
    rows = ((np.arange(GRID)[:, None] + jitter[0]) * (height / GRID)).astype(np.int64)
    columns = ((np.arange(GRID)[None, :] + jitter[1]) * (width / GRID)).astype(np.int64)
    return torch.from_numpy((rows * width + columns).ravel())


def _colorize(batch: Batch) -> Tensor:
    """Return ab, (N, 2, H, W) in Lab units."""
    triples = zip(batch.L[:, 0], batch.companions, batch.seeds, strict=True)
    return torch.stack([transfer(L, reference.to(L.device), seed) for L, reference, seed in triples])


def _load(setting: Setting) -> Colorize:
    return _colorize


COLORIZER = Colorizer(
    name="welsh2002",
    title="Welsh et al. 2002",
    load=_load,
    paper="Welsh, Ashikhmin, Mueller: Transferring Color to Greyscale Images, SIGGRAPH 2002",
    url="https://doi.org/10.1145/566654.566576",
    licence="MIT (our own code)",
    accepts=("L", "reference"),
    companions=references_for,
    needs_survey=True,
    cite="welsh2002transferring",
)
