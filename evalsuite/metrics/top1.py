"""Accuracy of an ImageNet classifier on recolored photos: the papers' semantic interpretability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from evalsuite.backbones.catalog import LITE0, classifier, entry
from evalsuite.backbones.confusions import aggravated
from evalsuite.color import join
from evalsuite.contracts import Columns, Measure, Metric, Rows, Setting
from evalsuite.errors import UserError
from evalsuite.reductions import mean_of
from evalsuite.views import Pair, View

PAIRS = 20


def loader(name: str, best: int) -> Any:
    """Make the `load` of a metric that asks whether the label is among the classifier's `best` first answers."""

    def load(setting: Setting) -> Measure:
        network = classifier(name, setting.device)

        def hits(view: View, labels: Tensor) -> Tensor:
            logits = network.see(view).logits
            check_labels(name, labels, logits.shape[1])
            found = logits.topk(best).indices == labels[:, None]
            return torch.where(labels >= 0, found.any(1).float(), torch.nan)

        def measure(pair: Pair) -> Rows:
            labels = pair.target.labels
            first, first_real = (network.see(view).logits.argmax(1).int() for view in (pair.output, pair.target))
            rows = {"value": hits(pair.output, labels), "target.real": hits(pair.target, labels)}
            rows |= {"target.gray": hits(gray_version(pair.target), labels)}
            return (
                rows | {"class": first, "target.class": first_real, "target.label": labels.int()} if best == 1 else rows
            )

        return measure

    return load


def check_labels(name: str, labels: Tensor, classes: int) -> None:
    """Refuse labels that no answer of the classifier can be.

    Raises:
        UserError: There are such.
    """
    if (highest := int(labels.max())) >= classes:
        rule = f"top1_{name}: labels are the classifier's class indices"
        raise UserError(
            f"{rule}; got {highest}, expected 0 to {classes - 1}. Correct the labels, and give another --out."
        )


def gray_version(target: View) -> View:
    """Make the photos without color: their L, a and b 0, as the colorizer `gray` would."""
    return target.shared("gray version", lambda: View(join(target.L, torch.zeros_like(target.ab)), target.labels))


def bounds(columns: Columns) -> Mapping[str, Any]:
    """Tell the accuracy on the real photos (ceiling) and on their gray versions (floor)."""
    ceiling, floor = (float(columns[f"target.{k}"].mean(dtype="float64")) for k in ("real", "gray"))
    return {"ceiling": ceiling, "floor": floor}


def details(columns: Columns) -> Mapping[str, Any]:
    """Tell ceiling, floor and the class pairs that recoloring confuses most.

    Source:
        Zhang et al. 2016, supplement: the entries off the diagonal of C(recolored) - C(real), largest first, where C
        counts photos by label and first answer. The paper lists 100 pairs, we 20.
    """
    pairs = aggravated(columns["target.label"], columns["target.class"], columns["class"], PAIRS)
    return {**bounds(columns), "confusions": pairs}


def variant(name: str) -> Metric:
    """Make the metric of a classifier.

    Args:
        name: efficientnet_lite0, vgg16 (the papers') or a model of timm.

    Returns:
        Its rows are 1 or 0, NaN for a photo without a label; shares, higher is better.

    Source:
        Zhang et al. 2016, section 3.1: an unchanged classifier, trained on photos in color, sees the recolored ones.

    Example:
        >>> import numpy as np
        >>> metric = variant("vgg16")
        >>> float(metric.reduce({"value": np.array([1.0, 1.0, 0.0, 1.0])})(np.ones((1, 4)))[0])
        0.75
    """
    known = entry(name)
    return Metric(
        name=f"top1_{name}",
        title=f"Top-1 ({known.title})",
        unit="fraction",
        better="higher",
        kind="semantic",
        source="Zhang, Isola, Efros 2016, section 3.1, semantic interpretability",
        definition=(
            f"Share of photos whose label is the first answer of {known.title} ({known.weights}) on the 8-bit output; "
            f"input: {known.input}. Ceiling: on the real photos; floor: on their L alone. "
            "Photos without a label are left out."
        ),
        load=loader(name, best=1),
        reduce=mean_of("value"),
        default=name == LITE0,
        needs_labels=True,
        details=details,
    )


METRIC = Metric(
    name="top1",
    title="Top-1",
    unit="fraction",
    better="higher",
    kind="semantic",
    source=variant(LITE0).source,
    definition="Accuracy of an ImageNet classifier on the outputs: a family, one metric per classifier.",
    needs_labels=True,
    variants=(LITE0, "vgg16"),
    variant=variant,
)
