"""Colorfulness of the outputs by Hasler and Suesstrunk, opponent signals with their signs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from evalsuite.contracts import Metric, Rows
from evalsuite.native import array, for_each, kernels
from evalsuite.reductions import mean_of
from evalsuite.views import Pair, View


def measure(pair: Pair) -> Rows:
    """Measure how colorful outputs are.

    Args:
        pair: N outputs, 8-bit sRGB; targets are not looked at.

    Returns:
        "value": (N,) float32: 0 none, 15 slight, 33 moderate, 59 quite, 109 extreme. Neither direction is better.

    Source:
        Hasler and Suesstrunk 2003, "Measuring colourfulness in natural images", M3: with rg = R - G and
        yb = (R + G) / 2 - B on 0..255, sqrt(var rg + var yb) + 0.3 sqrt(mean rg^2 + mean yb^2), population variances.

    Example:
        Pure red: both variances are 0, so 0.3 * sqrt(255^2 + 127.5^2) = 85.53.

        >>> import torch
        >>> red = torch.tensor([255, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 8, 8)
        >>> round(measure(Pair(View(red), View(red)))["value"].item(), 2)
        85.53
    """
    return {"value": colorfulness_of(pair.output)}


def colorfulness_of(view: View) -> Tensor:
    """M3 of every image: (N,) float32."""
    return _combine(opponents(view)[:, 0], opponents(view)[:, 2])


def absolute_colorfulness_of(view: View) -> Tensor:
    """M3 of every image with the absolute values of both signals: (N,) float32."""
    return _combine(opponents(view)[:, 1], opponents(view)[:, 2])


def opponents(view: View) -> Tensor:
    """Means of rg and yb, of their absolute values and of their squares: (N, 3, 2) float64."""
    return view.shared("opponents", lambda: _opponents(view.rgb8.flatten(2)))


def _opponents(rgb8: Tensor) -> Tensor:
    """Sums are of integers, R - G and R + G - 2 B, so that a flat image has no variance from rounding."""
    if compiled := kernels("pixels", rgb8.device):
        images, found = array(rgb8), np.zeros((len(rgb8), 6), np.int64)
        for_each(len(rgb8), lambda k: compiled.sum_opponents(images[k], found[k]))
        sums = torch.from_numpy(found).view(-1, 3, 2)
    else:
        red, green, blue = rgb8.int().unbind(1)
        signals = torch.stack([red - green, red + green - 2 * blue], dim=1)
        sums = torch.stack([signals.sum(dim=2), signals.abs().sum(dim=2), signals.square().sum(dim=2)], dim=1)
    scale = torch.tensor([[1, 1 / 2], [1, 1 / 2], [1, 1 / 4]], dtype=torch.float64, device=sums.device)
    return sums * scale / rgb8.shape[2]


def _combine(means: Tensor, squares: Tensor) -> Tensor:
    variances = squares - means.square()
    return (variances.sum(dim=1).clamp_min(0).sqrt() + 0.3 * means.square().sum(dim=1).sqrt()).float()


METRIC = Metric(
    name="colorfulness",
    title="Colorfulness",
    unit="",
    better=None,
    kind="no-reference",
    source="Hasler and Suesstrunk 2003, https://doi.org/10.1117/12.477378, M3",
    definition=(
        "M3 of Hasler and Suesstrunk on 8-bit sRGB with signed opponent signals and population variances, per photo; "
        "then the mean over photos. Papers of the CT2 and DDColor line take absolute signals: colorfulness_abs."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
)
