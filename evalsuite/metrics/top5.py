"""Share of recolored photos whose label is among an ImageNet classifier's first five answers."""

from __future__ import annotations

from dataclasses import replace

from evalsuite.backbones.catalog import LITE0, entry
from evalsuite.contracts import Metric
from evalsuite.metrics import top1


def variant(name: str) -> Metric:
    """Make the metric of a classifier.

    Args:
        name: efficientnet_lite0, vgg16 (the papers') or a model of timm.

    Returns:
        Its rows are 1 or 0, NaN for a photo without a label; shares, higher is better.

    Source:
        As top1, after Russakovsky et al. 2015: one of the five first answers is right.

    Example:
        >>> variant("vgg16").name, variant("vgg16").default
        ('top5_vgg16', False)
    """
    known = entry(name)
    return replace(
        top1.variant(name),
        name=f"top5_{name}",
        title=f"Top-5 ({known.title})",
        source="Zhang, Isola, Efros 2016, section 3.1, with five answers (Russakovsky et al. 2015)",
        definition=(
            f"Share of photos whose label is among the first five answers of {known.title} ({known.weights}) on the "
            f"8-bit output; input: {known.input}. Ceiling: on the real photos; floor: on their L alone."
        ),
        load=top1.loader(name, best=5),
        default=False,
        details=top1.bounds,
    )


METRIC = replace(
    top1.METRIC,
    name="top5",
    title="Top-5",
    source=variant(LITE0).source,
    definition="Accuracy of an ImageNet classifier within five answers: a family, one metric per classifier.",
    variant=variant,
)
