"""CIEDE2000 color difference, averaged over pixels and photos."""

from __future__ import annotations

from evalsuite.color_difference import ciede2000
from evalsuite.contracts import Metric, Rows
from evalsuite.reductions import mean_of
from evalsuite.views import Pair


def measure(pair: Pair) -> Rows:
    """Average the CIEDE2000 differences of outputs and targets.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "value": (N,) float32, CIEDE2000 units; lower is better.

    Source:
        Sharma, Wu and Dalal 2005 with kL = kC = kH = 1 (`evalsuite.color_difference`); Lab of D65, 2 degrees.

    Example:
        Black and white differ by 100.

        >>> import torch
        >>> from evalsuite.views import View
        >>> black = View(torch.zeros(1, 3, 4, 4, dtype=torch.uint8))
        >>> white = View(torch.full((1, 3, 4, 4), 255, dtype=torch.uint8))
        >>> round(measure(Pair(black, white))["value"].item(), 2)
        100.0
    """
    return {"value": ciede2000(pair.target.lab, pair.output.lab).mean(dim=(1, 2))}


METRIC = Metric(
    name="ciede2000",
    title="CIEDE2000",
    unit="CIEDE2000",
    better="lower",
    kind="full-reference",
    source="Sharma, Wu, Dalal 2005, https://doi.org/10.1002/col.20070",
    definition=(
        "CIEDE2000 (kL = kC = kH = 1) of every pixel, Lab of the 8-bit sRGB pixels for D65 and the 2 degree observer; "
        "the mean over a photo's pixels, then over photos."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
)
