"""Colorfulness of the outputs with absolute opponent signals, as the CT2 and DDColor line of papers has it."""

from __future__ import annotations

from evalsuite.contracts import Metric, Rows
from evalsuite.metrics.colorfulness import absolute_colorfulness_of
from evalsuite.reductions import mean_of
from evalsuite.views import Pair


def measure(pair: Pair) -> Rows:
    """Measure how colorful outputs are, opposite hues counted alike.

    Args:
        pair: N outputs, 8-bit sRGB; targets are not looked at.

    Returns:
        "value": (N,) float32, at most that of colorfulness. Neither direction is better.

    Source:
        Hasler and Suesstrunk 2003, M3, with |R - G| and |(R + G) / 2 - B| before means and deviations: what the
        evaluation codes of CT2, UniColor and DDColor compute and call CF.

    Example:
        A red and a green pixel have the same absolute signals: 85.53, where the signed metric has 293.25.

        >>> import torch
        >>> from evalsuite.views import View
        >>> pixels = torch.tensor([[255, 0], [0, 255], [0, 0]], dtype=torch.uint8).view(1, 3, 1, 2)
        >>> round(measure(Pair(View(pixels), View(pixels)))["value"].item(), 2)
        85.53
    """
    return {"value": absolute_colorfulness_of(pair.output)}


METRIC = Metric(
    name="colorfulness_abs",
    title="Colorfulness (absolute)",
    unit="",
    better=None,
    kind="no-reference",
    source="Hasler and Suesstrunk 2003, M3, with absolute opponent signals as in the codes of CT2 and DDColor",
    definition=(
        "As colorfulness, with the absolute values of both opponent signals taken first: the CF of the CT2 and DDColor "
        "line of papers, up to 3.4 times smaller than the signed original."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
)
