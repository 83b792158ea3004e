"""Who is best, who ties with the best, and which neighbors in the order cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evalsuite.pairing import Contrast, contrasts
from evalsuite.results import Run
from evalsuite.stats import Difference

BASELINES = frozenset({"ground_truth", "gray", "random", "mean_ab"})


@dataclass(frozen=True)
class Standing:
    """The order of methods on one metric.

    Attributes:
        best: The best candidate, None without two of them.
        tied: Candidates that cannot be told from it.
        order: All methods that do not see the target, best first.
        apart: Whether each of them can be told from the next.
    """

    best: str | None
    tied: frozenset[str]
    order: tuple[str, ...]
    apart: tuple[bool, ...]


def standings(run: Run, metrics: Sequence[str]) -> dict[str, Standing]:
    """Order the methods on every metric that has a direction and rows, by paired differences on shared photos.

    Args:
        run: A complete run.
        metrics: Names of metrics.

    Returns:
        Metric to standing. Baselines (gray, random, mean color) and methods that see the target are no candidates for
        the best.
    """
    orders = {name: _order(run, name) for name in metrics if run.manifest["metrics"][name]["better"]}
    bests = {name: [c for c in order if candidate(run, c)] for name, order in orders.items()}
    wanted = [contrast for name in orders for contrast in _wanted(name, orders[name], bests[name])]
    found = contrasts(run, wanted)
    return {
        name: _standing(name, order, bests[name], found)
        for name, order in orders.items()
        if all((name, a, b) in found for a, b in pairwise(order)) and order
    }


def sees_target(run: Run, colorizer: str) -> bool:
    """Tell whether a method looks at the photo's own colors."""
    return "target" in run.manifest["colorizers"][colorizer]["accepts"]


def candidate(run: Run, colorizer: str) -> bool:
    """Tell whether a method can be the best: no baseline, and it does not see the target."""
    return colorizer not in BASELINES and not sees_target(run, colorizer)


def _order(run: Run, metric: str) -> list[str]:
    scores = {name: run.summary["colorizers"][name].get(metric) for name in run.colorizers}
    values = {name: score["value"] for name, score in scores.items() if score and score["value"] is not None}
    shown = [name for name in values if not sees_target(run, name)]
    return sorted(shown, key=lambda name: values[name], reverse=run.manifest["metrics"][metric]["better"] == "higher")


def _wanted(metric: str, order: Sequence[str], candidates: Sequence[str]) -> Iterator[Contrast]:
    yield from ((metric, a, b) for a, b in pairwise(order))
    yield from ((metric, candidates[0], other) for other in candidates[1:])


def _standing(
    metric: str, order: Sequence[str], candidates: Sequence[str], found: dict[Contrast, Difference]
) -> Standing:
    best = candidates[0] if len(candidates) > 1 else None
    tied = [c for c in candidates[1:] if (d := found.get((metric, candidates[0], c))) and not d.distinguishable]
    apart = tuple(found[metric, a, b].distinguishable for a, b in pairwise(order))
    return Standing(best, frozenset(tied), tuple(order), apart)
