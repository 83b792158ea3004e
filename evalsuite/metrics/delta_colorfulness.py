"""How far the colorfulness of the outputs is from that of the targets, as sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.contracts import Columns, Counts, Estimator, Metric, Rows
from evalsuite.metrics.colorfulness import colorfulness_of
from evalsuite.reductions import mean_of
from evalsuite.views import Pair


def measure(pair: Pair) -> Rows:
    """Measure the colorfulness of outputs and targets.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "output" and "target.colorfulness": (N,) float32 each, as `colorfulness` gives them.

    Source:
        Delta CF of the colorization papers, on the signed M3 of Hasler and Suesstrunk 2003.

    Example:
        Gray outputs of a red target: |0 - 85.53|.

        >>> import numpy as np
        >>> import torch
        >>> from evalsuite.views import View
        >>> red = torch.tensor([255, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 8, 8)
        >>> rows = measure(Pair(View(red), View(torch.full_like(red, 128))))
        >>> columns = {name: values.numpy() for name, values in rows.items()}
        >>> round(float(reduce(columns)(np.ones((1, 1)))[0]), 2)
        85.53
    """
    return {"output": colorfulness_of(pair.output), "target.colorfulness": colorfulness_of(pair.target)}


def reduce(columns: Columns) -> Estimator:
    """Give |mean over outputs - mean over targets|."""
    output, target = mean_of("output")(columns), mean_of("target.colorfulness")(columns)

    def estimate(counts: Counts) -> NDArray[np.float64]:
        return np.abs(output(counts) - target(counts))

    return estimate


def details(columns: Columns) -> Mapping[str, Any]:
    """Give the other reading, the mean over photos of |output - target|, and the colorfulness of the targets."""
    output = np.asarray(columns["output"], np.float64)
    target = np.asarray(columns["target.colorfulness"], np.float64)
    return {"mean_per_photo": float(np.abs(output - target).mean()), "target_colorfulness": float(target.mean())}


METRIC = Metric(
    name="delta_colorfulness",
    title="Delta colorfulness",
    unit="",
    better="lower",
    kind="full-reference",
    source="|mean CF of outputs - mean CF of targets|, CF: Hasler and Suesstrunk 2003, M3",
    definition=(
        "|mean colorfulness of the outputs - mean colorfulness of the targets|, a difference of two sets; the mean "
        "over photos of the absolute difference stands beside it as mean_per_photo."
    ),
    load=lambda setting: measure,
    reduce=reduce,
    details=details,
)
