"""How far the lightness of the outputs left that of the inputs."""

from __future__ import annotations

from evalsuite.contracts import Metric, Rows
from evalsuite.reductions import mean_of
from evalsuite.views import Pair


def measure(pair: Pair) -> Rows:
    """Average the absolute difference of lightness.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "value": (N,) float32, Lab units; lower is better.

    Source:
        mean |L of the output - L of the input|, after clipping to the gamut and rounding to 8 bits. A colorizer that
        keeps L stays below 0.5; above that PSNR, SSIM and LPIPS compare lightness too.

    Example:
        Black instead of white: 100.

        >>> import torch
        >>> from evalsuite.views import View
        >>> black = View(torch.zeros(1, 3, 4, 4, dtype=torch.uint8))
        >>> white = View(torch.full((1, 3, 4, 4), 255, dtype=torch.uint8))
        >>> round(measure(Pair(white, black))["value"].item(), 2)
        100.0
    """
    return {"value": (pair.output.L - pair.target.L).abs_().mean(dim=(1, 2, 3))}


METRIC = Metric(
    name="l_shift",
    title="L shift",
    unit="Lab units",
    better="lower",
    kind="full-reference",
    source="mean |L of the output - L of the input|",
    definition=(
        "The mean absolute difference of the lightness L of output and input, 8-bit pixels, over a photo's pixels, "
        "then over photos. Below 0.5 where a colorizer keeps L."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
)
