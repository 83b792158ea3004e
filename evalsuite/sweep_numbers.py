"""What a sweep says: curves with paired bands, areas, gains per point, differences, points needed to reach others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.contracts import Better
from evalsuite.curve_shapes import area_weights, points_to_reach
from evalsuite.errors import UserError
from evalsuite.published import PUBLISHED
from evalsuite.resampling import map_counts
from evalsuite.results import Run
from evalsuite.rows import VALUE, usable_rows

Floats = NDArray[np.float64]
OPTION = "sweep"
"""The option of a run under which a sweep keeps its numbers of points."""


def derived_name(colorizer: str, count: int) -> str:
    """Name a method with a number of points, such as levin2004.50."""
    return f"{colorizer}.{count}"


@dataclass(frozen=True)
class Line:
    """A metric of a method against the number of points: on the photos, and on resamples of them.

    Attributes:
        colorizer: The method.
        points: (P,) numbers of points, or (0,) for a method without hints.
        values: (P,) means over photos.
        drawn: (P, draws) means over resamples, the same for all lines of a metric.
        hinted: Whether it takes hints.
    """

    colorizer: str
    points: tuple[int, ...]
    values: Floats
    drawn: Floats
    hinted: bool

    def at(self, count: int) -> tuple[float, Floats]:
        """Return its value with that many points; a method without hints has always the same."""
        row = self.points.index(count) if self.hinted else 0
        return float(self.values[row]), self.drawn[row]

    def weighed(self, weights: Floats) -> dict[str, Any]:
        """Sum its values with weights (P,)."""
        return estimate(float(weights @ self.values), weights @ self.drawn)


def numbers_of(run: Run, metrics: Sequence[str], draws: int) -> dict[str, Any]:
    """Compute what sweep.json says.

    Args:
        run: The complete run of a sweep.
        metrics: Names of metrics that are means of a value per photo.
        draws: Bootstrap resamples of photos, shared by all lines of a metric.

    Raises:
        UserError: The run is no sweep, or no photo came through with every number of points.
    """
    options = run.manifest["options"]
    if OPTION not in options:
        raise UserError(f"{run.path}: this run is no sweep over numbers of points. Make one with `evalsuite sweep`.")
    found: dict[str, Any] = {"curves": {}, "differences": [], "needed": [], "photos": {}}
    for metric in metrics:
        better: Better = run.manifest["metrics"][metric]["better"]
        lines, photos = _lines(run, metric, draws)
        found["photos"][metric] = photos
        for line in lines:
            facts = {"unit": run.manifest["metrics"][metric]["unit"], "better": better, "n": photos}
            found["curves"].setdefault(line.colorizer, {})[metric] = _curve(line) | facts
        found["differences"] += _differences(metric, lines)
        found["needed"] += _needed(metric, lines, better)
    return {
        "dataset": dict(run.summary["dataset"]),
        "points": [int(count) for count in options[OPTION].split(",")],
        "hints": {"style": options.get("hint_style", "zhang2017"), "files": options.get("hint_files")},
        "seed": run.manifest["seed"],
        "draws": draws,
        **found,
        "published": [asdict(curve) for curve in PUBLISHED if curve.metric in metrics],
    }


def _lines(run: Run, metric: str, draws: int) -> tuple[list[Line], int]:
    """The lines of a metric, on the photos that came through all methods with every number of points."""
    rows = {name: _values(run, name, metric) for name in run.colorizers}
    everywhere = sorted(set.intersection(*(set(row) for row in rows.values())))
    if not everywhere:
        raise UserError(f"{run.path}: no photo has {metric} of every method with every number of points.")
    table = np.array([[row[photo] for photo in everywhere] for row in rows.values()])
    drawn = _drawn(table, draws, run.manifest["seed"])
    order = list(rows)
    lines = []
    for colorizer, members in _grouped(run).items():
        at = [order.index(name) for name in members.values()]
        hinted = None not in members
        points = tuple(count for count in members if count is not None) or (0,)
        lines.append(Line(colorizer, points, table[at].mean(axis=1), drawn[at], hinted))
    return lines, len(everywhere)


def _grouped(run: Run) -> dict[str, dict[int | None, str]]:
    """Method to number of points (None for a method without hints) to its name in the run."""
    groups: dict[str, dict[int | None, str]] = {}
    for name, facts in run.manifest["colorizers"].items():
        base, _, count = name.rpartition(".") if "hints" in facts["accepts"] else (name, "", "")
        groups.setdefault(base, {})[int(count) if count else None] = name
    return groups


def _values(run: Run, colorizer: str, metric: str) -> dict[int, float]:
    photos, columns = usable_rows(*run.columns(colorizer, metric))
    return dict(zip(photos.tolist(), np.asarray(columns[VALUE], np.float64).tolist(), strict=True))


def _drawn(table: Floats, draws: int, seed: int) -> Floats:
    """Means of all rows (K, n) over the same resamples of photos: (K, draws); of one photo nothing can be said."""
    count = table.shape[1]
    if count < 2:
        return np.full((len(table), draws), np.nan)
    return np.concatenate(map_counts(lambda counts: table @ counts.T / count, count, draws, seed), axis=1)


def _curve(line: Line) -> dict[str, Any]:
    points = np.array(line.points, np.float64)
    steps = [estimate(float(value), drawn) for value, drawn in zip(line.values, line.drawn, strict=True)]
    curve: dict[str, Any] = {
        "hinted": line.hinted,
        "points": list(line.points),
        "value": [step["value"] for step in steps],
        "ci95": [step["ci95"] for step in steps],
    }
    if len(points) < 2:
        return curve
    gains = []
    for k in range(len(points) - 1):
        weights = np.zeros(len(points))
        weights[k + 1] = 1 / (points[k + 1] - points[k])
        weights[k] = -weights[k + 1]
        gains.append({"from": line.points[k], "to": line.points[k + 1], **line.weighed(weights)})
    areas = {"log": line.weighed(area_weights(np.log1p(points))), "linear": line.weighed(area_weights(points))}
    return curve | {"area": areas, "gain_per_point": gains}


def _differences(metric: str, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    for a, b in combinations(lines, 2):
        if not (a.hinted or b.hinted):
            continue
        for count in a.points if a.hinted else b.points:
            (value_a, drawn_a), (value_b, drawn_b) = a.at(count), b.at(count)
            at = {"metric": metric, "a": a.colorizer, "b": b.colorizer, "points": count}
            yield at | estimate(value_a - value_b, drawn_a - drawn_b)


def _needed(metric: str, lines: Sequence[Line], better: Better) -> Iterator[dict[str, Any]]:
    """How many points each method needs to reach the others without hints, and published values without hints."""
    for line in lines:
        targets: list[tuple[str, float, Floats | float]] = [
            (other.colorizer, *other.at(0)) for other in lines if other is not line and 0 in other.points
        ]
        for curve in PUBLISHED:
            if curve.metric == metric:
                targets.append((f"published {curve.colorizer}", curve.values[0], curve.values[0]))
        for name, value, drawn in targets if line.hinted and better else ():
            count = points_to_reach(line.points, line.values[:, None], np.array([value]), better)[0]
            counts = points_to_reach(line.points, line.drawn, np.broadcast_to(drawn, line.drawn.shape[1:]), better)
            yield {"metric": metric, "colorizer": line.colorizer, "target": name, "level": value} | _reached(
                count, counts, bool(np.isnan(line.drawn).any())
            )


def _reached(count: float, counts: Floats, unknown: bool) -> dict[str, Any]:
    """Write points needed: None for never; the ends of the interval are resamples, so that never may be one."""
    if unknown:
        return {"value": _finite(count), "ci95": None, "reached_in": None}
    low, high = np.quantile(counts, [0.025, 0.975], method="inverted_cdf")
    return {
        "value": _finite(count),
        "ci95": [_finite(float(low)), _finite(float(high))],
        "reached_in": float(np.isfinite(counts).mean()),
    }


def estimate(value: float, drawn: Floats) -> dict[str, Any]:
    """Write a value with its 95% percentile interval."""
    if not np.isfinite(drawn).all():
        return {"value": value, "ci95": None}
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": value, "ci95": [float(low), float(high)]}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
