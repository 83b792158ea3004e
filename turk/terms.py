"""What a study file may say of its analysis, and what holds where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from turk.study import Parameter

ANALYSIS: Mapping[str, Parameter] = {
    "draws": Parameter(10_000, "resamples behind every interval", least=1000, most=1_000_000),
    "equivalence_margin": Parameter(
        0.05,
        "how far a fool rate may be from 50%, or two conditions' from each other, to count as the same; a fraction "
        "(of the way from 1 to 5 for ratings)",
        least=0.001,
        most=0.5,
    ),
    "contrasts": Parameter(
        "all", "which conditions are compared: all pairs, or each with the first", choices=("all", "first")
    ),
}
"""Name to what it means; in the order of `turk analyze`."""


def completed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what a frozen study does not say."""
    return {name: given.get(name, term.default) for name, term in ANALYSIS.items()}
