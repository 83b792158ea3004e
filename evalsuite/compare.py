"""Comparing colorizers of a run on the photos that both were scored on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evalsuite.contracts import Better
from evalsuite.errors import UserError
from evalsuite.pairing import Shared, differences, shared
from evalsuite.results import Run
from evalsuite.rows import places, scored_photos
from evalsuite.stats import FEWEST, Difference, Floats, Test, holm, is_mean, point, sign_flips, wins
from evalsuite.typesetting import (
    DASH,
    Cell,
    Table,
    decimals,
    describe,
    head,
    latex,
    markdown,
    number,
    p_value,
    span,
)

PHOTOS_SHOWN = 5
CSV_HEADS = (
    "metric", "n", "a", "b", "difference", "low", "high", "p", "p_holm", "test", "wins_a", "wins_b", "ties", "unit",
    "better",
)  # fmt: skip


@dataclass(frozen=True)
class PhotoDifference:
    """A photo on which two colorizers differ much: its id and both values."""

    photo: str
    a: float
    b: float


@dataclass(frozen=True)
class MetricDifference:
    """What one metric says of a - b, on the photos that have both.

    Attributes:
        metric: Its name.
        title: Its name in tables.
        unit: As in the metric.
        better: As in the metric.
        n: Photos.
        a: The value of a on these photos.
        b: The value of b on these photos.
        difference: a - b.
        ci95: Its 95% bootstrap interval, None where there is none.
        p: Two-sided, of no difference; None where nothing can be said.
        p_holm: p corrected for the number of metrics.
        test: What p comes from.
        wins: Photos on which a is better (without a direction: higher), b is, and both are equal; None where the metric
            has no score per photo.
        photos: Those that differ most.
    """

    metric: str
    title: str
    unit: str
    better: Better
    n: int
    a: float
    b: float
    difference: float
    ci95: tuple[float, float] | None
    p: float | None
    p_holm: float | None
    test: Test
    wins: tuple[int, int, int] | None
    photos: tuple[PhotoDifference, ...]


@dataclass(frozen=True)
class Comparison:
    """Two colorizers of a run.

    Attributes:
        a: The first colorizer's name.
        b: The second's.
        dataset: The summary's dataset record.
        metrics: One entry per metric that both have, in the run's order.
    """

    a: str
    b: str
    dataset: Mapping[str, Any]
    metrics: tuple[MetricDifference, ...]


def compare(run: Run, a: str, b: str, photos: int = PHOTOS_SHOWN) -> Comparison:
    """Compare two colorizers on every metric that has rows for both.

    The p value is that of sign flips per photo where the metric is a mean over photos, else that of the bootstrap.
    Holm's correction takes all metrics together as one family.

    Args:
        run: A complete run.
        a: A colorizer's name.
        b: Another's.
        photos: How many photos that differ most to list per metric.

    Raises:
        UserError: The run has no such colorizer, both are the same, or they share no metric.
    """
    if a == b:
        known = ", ".join(run.colorizers)
        raise UserError(f"compare: two different colorizers; got {a!r} twice. Choose two of {known}.")
    both = [pair for pair in (shared(run, (name, a, b)) for name in run.metrics) if pair is not None]
    if not both:
        raise UserError(f"compare: {a} and {b} share no metric on any photo. Run them together on the same photos.")
    found = differences(run, both)
    tests = _tests(run, both, found)
    corrected = holm([p for p, _ in tests])
    rows = [
        _row(run, pair, difference, (p, float(p_holm), test), photos)
        for pair, difference, (p, test), p_holm in zip(both, found, tests, corrected, strict=True)
    ]
    return Comparison(a, b, run.summary["dataset"], tuple(rows))


def _tests(run: Run, both: Sequence[Shared], found: Sequence[Difference]) -> list[tuple[float, Test]]:
    """Give every metric its p: sign flips, the same for all metrics, for means over photos."""
    tests: list[tuple[float, Test]] = [(difference.p, difference.test) for difference in found]
    means = [(k, values) for k, pair in enumerate(both) if (values := _averaged(run, pair)) is not None]
    if not means or scored_photos(run) < 2:
        return tests
    table, rows = np.zeros((scored_photos(run), len(means))), places(run)
    for column, (k, (a, b)) in enumerate(means):
        table[rows[both[k].positions], column] = a - b
    p, test = sign_flips(table, max(both[k].metric.draws for k, _ in means), run.manifest["seed"])
    for column, (k, _) in enumerate(means):
        tests[k] = float(p[column]), test
    return tests


def _averaged(run: Run, pair: Shared) -> tuple[Floats, Floats] | None:
    """Return both scores per photo if the metric is nothing but their mean."""
    if pair.values is None or pair.metric.reduce is None:
        return None
    for values, columns in zip(pair.values, pair.columns, strict=True):
        if values.ndim != 1 or not np.isfinite(values).all():
            return None
        if not is_mean(pair.metric.reduce(columns), values, run.manifest["seed"]):
            return None
    return pair.values


def _row(
    run: Run, pair: Shared, difference: Difference, tested: tuple[float, float, Test], photos: int
) -> MetricDifference:
    metric, n, (p, p_holm, test) = pair.metric, scored_photos(run), tested
    return MetricDifference(
        metric=metric.name, title=metric.title, unit=metric.unit, better=metric.better, n=len(pair.positions),
        a=point(pair.estimators[0], n), b=point(pair.estimators[1], n), difference=difference.value,
        ci95=difference.ci95 if np.isfinite(difference.ci95).all() else None,
        p=None if np.isnan(p) else p, p_holm=None if np.isnan(p_holm) else p_holm, test=test,
        wins=None if pair.values is None else wins(*pair.values, metric.better),
        photos=_differing(run, pair, photos),
    )  # fmt: skip


def _differing(run: Run, pair: Shared, photos: int) -> tuple[PhotoDifference, ...]:
    """List the photos that differ most, the most first."""
    if pair.values is None or pair.values[0].ndim != 1:
        return ()
    a, b = pair.values
    most = np.argsort(-np.abs(a - b), kind="stable")[:photos]
    return tuple(PhotoDifference(run.photos[pair.positions[k]], float(a[k]), float(b[k])) for k in most if a[k] != b[k])


def comparison_text(comparison: Comparison, form: str = "markdown") -> str:
    """Print a comparison.

    Args:
        comparison: What `compare` found.
        form: markdown, latex, csv (a line per metric) or json (everything).
    """
    if form == "json":
        return json.dumps(_record(comparison), indent=1, allow_nan=False)
    if form == "csv":
        return _csv(comparison)
    table = _table(comparison)
    return latex(table, f"{comparison.a}-{comparison.b}") if form == "latex" else markdown(table)


def _record(comparison: Comparison) -> dict[str, Any]:
    return {
        "a": comparison.a,
        "b": comparison.b,
        "dataset": comparison.dataset,
        "metrics": {row.metric: _entry(row) for row in comparison.metrics},
    }


def _entry(row: MetricDifference) -> dict[str, Any]:
    entry = asdict(row)
    del entry["metric"], entry["title"]
    entry["wins"] = None if row.wins is None else dict(zip(("a", "b", "ties"), row.wins, strict=True))
    return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in entry.items()}


def _csv(comparison: Comparison) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEADS)
    for r in comparison.metrics:
        ends, counted = r.ci95 or (None, None), r.wins or (None, None, None)
        writer.writerow(
            [r.metric, r.n, r.a, r.b, r.difference, *ends, r.p, r.p_holm, r.test, *counted, r.unit, r.better]
        )
    return out.getvalue().rstrip("\n")


def _table(comparison: Comparison) -> Table:
    a, b = comparison.a, comparison.b
    heads = ("Metric", a, b, f"{a} - {b} [95%]", "p", "p (Holm)", "Photos won : lost : equal", "n")
    rows = tuple((head(row.title, row.unit, row.better), _cells(row)) for row in comparison.metrics)
    return Table(f"{a} against {b} on {describe(comparison.dataset)}", heads, rows, _notes(comparison))


def _cells(row: MetricDifference) -> tuple[Cell, ...]:
    digits = decimals(row.unit, [row.a, row.b])
    better = {"higher": row.difference > 0, "lower": row.difference < 0}.get(str(row.better), False)
    sure = row.ci95 is not None and row.n >= FEWEST and (row.ci95[0] > 0 or row.ci95[1] < 0)
    won = DASH if row.wins is None else " : ".join(map(str, row.wins))
    return (
        Cell(number(row.a, row.unit, digits), mark="best" if sure and better else ""),
        Cell(number(row.b, row.unit, digits), mark="best" if sure and row.better and not better else ""),
        Cell(number(row.difference, row.unit, digits + 1, True), span(row.ci95, row.unit, digits + 1, True)),
        Cell(p_value(row.p)), Cell(p_value(row.p_holm)), Cell(won), Cell(str(row.n)),
    )  # fmt: skip


def _notes(comparison: Comparison) -> tuple[str, ...]:
    tested = [row for row in comparison.metrics if row.p is not None]
    notes = [
        "Differences are paired: both methods on the same photos, in the same resamples. Bold: the better one, where "
        f"the interval of the difference leaves 0 out and there are {FEWEST} photos or more."
    ]
    if tested:
        corrected = f"p (Holm): corrected for {len(tested)} metrics."
        notes.append(f"p, two-sided, of no difference: {_tests_named({row.test for row in tested})}. {corrected}")
    return (*notes, *(_photos_named(comparison, row) for row in comparison.metrics if row.photos))


def _tests_named(tests: set[Test]) -> str:
    flips = " and ".join(sorted(tests - {"bootstrap"}))
    if not flips:
        return "the bootstrap"
    means = f"{flips} of the differences per photo where the metric is a mean over photos"
    return f"{means}, the bootstrap elsewhere" if "bootstrap" in tests else means


def _photos_named(comparison: Comparison, row: MetricDifference) -> str:
    digits = decimals(row.unit, [row.a, row.b])
    listed = (f"{p.photo} ({number(p.a, row.unit, digits)}, {number(p.b, row.unit, digits)})" for p in row.photos)
    return f"Photos that differ most in {row.title} ({comparison.a}, {comparison.b}): {', '.join(listed)}."
