"""Every colorizer of a run against every other, and the ranks that come of it: what pages show and reports do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from evalsuite.contracts import Estimator, Metric
from evalsuite.pairing import Kept, differences, known, shared
from evalsuite.results import Run
from evalsuite.rows import measured, places, scored_photos, usable_rows
from evalsuite.standings import sees_target
from evalsuite.stats import Difference, bootstrap, holm, point, rank_intervals, restricted, tie_groups


@dataclass(frozen=True)
class Match:
    """One colorizer against another.

    Attributes:
        metric: The metric's name.
        a: A colorizer's name.
        b: Another's.
        n: The photos that both were scored on.
        difference: a - b, with interval and p.
        p_holm: p corrected for the number of pairs in this metric; NaN where p is.
    """

    metric: str
    a: str
    b: str
    n: int
    difference: Difference
    p_holm: float


@dataclass(frozen=True)
class Rank:
    """Where a colorizer stands on a metric.

    Attributes:
        metric: The metric's name.
        colorizer: The colorizer's name.
        lo: The best rank within which it lies in 95% of the resamples; 1 is the best.
        hi: The worst.
        group: Which group of colorizers that cannot be told apart it is in; 1 is the best.
    """

    metric: str
    colorizer: str
    lo: int
    hi: int
    group: int


@dataclass(frozen=True)
class Tournament:
    """All matches and ranks of a run."""

    matches: tuple[Match, ...]
    ranks: tuple[Rank, ...]


def tournament(run: Run) -> Tournament:
    """Compare every colorizer with every other on every metric, and rank those that do not see the target."""
    return Tournament(tuple(_matches(run)), tuple(_ranks(run)))


def _matches(run: Run) -> Iterator[Match]:
    kept: Kept = {}
    wanted = [(metric, a, b) for metric in run.metrics for a, b in combinations(run.colorizers, 2)]
    both = {contrast: pair for contrast in wanted if (pair := shared(run, contrast, kept)) is not None}
    found = differences(run, list(both.values()))
    played = [
        Match(*contrast, len(pair.positions), difference, np.nan)
        for (contrast, pair), difference in zip(both.items(), found, strict=True)
    ]
    for metric in run.metrics:
        family = [match for match in played if match.metric == metric]
        corrected = holm([match.difference.p for match in family])
        yield from (replace(match, p_holm=float(p)) for match, p in zip(family, corrected, strict=True))


def _ranks(run: Run) -> Iterator[Rank]:
    metrics = [metric for name in run.metrics if (metric := known(name)) and metric.better and metric.draws]
    for draws in sorted({metric.draws for metric in metrics}):
        estimators = {
            (metric.name, colorizer): estimator
            for metric in metrics
            if metric.draws == draws
            for colorizer in run.colorizers
            if (estimator := _estimator(run, colorizer, metric)) is not None
        }
        drawn = bootstrap(list(estimators.values()), scored_photos(run), draws, run.manifest["seed"])
        resamples = {key: row for key, row in zip(estimators, drawn, strict=True) if np.isfinite(row).all()}
        for metric in metrics:
            names = [colorizer for name, colorizer in resamples if name == metric.name]
            values = [point(estimators[metric.name, name], scored_photos(run)) for name in names]
            if len(names) > 1:
                yield from _ranked(metric, names, values, np.stack([resamples[metric.name, name] for name in names]))


def _estimator(run: Run, colorizer: str, metric: Metric) -> Estimator | None:
    photos, columns = usable_rows(*run.columns(colorizer, metric.name))
    if metric.reduce is None or not len(photos) or not measured(columns) or sees_target(run, colorizer):
        return None
    return restricted(metric.reduce(columns), places(run)[photos], scored_photos(run))


def _ranked(
    metric: Metric, names: Sequence[str], values: Sequence[float], drawn: NDArray[np.float64]
) -> Iterator[Rank]:
    intervals = rank_intervals(drawn, metric.better)
    for number, group in enumerate(tie_groups(values, drawn, metric.better), start=1):
        for k in group:
            yield Rank(metric.name, names[k], *intervals[k], number)
