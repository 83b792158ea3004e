"""The 95th percentile of the ab error, averaged over photos."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from evalsuite.contracts import Metric, Rows
from evalsuite.metrics.auc import errors_of
from evalsuite.native import array, for_each, kernels
from evalsuite.reductions import mean_of
from evalsuite.views import Pair

SHARE = 0.95


def measure(pair: Pair) -> Rows:
    """Find the ab error that 95% of a photo's pixels do not exceed.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "value": (N,) float32, Lab units; lower is better.

    Source:
        The best of the simple predictors of the human scores of Mullery and Whelan 2022 (HECD). Quantiles as numpy's
        default: linear between the two nearest ranks.

    Example:
        Of 0, 1, ..., 100 the 95th percentile is 95.

        >>> import torch
        >>> quantile(torch.arange(101.0).view(1, 101)).tolist()
        [95.0]
    """
    if compiled := kernels("pixels", pair.target.lab.device):
        target, output = array(pair.target.lab.flatten(2)), array(pair.output.lab.flatten(2))
        counts = array(errors_of(pair).counts)
        found = for_each(len(target), lambda k: compiled.find_quantile(target[k], output[k], SHARE, counts[k]))
        return {"value": torch.tensor(found, dtype=torch.float32)}
    return {"value": quantile(pair.ab_distance.flatten(1))}


def quantile(values: Tensor) -> Tensor:
    """The 95th percentile of every row of values (N, M): (N,)."""
    rank = SHARE * (values.shape[1] - 1)
    largest = values.topk(values.shape[1] - math.floor(rank), dim=1).values
    upper = largest[:, -2] if largest.shape[1] > 1 else largest[:, -1]
    return torch.lerp(largest[:, -1], upper, rank - math.floor(rank))


METRIC = Metric(
    name="ab_error_p95",
    title="ab error, 95th percentile",
    unit="Lab units",
    better="lower",
    kind="full-reference",
    source="95th percentile of the ab error; best simple predictor of the ratings of Mullery and Whelan 2022 (HECD)",
    definition=(
        "The 95th percentile, linear between ranks, of a photo's per-pixel Euclidean distances in ab; then the mean "
        "over photos."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
)
