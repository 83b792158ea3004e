"""Whether an ImageNet classifier says the same of an output as of the real photo: needs no labels."""

from __future__ import annotations

from collections.abc import Callable

from evalsuite.backbones.catalog import LITE0, classifier, entry
from evalsuite.contracts import Measure, Metric, Rows, Setting
from evalsuite.reductions import mean_of
from evalsuite.views import Pair


def loader(name: str) -> Callable[[Setting], Measure]:
    """Make the `load` of a classifier's metric."""

    def load(setting: Setting) -> Measure:
        network = classifier(name, setting.device)

        def measure(pair: Pair) -> Rows:
            output, target = (network.see(view).logits.argmax(1) for view in (pair.output, pair.target))
            return {"value": (output == target).float(), "class": output.int(), "target.class": target.int()}

        return measure

    return load


def variant(name: str) -> Metric:
    """Make the metric of a classifier.

    Args:
        name: efficientnet_lite0, vgg16 or a model of timm.

    Returns:
        Its rows are 1 or 0; shares, higher is better, 1 for the real photos. Beside them the two answers are kept.

    Source:
        Our own: top1 with the classifier's answer on the real photo in the place of the label.

    Example:
        >>> import torch
        >>> from evalsuite.views import View
        >>> view = View(torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
        >>> measure = variant("efficientnet_lite0").load(Setting(torch.device("cpu")))
        >>> measure(Pair(view, view))["value"].item()
        1.0
    """
    known = entry(name)
    return Metric(
        name=f"agreement_{name}",
        title=f"Agreement ({known.title})",
        unit="fraction",
        better="higher",
        kind="semantic",
        source="Our own, after Zhang, Isola, Efros 2016, section 3.1",
        definition=(
            f"Share of photos of which {known.title} ({known.weights}) gives the same first answer on the 8-bit output "
            f"as on the real photo; input: {known.input}. Needs no labels."
        ),
        load=loader(name),
        reduce=mean_of("value"),
        default=name == LITE0,
    )


METRIC = Metric(
    name="agreement",
    title="Agreement",
    unit="fraction",
    better="higher",
    kind="semantic",
    source=variant(LITE0).source,
    definition="A classifier's agreement with itself on the real photo: a family, one metric per classifier.",
    variants=(LITE0, "vgg16"),
    variant=variant,
)
