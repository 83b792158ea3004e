"""Which classes recoloring makes a classifier confuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.backbones.catalog import class_names
from evalsuite.errors import Unavailable, UserError
from evalsuite.results import Run

CLASSIFIED = ("top1_", "agreement_")
"""How metrics begin that keep the classes of photos and outputs."""
MOST = 100
"""As many pairs as the paper's supplement lists."""


@dataclass(frozen=True)
class Confusions:
    """What recoloring by a method makes a classifier confuse; `pairs` as `aggravated` lists them."""

    colorizer: str
    metric: str
    pairs: Sequence[dict[str, int | str]]


def confusions_of(run: Run) -> list[Confusions]:
    """List the confusions of every method of a run and every classifier that was asked there."""
    metrics = [metric for metric in run.metrics if metric.startswith(CLASSIFIED)]
    return [
        Confusions(colorizer, metric, confusions(run, colorizer, metric, MOST))
        for metric in metrics
        for colorizer in run.colorizers
        if {"class", "target.class"} <= run.columns(colorizer, metric)[1].keys()
    ]


def confusions(run: Run, colorizer: str, metric: str, most: int) -> Sequence[dict[str, int | str]]:
    """List the pairs of classes that a classifier confuses more after recoloring than before, most aggravated first.

    Raises:
        UserError: The run has no such colorizer or metric, or the metric keeps no classes.
    """
    if metric not in run.manifest["metrics"]:
        raise UserError(f"confusions: {metric} is not in this run. It has: {', '.join(run.metrics)}.")
    _, columns = run.columns(colorizer, metric)
    if not {"class", "target.class"} <= columns.keys():
        raise UserError(f"confusions: {metric} keeps no classes. Take top1_* or agreement_* of a run made anew.")
    real = np.asarray(columns["target.class"])
    labels = np.asarray(columns.get("target.label", real))
    known = labels >= 0
    return aggravated(labels[known], real[known], np.asarray(columns["class"])[known], most)


def aggravated(
    labels: NDArray[Any], real: NDArray[Any], recolored: NDArray[Any], most: int
) -> Sequence[dict[str, int | str]]:
    """List the pairs of label and wrong answer that more photos show after recoloring than before.

    Args:
        labels: (n,) class indices.
        real: (n,) the classifier's answers on the real photos.
        recolored: (n,) its answers on the outputs.
        most: How many pairs at most.

    Returns:
        {"label", "answer": class indices, "before", "after": photos} and, for ImageNet's classes, the two names;
        the largest increase first, then by index.

    Example:
        >>> import numpy as np
        >>> label, real, recolored = np.array([3, 3, 3, 8]), np.array([3, 3, 7, 8]), np.array([7, 7, 7, 8])
        >>> [(p["label"], p["answer"], p["before"], p["after"]) for p in aggravated(label, real, recolored, 5)]
        [(3, 7, 1, 3)]
    """
    counts: dict[tuple[int, int], list[int]] = {}
    for column, answers in enumerate((real, recolored)):
        for pair in zip(labels.tolist(), answers.tolist(), strict=True):
            counts.setdefault(pair, [0, 0])[column] += 1
    worse = [(pair, n) for pair, n in counts.items() if pair[0] != pair[1] and n[1] > n[0]]
    worse.sort(key=lambda item: (item[1][0] - item[1][1], item[0]))
    return [_described(*pair, *n) for pair, n in worse[:most]]


def _described(label: int, answer: int, before: int, after: int) -> dict[str, int | str]:
    counted: dict[str, int | str] = {"label": label, "answer": answer, "before": before, "after": after}
    try:
        names = class_names()
    except Unavailable:
        return counted
    if not 0 <= max(label, answer) < len(names):
        return counted
    return counted | {"label_name": names[label], "answer_name": names[answer]}
