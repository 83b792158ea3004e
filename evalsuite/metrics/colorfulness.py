"""Colorfulness of the outputs by Hasler and Suesstrunk, opponent signals with their signs."""

from __future__ import annotations

import torch
from torch import Tensor

from evalsuite.contracts import Metric, Rows
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
    return view.shared("colorfulness", lambda: combine(opponents(view)))


def opponents(view: View) -> Tensor:
    """The signals rg and yb of every pixel: (N, 2, H * W) float32."""
    return view.shared("opponents", lambda: _opponents(view.rgb8))


def combine(signals: Tensor) -> Tensor:
    """sqrt(var rg + var yb) + 0.3 sqrt(mean rg^2 + mean yb^2) of signals (N, 2, M): (N,)."""
    means = signals.mean(dim=2)
    variances = (signals - means[..., None]).square_().mean(dim=2)
    return variances.sum(dim=1).sqrt() + 0.3 * means.square().sum(dim=1).sqrt()


def _opponents(rgb8: Tensor) -> Tensor:
    red, green, blue = rgb8.flatten(2).float().unbind(dim=1)
    return torch.stack([red - green, (red + green).mul_(0.5).sub_(blue)], dim=1)


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
