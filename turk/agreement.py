"""Metrics against people: how well a metric's scores tell what fools people, per photo and per colorizer.

Fool rates are themselves noisy, so no metric can correlate with them perfectly: the ceiling is the correlation of two
halves of the participants with each other, stepped up to what all of them would reach.

Source: Spearman, British J. Psychol. 3 (1910) 296, and Brown, ibid. 296-322, for the step; Efron and Tibshirani, An
Introduction to the Bootstrap (1993), 13.3, for percentile intervals of correlations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from evalsuite.stats import interval

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Correlation: TypeAlias = Callable[[Floats], float]
LEVELS = ("photo", "colorizer")
AGREEMENT = (
    "metric", "level", "photos", "colorizers", "pearson", "pearson_low", "pearson_high", "spearman", "spearman_low",
    "spearman_high", "ceiling",
)  # fmt: skip
LEAST = 3
"""Fewer points have no correlation worth the name."""
HALVES = 200


def agreement(scores: pd.DataFrame, responses: pd.DataFrame, draws: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Correlate metrics with fool rates.

    Args:
        scores: A row per photo, colorizer and metric: image, colorizer, metric, value, as in a run's scores.parquet.
        responses: Answers that count, such as turk.sample.sample(...).trials: session, photo, condition, value. Photos
            and conditions are called as images and colorizers are.
        draws: Resamples of photos behind each interval.
        seed: Of the resamples and of the halves.

    Returns:
        AGREEMENT: for each metric a row of level "photo" (deviations from their colorizer's mean, so that it says
        something about photos and nothing about which colorizer is better) and a row of level "colorizer" (means).
        `ceiling` is the correlation of people with people, NaN where it cannot be told.
    """
    seen = responses[responses["condition"].isin(scores["colorizer"].unique())]
    people = seen.groupby(["photo", "condition"])["value"].mean().rename("people").reset_index()
    ceilings = {level: _ceiling(seen, level, seed) for level in LEVELS}
    rows = []
    for metric, own in scores.groupby("metric", sort=False):
        named = own.rename(columns={"image": "photo", "colorizer": "condition"})
        both = named.merge(people, on=["photo", "condition"]).dropna(subset=["value", "people"])
        for level in LEVELS:
            rows.append(
                {"metric": metric, "level": level, **_row(both, level, draws, seed), "ceiling": ceilings[level]}
            )
    return pd.DataFrame(rows, columns=list(AGREEMENT))


def pearson_of(points: Floats) -> float:
    """Return the correlation of two columns; NaN where one does not vary or there are fewer than three rows."""
    if len(points) < LEAST:
        return float("nan")
    a, b = (points - points.mean(0)).T
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 1e-12 else float("nan")


def spearman_of(points: Floats) -> float:
    """Return the correlation of the ranks of two columns."""
    return pearson_of(np.asarray(rankdata(points, axis=0), np.float64)) if len(points) else float("nan")


def stepped_up(half: float) -> float:
    """Return the correlation of all people with as many others, from that of one half with the other.

    Example:
        >>> stepped_up(0.5)
        0.6666666666666666
    """
    return 2 * half / (1 + half)


KINDS: Mapping[str, Correlation] = {"pearson": pearson_of, "spearman": spearman_of}


def _row(both: pd.DataFrame, level: str, draws: int, seed: int) -> dict[str, float]:
    photos, positions = np.unique(both["photo"].astype(str), return_inverse=True)
    codes = np.unique(both["condition"].astype(str), return_inverse=True)[1].astype(np.int64)
    pairs, rng = both[["value", "people"]].to_numpy(np.float64), np.random.default_rng(seed)
    drawn = np.full((draws, len(KINDS)), np.nan)
    for k in range(draws):
        counts = np.bincount(rng.integers(0, len(photos), len(photos)), minlength=len(photos))
        rows = np.repeat(np.arange(len(both)), counts[positions])
        points = _points(pairs[rows], codes[rows], level)
        drawn[k] = [correlate(points) for correlate in KINDS.values()]
    points = _points(pairs, codes, level)
    row: dict[str, float] = {"photos": len(photos), "colorizers": len(np.unique(codes))}
    for name, column in zip(KINDS, drawn.T, strict=True):
        low, high = interval(column)
        row |= {name: KINDS[name](points), f"{name}_low": low, f"{name}_high": high}
    return row


def _points(pairs: Floats, codes: Integers, level: str) -> Floats:
    """What is correlated: the means of colorizers, or photos' deviations from them."""
    counts = np.bincount(codes)
    means = np.stack([np.bincount(codes, column) / np.maximum(counts, 1) for column in pairs.T], 1)
    return means[counts > 0] if level == "colorizer" else pairs - means[codes]


def _ceiling(responses: pd.DataFrame, level: str, seed: int) -> float:
    """The mean over random halves of the participants of how one half agrees with the other, stepped up."""
    named = responses["photo"].astype(str) + "\t" + responses["condition"].astype(str)
    cells, cell = np.unique(named, return_inverse=True)
    people, person = np.unique(responses["session"], return_inverse=True)
    codes = np.unique([name.split("\t")[1] for name in cells], return_inverse=True)[1].astype(np.int64)
    shape = len(people), len(cells)
    at = person * shape[1] + cell
    views = np.bincount(at, minlength=shape[0] * shape[1]).reshape(shape)
    hits = np.bincount(at, responses["value"], shape[0] * shape[1]).reshape(shape)
    rng, found = np.random.default_rng(seed), np.full(HALVES, np.nan)
    for k in range(HALVES):
        first = np.isin(np.arange(shape[0]), rng.permutation(shape[0])[: shape[0] // 2])
        counts = np.stack([views[side].sum(0) for side in (first, ~first)], 1)
        sums = np.stack([hits[side].sum(0) for side in (first, ~first)], 1)
        both = (counts > 0).all(1)
        if both.any():
            found[k] = pearson_of(_points(sums[both] / counts[both], codes[both], level))
    known = found[np.isfinite(found)]
    return stepped_up(max(float(known.mean()), 0.0)) if len(known) else float("nan")
