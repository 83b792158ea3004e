"""A sweep: the same photos with more and more hints, as one run whose methods differ in their number of points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from evalsuite.contracts import Colorizer, Metric, Setting
from evalsuite.errors import UserError
from evalsuite.plan import Plan
from evalsuite.results import Run, read_json, write_json
from evalsuite.run import run
from evalsuite.sweep_numbers import OPTION, derived_name, numbers_of

T = TypeVar("T")
DRAWS = 10_000
MOST_POINTS = 10_000


def sweep(plan: Plan, points: Sequence[int]) -> tuple[Run, Mapping[str, Any]]:
    """Score methods with each number of hints, or go on with what a killed sweep left.

    Each photo is decoded once. Its hints are nested: with fewer points a method gets the first of them, and all methods
    get the same. Methods that take no hints are scored once.

    Args:
        plan: What a run would do; its colorizers are the methods.
        points: Numbers of hints, ascending.

    Returns:
        The run folder, with a method per number of points, and what its sweep.json says.

    Raises:
        UserError: The points, the metrics or the plan cannot be used.
    """
    check_points(points)
    check_means(plan.metrics)
    if not any("hints" in colorizer.accepts for colorizer in plan.colorizers):
        names = ", ".join(colorizer.name for colorizer in plan.colorizers)
        raise UserError(f"sweep: at least one method takes hints; got {names}. Add siggraph17 or levin2004.")
    done = run(plan_of_sweep(plan, points))
    path = done.path / "sweep.json"
    if not path.exists():
        write_json(path, numbers_of(done, [metric.name for metric in plan.metrics], DRAWS))
    found: Mapping[str, Any] = read_json(path)
    return done, found


def plan_of_sweep(plan: Plan, points: Sequence[int]) -> Plan:
    """Turn the plan of a run into the plan of a sweep: every method that takes hints becomes one per number."""
    colorizers: list[Colorizer] = []
    named, weights = set(plan.named), dict(plan.weights)
    for colorizer in plan.colorizers:
        members = _members(colorizer, points) if "hints" in colorizer.accepts else [colorizer]
        colorizers += members
        if colorizer.name in plan.named:
            named |= {member.name for member in members}
        if colorizer.name in weights:
            file = weights.pop(colorizer.name)
            weights |= {member.name: file for member in members}
    options = dict(plan.options) | {OPTION: ",".join(map(str, points))}
    return replace(plan, colorizers=tuple(colorizers), named=frozenset(named), weights=weights, options=options)


def check_points(points: Sequence[int]) -> None:
    """Refuse numbers of points that make no curve.

    Raises:
        UserError: There are fewer than two, or they do not ascend.
    """
    if len(points) < 2 or any(a >= b for a, b in pairwise(points)) or points[0] < 0:
        got = ", ".join(map(str, points)) or "none"
        raise UserError(f"--points: two or more numbers from 0, ascending; got {got}. Write 0,1,2,5,10,20,50.")
    if points[-1] > MOST_POINTS:
        raise UserError(f"--points: at most {MOST_POINTS:,} points; got {points[-1]:,}. Take fewer.")


def check_means(metrics: Sequence[Metric]) -> None:
    """Refuse metrics that are no mean of a value per photo.

    Raises:
        UserError: One is such.
    """
    for metric in metrics:
        if not _is_mean(metric):
            rule = f"--metrics {metric.name}: a curve needs a metric that is the mean of a value per photo"
            raise UserError(f"{rule}; this one is not. Take psnr_rgb, lpips_alex, ciede2000 or another of this kind.")


def _is_mean(metric: Metric) -> bool:
    if metric.reduce is None:
        return False
    try:
        estimate = metric.reduce({"value": np.array([1.0, 4.0])})
        return bool(np.allclose(estimate(np.array([[1.0, 1.0], [3.0, 1.0]])), [2.5, 1.75]))
    except KeyError:
        return False


def _members(colorizer: Colorizer, points: Sequence[int]) -> list[Colorizer]:
    """One colorizer per number of points; what they load, such as a network, they load once and share."""
    load = _shared(colorizer.load)
    return [
        replace(
            colorizer,
            name=derived_name(colorizer.name, count),
            title=f"{colorizer.title}, {count} {'point' if count == 1 else 'points'}",
            load=load,
            fixed_points=count,
            reported={},
        )
        for count in points
    ]


def _shared(load: Callable[[Setting], T]) -> Callable[[Setting], T]:
    kept: dict[tuple[str, Path | None], T] = {}

    def once(setting: Setting) -> T:
        key = (str(setting.device), setting.weights)
        if key not in kept:
            kept[key] = load(setting)
        return kept[key]

    return once
