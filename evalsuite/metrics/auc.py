"""Area under the cumulative curve of ab errors: the raw accuracy of Zhang et al. 2016."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from evalsuite.columns import blocks
from evalsuite.contracts import Columns, Metric, Rows
from evalsuite.native import array, for_each, kernels
from evalsuite.reductions import mean_of
from evalsuite.views import Pair

LIMIT = 150
"""The largest threshold of the curve, Lab units."""


def measure(pair: Pair) -> Rows:
    """Compute the share of pixels within each ab error, and the area under that curve.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "value": (N,) float32, fraction; higher is better. "cmf": (N, 151) float32, the share of pixels with
        d <= 0, 1, ..., 150 Lab units.

    Source:
        Zhang, Isola, Efros 2016, section 3.1, after Deshpande et al. 2015: the integral of the share of pixels with
        d <= t over t = 0..150, divided by 150, which is 1 - mean(min(d, 150)) / 150. Codes that average the 151
        shares, or 16 of them, get up to 0.03 less.

    Example:
        Half the pixels right and half off by 15 units: 1 - 7.5 / 150.

        >>> import torch
        >>> errors = summarize(torch.tensor([[0.0, 15.0]]))
        >>> 1 - errors.clipped.item() / LIMIT, errors.counts[0, [0, 14, 15]].tolist()
        (0.95, [1, 0, 1])
    """
    errors = errors_of(pair)
    counts = errors.counts[:, : LIMIT + 1].cumsum(dim=1)
    return {"value": (1 - errors.clipped / LIMIT).float(), "cmf": (counts / pair.target.L[0].numel()).float()}


@dataclass(frozen=True)
class Errors:
    """What the pixels' distances d in ab come to, per photo.

    Attributes:
        counts: (N, 152) int64, pixels by the ceiling of d; the last counts all beyond 150.
        clipped: (N,) float64, the mean of min(d, 150), Lab units.
        square: (N,) float64, the mean of d^2.
    """

    counts: Tensor
    clipped: Tensor
    square: Tensor


def errors_of(pair: Pair) -> Errors:
    """Count and average the ab distances of a pair, once for all metrics."""
    return pair.shared("ab_errors", lambda: _errors(pair))


def _errors(pair: Pair) -> Errors:
    if compiled := kernels("pixels", pair.target.lab.device):
        target, output = array(pair.target.lab.flatten(2)), array(pair.output.lab.flatten(2))
        counts, sums = np.zeros((len(target), LIMIT + 2), np.int64), np.zeros((len(target), 2))
        for_each(len(target), lambda k: compiled.count_errors(target[k], output[k], LIMIT, counts[k], sums[k]))
        clipped, square = torch.from_numpy(sums / target.shape[2]).unbind(1)
        return Errors(torch.from_numpy(counts), clipped, square)
    return summarize(pair.ab_distance.flatten(1))


def summarize(distance: Tensor) -> Errors:
    """Count and average distances (N, M)."""
    step = distance.ceil().clamp_max_(LIMIT + 1).long()
    step += (LIMIT + 2) * torch.arange(len(distance), device=step.device)[:, None]
    counts = step.flatten().bincount(minlength=(LIMIT + 2) * len(distance)).view(len(distance), LIMIT + 2)
    return Errors(counts, distance.clamp_max(LIMIT).mean(dim=1).double(), distance.square().mean(dim=1).double())


def curve(columns: Columns) -> Mapping[str, Any]:
    """Average the photos' curves; the band is 1.96 standard errors of the mean, by the normal approximation."""
    n = len(columns["cmf"])
    mean = sum(part.sum(axis=0) for part in blocks(columns["cmf"])) / n
    squares = sum(np.square(part - mean).sum(axis=0) for part in blocks(columns["cmf"]))
    margin = 1.96 * np.sqrt(squares / max(n - 1, 1) / n)
    return {
        "threshold": list(range(LIMIT + 1)),
        "share": np.asarray(mean).tolist(),
        "low": np.clip(mean - margin, 0, 1).tolist(),
        "high": np.clip(mean + margin, 0, 1).tolist(),
    }


METRIC = Metric(
    name="auc",
    title="AuC",
    unit="fraction",
    better="higher",
    kind="full-reference",
    source="Zhang, Isola, Efros 2016, https://arxiv.org/abs/1603.08511, section 3.1; closed form of the integral",
    definition=(
        "Area under the share of pixels with an ab error d <= t, t = 0..150 Lab units, divided by 150: "
        "1 - mean(min(d, 150)) / 150 per photo, then the mean over photos (pooling all pixels gives the same where "
        "photos have one size)."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
    curve=curve,
)
