"""Photos without a truth, such as old black-and-white ones: which metrics and methods make sense for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evalsuite.contracts import Colorizer, Metric
from evalsuite.errors import UserError

KINDS = frozenset({"no-reference", "cost"})
OPTION = "no_reference"
"""The option of a run whose photos have no truth."""


def metrics_without_truth(metrics: Sequence[Metric], named: frozenset[str]) -> tuple[Metric, ...]:
    """Keep the metrics that look at outputs alone.

    Raises:
        UserError: One that compares with the truth was asked for by name.
    """
    for metric in metrics:
        if metric.kind not in KINDS and metric.name in named:
            known = ", ".join(m.name for m in metrics if m.kind in KINDS) or "colorfulness"
            rule = f"--metrics {metric.name}: without a truth only outputs can be looked at"
            raise UserError(f"{rule}; this metric compares with real photos. Take {known}.")
    return tuple(metric for metric in metrics if metric.kind in KINDS)


def colorizers_without_truth(
    colorizers: Sequence[Colorizer], named: frozenset[str], options: Mapping[str, str]
) -> tuple[Colorizer, ...]:
    """Keep the methods that need no colors of the photos.

    Raises:
        UserError: One that needs some was asked for by name, or hints are to be simulated.
    """
    if options.get("hints", "0") != "0":
        rule = "--hints: simulated users know the colors of the photos, and with --no-reference nobody does"
        raise UserError(f"{rule}; got {options['hints']}. Give --hint-files or --scribbles.")
    kept = []
    for colorizer in colorizers:
        reason = _needs(colorizer, options)
        if reason and colorizer.name in named:
            raise UserError(f"--no-reference: {colorizer.name} {reason}.")
        if not reason:
            kept.append(colorizer)
    return tuple(kept)


def _needs(colorizer: Colorizer, options: Mapping[str, str]) -> str:
    """Say what a method lacks where the photos have no colors, "" for nothing."""
    if "target" in colorizer.accepts:
        return "looks at the colors of the photos, and these have none. Leave it out"
    if "hints" in colorizer.accepts and colorizer.points and not {"hint_files", "scribbles"} & options.keys():
        return "needs hints, which cannot be simulated without a truth. Give --hint-files or --scribbles"
    if "global_hints" in colorizer.accepts and "references" not in options:
        return "needs the colors of a reference. Give --references"
    if "reference" in colorizer.accepts and (not colorizer.needs_survey or "references" not in options):
        fix = "Give --references" if colorizer.needs_survey else "Leave it out"
        return f"borrows colors from other photos of the dataset, and these have none. {fix}"
    if colorizer.needs_survey and "reference" not in colorizer.accepts:
        return "needs the mean color of the photos, and these have none. Leave it out"
    return ""
