"""Kernel distance between the features of outputs and targets (KID), under the name of the network that sees them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from evalsuite.backbones.catalog import LITE0, entry
from evalsuite.contracts import Columns, Estimator, Metric
from evalsuite.frechet import kernel
from evalsuite.metrics import fid
from evalsuite.reductions import ratio


def reduce(columns: Columns) -> Estimator:
    """Compute the distance once, with a pseudo-value per photo for the interval (see evalsuite.frechet)."""
    values, _ = kernel(columns["features"], columns["target.features"])
    return ratio(values, np.ones(len(values)))


def details_of(name: str) -> Callable[[Columns], Mapping[str, Any]]:
    """Make the `details`: FID's, and the distance as code for unrelated sets of images computes it."""
    describe = fid.details_of(name)

    def details(columns: Columns) -> Mapping[str, Any]:
        _, all_pairs = kernel(columns["features"], columns["target.features"])
        return {**describe(columns), "with_own_targets": all_pairs if math.isfinite(all_pairs) else None}

    return details


def variant(name: str) -> Metric:
    """Make the distance through a network.

    Args:
        name: clean, legacy, efficientnet_lite0, vgg16 or a model of timm.

    Returns:
        Its rows are features (N, d); the value has no unit, lower is better; papers print it times 1000.

    Source:
        Binkowski et al. 2018: kernel (x.y / d + 1)^3, unbiased, over all pairs of different photos (Gretton et al.
        2012, eq. 4). The usual code averages random subsets and lets an output meet its own target once in n pairs,
        which is below 0 for the real photos themselves (by 1/n): the detail `with_own_targets` is that reading.

    Example:
        >>> import numpy as np
        >>> columns = {"features": np.ones((2, 1)), "target.features": np.zeros((2, 1))}
        >>> float(reduce(columns)(np.ones((1, 2)))[0])  # k(1, 1) = 8, all others 1: 8 + 1 - 2
        7.0
    """
    known = entry(name)
    return Metric(
        name=f"kid_{name}",
        title=f"KID ({known.title})",
        unit="",
        better="lower",
        kind="distribution",
        source="Binkowski et al. 2018, https://arxiv.org/abs/1801.01401",
        definition=(
            f"Unbiased squared maximum mean discrepancy with kernel (x.y / d + 1)^3 over all pairs of photos, between "
            f"the features of the outputs and of the same photos in color; {known.title} ({known.weights}); "
            f"input: {known.input}."
        ),
        load=fid.loader(name),
        reduce=reduce,
        default=False,
        details=details_of(name),
    )


METRIC = Metric(
    name="kid",
    title="KID",
    unit="",
    better="lower",
    kind="distribution",
    source=variant(LITE0).source,
    definition="Kernel distance of features: a family, one metric per network and input.",
    default=False,
    variants=(LITE0, "clean", "legacy"),
    variant=variant,
)
