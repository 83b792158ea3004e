"""How far the absolute colorfulness of the outputs is from that of the targets, as sets: delta CF of DDColor."""

from __future__ import annotations

from evalsuite.contracts import Metric, Rows
from evalsuite.metrics.colorfulness import absolute_colorfulness_of
from evalsuite.metrics.delta_colorfulness import details, reduce
from evalsuite.views import Pair


def measure(pair: Pair) -> Rows:
    """Measure the absolute colorfulness of outputs and targets.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "output" and "target.colorfulness": (N,) float32 each, as `colorfulness_abs` gives them.

    Source:
        Kang et al., DDColor, ICCV 2023, Table 1: |mean CF of outputs - mean CF of targets| (every row of a column
        implies the same CF of the targets). CT2 reports the mean of |CF - CF| over photos: mean_per_photo.

    Example:
        Red and green pixels: 293.25 - 230.02 apart with signs, but 85.53 - 69.52 without.

        >>> import numpy as np
        >>> import torch
        >>> from evalsuite.views import View
        >>> first = torch.tensor([[255, 0], [0, 255], [0, 0]], dtype=torch.uint8).view(1, 3, 1, 2)
        >>> second = torch.tensor([[255, 0], [128, 128], [0, 255]], dtype=torch.uint8).view(1, 3, 1, 2)
        >>> rows = measure(Pair(View(first), View(second)))
        >>> columns = {name: values.numpy() for name, values in rows.items()}
        >>> round(float(reduce(columns)(np.ones((1, 1)))[0]), 2)
        16.01
    """
    output, target = absolute_colorfulness_of(pair.output), absolute_colorfulness_of(pair.target)
    return {"output": output, "target.colorfulness": target}


METRIC = Metric(
    name="delta_colorfulness_abs",
    title="Delta colorfulness (absolute)",
    unit="",
    better="lower",
    kind="full-reference",
    source="|mean CF of outputs - mean CF of targets|, CF: colorfulness_abs; Kang et al., DDColor, ICCV 2023, Table 1",
    definition=(
        "|mean colorfulness_abs of the outputs - mean colorfulness_abs of the targets|, a difference of two sets: the "
        "delta CF of DDColor; the mean over photos of the absolute difference, CT2's, stands beside it as "
        "mean_per_photo."
    ),
    load=lambda setting: measure,
    reduce=reduce,
    details=details,
)
