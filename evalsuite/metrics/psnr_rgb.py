"""Peak signal-to-noise ratio of the RGB pixels, averaged over photos."""

from __future__ import annotations

import torch
from torch import Tensor

from evalsuite.contracts import Metric, Rows
from evalsuite.native import array, for_each, kernels
from evalsuite.reductions import mean_of
from evalsuite.views import Pair

CAP_DB = 100.0
"""Identical images would count as infinite; one altered level in a photo of 256 x 256 gives 101 dB."""


def measure(pair: Pair) -> Rows:
    """Compare outputs and targets by mean squared error, in decibels.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "value": (N,) float32, dB, at most 100; higher is better.

    Source:
        10 log10(255^2 / MSE) over the three channels together: scikit-image's peak_signal_noise_ratio with
        data_range=255, per photo. We cap it at 100 dB.

    Example:
        An error of 1 level everywhere is 20 log10(255) = 48.13 dB.

        >>> import torch
        >>> from evalsuite.views import View
        >>> gray = [View(torch.full((1, 3, 4, 4), value, dtype=torch.uint8)) for value in (100, 101)]
        >>> round(measure(Pair(*gray))["value"].item(), 2)
        48.13
    """
    return {"value": decibels(mean_square_error(pair))}


def mean_square_error(pair: Pair) -> Tensor:
    """Mean squared error of each photo's RGB levels: (N,) float32."""

    return pair.shared("mean_square_error", lambda: _mean_square_error(pair.target.rgb8, pair.output.rgb8))


def _mean_square_error(target: Tensor, output: Tensor) -> Tensor:
    if compiled := kernels("pixels", target.device):
        ours, theirs = array(target.flatten(1)), array(output.flatten(1))
        sums = for_each(len(target), lambda k: compiled.sum_squared_errors(ours[k], theirs[k]))
        return torch.tensor(sums, dtype=torch.float64).div_(ours[0].size).float()
    return output.float().sub_(target).square_().mean(dim=(1, 2, 3))


def decibels(mean_square: Tensor) -> Tensor:
    """10 log10(255^2 / mean square), capped."""
    return 10 * torch.log10(255**2 / mean_square.double().clamp_min(255**2 / 10 ** (CAP_DB / 10))).float()


METRIC = Metric(
    name="psnr_rgb",
    title="PSNR",
    unit="dB",
    better="higher",
    kind="full-reference",
    source="10 log10(255^2 / MSE) on 8-bit sRGB, as scikit-image; photos in dB averaged",
    definition=(
        "10 log10(255^2 / MSE) of 8-bit sRGB, the three channels together, per photo; then the mean of the photos' dB. "
        "A photo counts at most 100 dB (identical images would be infinite)."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
)
