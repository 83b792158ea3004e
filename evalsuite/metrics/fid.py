"""Frechet distance between the features of outputs and targets (FID), under the name of the network that sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from evalsuite.backbones.catalog import LITE0, backbone, entry
from evalsuite.contracts import Columns, Estimator, Measure, Metric, Rows, Setting
from evalsuite.frechet import frechet
from evalsuite.reductions import ratio
from evalsuite.views import Pair


def loader(name: str) -> Callable[[Setting], Measure]:
    """Make the `load` of a metric that keeps a network's features of outputs and targets."""

    def load(setting: Setting) -> Measure:
        network = backbone(name, setting.device)

        def measure(pair: Pair) -> Rows:
            return {"features": network.see(pair.output).features, "target.features": network.see(pair.target).features}

        return measure

    return load


def reduce(columns: Columns) -> Estimator:
    """Compute the distance once, with a pseudo-value per photo for the interval (see evalsuite.frechet)."""
    values = frechet(columns["features"], columns["target.features"])
    return ratio(values, np.ones(len(values)))


def details_of(name: str) -> Callable[[Columns], Mapping[str, Any]]:
    """Make the `details` that say what a number cannot be compared without."""
    known = entry(name)

    def details(columns: Columns) -> Mapping[str, Any]:
        photos, dimensions = columns["features"].shape
        facts = {"backend": known.title, "weights": known.weights, "input": known.input}
        return {**facts, "photos": photos, "dimensions": dimensions, "reference": "the same photos in color"}

    return details


def variant(name: str) -> Metric:
    """Make the distance through a network.

    Args:
        name: clean, legacy (pytorch-fid's), ct2, ddcolor, efficientnet_lite0, vgg16 or a model of timm.

    Returns:
        Its rows are features (N, d); the value is in squared feature units, 0 at best, lower is better.

    Source:
        Heusel et al. 2017; input as Parmar et al. 2022 (clean), as pytorch-fid (legacy), as the code of CT2 (Weng et
        al. 2022; ddcolor: Kang et al. 2023), which feeds torchvision's ImageNet network with a narrowed range: not
        comparable with the others.

    Example:
        >>> import numpy as np
        >>> columns = {"features": np.array([[0.0], [2.0]]), "target.features": np.array([[3.0], [7.0]])}
        >>> round(float(reduce(columns)(np.ones((1, 2)))[0]), 6)
        18.0
    """
    known = entry(name)
    return Metric(
        name=f"fid_{name}",
        title=f"FID ({known.title})",
        unit="",
        better="lower",
        kind="distribution",
        source="Heusel et al. 2017, https://arxiv.org/abs/1706.08500, eq. 6",
        definition=(
            f"Frechet distance between Gaussians fitted to the features of outputs and of the same photos in color; "
            f"{known.title} ({known.weights}); input: {known.input}. It falls with the number of photos: compare at "
            f"equal n only. Interval by the infinitesimal jackknife, as resampled values are biased upwards."
        ),
        load=loader(name),
        reduce=reduce,
        default=False,
        details=details_of(name),
    )


METRIC = Metric(
    name="fid",
    title="FID",
    unit="",
    better="lower",
    kind="distribution",
    source=variant(LITE0).source,
    definition="Frechet distance of features: a family, one metric per network and input.",
    default=False,
    variants=(LITE0, "clean", "legacy", "ct2", "ddcolor"),
    variant=variant,
)
