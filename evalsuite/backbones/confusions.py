"""Which classes recoloring makes a classifier confuse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from evalsuite.backbones.catalog import class_names
from evalsuite.errors import Unavailable


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
