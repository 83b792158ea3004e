"""Histogram transfer: a pixel takes the mean color that the reference has at the same place in its order of lightness.

A baseline for methods that are given a reference: the lightness histograms are matched (a pixel that is lighter than
30% of the photo corresponds to those lighter than 30% of the reference), and nothing else is looked at. Source:
matching of histograms as in Gonzalez and Woods, Digital Image Processing; the color of a match is the mean ab of the
reference's pixels in one of 256 steps of that order, with straight lines between the steps.
"""

from __future__ import annotations

import torch
from torch import Tensor

from evalsuite.color import rgb_to_lab
from evalsuite.colorizers.references import references_for
from evalsuite.contracts import Batch, Colorize, Colorizer, Setting

STEPS = 256


def transfer(L: Tensor, reference: Tensor) -> Tensor:
    """Color a photo by a reference.

    Args:
        L: (H, W) float32, lightness 0..100.
        reference: (3, h, w) uint8 sRGB.

    Returns:
        (2, H, W) float32, ab in Lab units.

    Example:
        >>> red = torch.tensor([255, 0, 0], dtype=torch.uint8).reshape(3, 1, 1).expand(3, 20, 20)
        >>> transfer(torch.rand(8, 8) * 100, red).amax(dim=(1, 2)).round(decimals=1).tolist()
        [80.0999984741211, 67.19999694824219]
    """
    steps = _steps(rgb_to_lab(reference[None])[0].flatten(1))
    count = steps.shape[1]
    place = (_ranks(L.flatten()) * count - 0.5).clamp(0, count - 1)
    below = place.floor().long()
    above = (below + 1).clamp_max(count - 1)
    share = (place - below).float()
    return (steps[:, below] * (1 - share) + steps[:, above] * share).reshape(2, *L.shape)


def _steps(lab: Tensor) -> Tensor:
    """Mean ab (2, steps) of the reference's pixels (3, n) in steps of their order of lightness."""
    pixels = lab.shape[1]
    count = min(STEPS, pixels)
    order = lab[0].argsort(stable=True)
    step = torch.arange(pixels, device=lab.device) * count // pixels
    sums = torch.zeros(2, count, dtype=torch.float64, device=lab.device).index_add_(1, step, lab[1:, order].double())
    return (sums / torch.bincount(step, minlength=count)).float()


def _ranks(L: Tensor) -> Tensor:
    """Each pixel's place in the order of lightness, 0..1, equal pixels in the middle of theirs."""
    ordered = L.sort().values
    first, last = torch.searchsorted(ordered, L), torch.searchsorted(ordered, L, right=True)
    return (first + last).double() / (2 * len(L))


def _colorize(batch: Batch) -> Tensor:
    """Return ab, (N, 2, H, W) in Lab units."""
    pairs = zip(batch.L[:, 0], batch.companions, strict=True)
    return torch.stack([transfer(L, reference.to(L.device)) for L, reference in pairs])


def _load(setting: Setting) -> Colorize:
    return _colorize


COLORIZER = Colorizer(
    name="histogram_transfer",
    title="Histogram transfer",
    load=_load,
    licence="MIT (our own code)",
    accepts=("L", "reference"),
    companions=references_for,
    needs_survey=True,
)
