"""From rows to what one reads: summary.json, curves.json and scores.parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evalsuite.contracts import Counts, Estimator, Metric, Score
from evalsuite.results import Run
from evalsuite.rows import VALUE, measured, places, scored_photos, usable_rows
from evalsuite.stats import bootstrap, interval, point, restricted


def summarise(run: Run, metrics: Sequence[Metric], costs: Mapping[str, Mapping[str, float | None]]) -> dict[str, Any]:
    """Compute every metric of every colorizer with its 95% interval over photos.

    Args:
        run: The run folder; its manifest names the photos that were scored.
        metrics: The metrics of the run.
        costs: Colorizer to cost metric to the measured value, None where a method has no such cost.

    Returns:
        What summary.json holds: {"dataset": {...}, "colorizers": {name: {metric: score}}}.
    """
    scores: dict[str, dict[str, Any]] = {name: {} for name in run.colorizers}
    for draws in sorted({m.draws for m in metrics}):
        for colorizer, name, score in _scores(run, [m for m in metrics if m.draws == draws and m.reduce], draws):
            scores[colorizer][name] = score
    for metric in metrics:
        if metric.probe is not None:
            for name in run.colorizers:
                value = costs.get(name, {}).get(metric.name)
                scores[name][metric.name] = Score(value, None, int(value is not None), metric.unit, metric.better)
    order = [m.name for m in metrics]
    tables = {name: {m: as_json(found[m]) for m in order if m in found} for name, found in scores.items()}
    dataset = run.manifest["dataset"]
    return {"dataset": {k: dataset[k] for k in ("name", "images", "sha256", "size", "resize")}, "colorizers": tables}


def as_json(score: Score) -> dict[str, Any]:
    """Write a score as summary.json has it, details beside the rest."""
    ci95 = None if score.ci95 is None else list(score.ci95)
    fixed = {"value": score.value, "ci95": ci95, "n": score.n, "unit": score.unit, "better": score.better}
    return fixed | dict(score.details)


def _scores(run: Run, metrics: Sequence[Metric], draws: int) -> list[tuple[str, str, Score]]:
    """Score metrics that share one number of resamples on one stream of counts, so that all intervals are paired."""
    place, total = places(run), scored_photos(run)
    jobs: list[tuple[str, Metric, int, Estimator, Mapping[str, Any]]] = []
    for name in run.colorizers:
        for metric in metrics:
            photos, columns = run.columns(name, metric.name)
            if metric.reduce is None or not measured(columns):
                continue
            usable, columns = usable_rows(photos, columns)
            details = metric.details(columns) if metric.details and len(usable) else {}
            estimator = restricted(metric.reduce(columns), place[usable], total) if len(usable) else _nothing
            jobs.append((name, metric, len(usable), estimator, details))
    drawn = bootstrap([job[3] for job in jobs], total, draws, run.manifest["seed"]) if draws and jobs else None
    found = []
    for k, (name, metric, n, estimator, details) in enumerate(jobs):
        value = finite(point(estimator, total))
        lo, hi = interval(drawn[k]) if drawn is not None and value is not None else (np.nan, np.nan)
        ci95 = (float(lo), float(hi)) if np.isfinite([lo, hi]).all() else None
        found.append((name, metric.name, Score(value, ci95, n, metric.unit, metric.better, details)))
    return found


def finite(value: float) -> float | None:
    """Return the value, or None where it is not finite: JSON and databases have no NaN."""
    return float(value) if np.isfinite(value) else None


def _nothing(counts: Counts) -> NDArray[np.float64]:
    return np.full(len(counts), np.nan)


def curves_of(run: Run, metrics: Sequence[Metric]) -> dict[str, dict[str, Any]]:
    """Compute the curves of every colorizer: colorizer to metric to points."""
    curves: dict[str, dict[str, Any]] = {name: {} for name in run.colorizers}
    for metric in metrics:
        for name in run.colorizers if metric.curve else ():
            photos, columns = run.columns(name, metric.name)
            if len(photos) and columns and metric.curve:
                curves[name][metric.name] = dict(metric.curve(columns))
    return curves


NAMES = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema([("image", NAMES), ("colorizer", NAMES), ("metric", NAMES), ("value", pa.float64())])


def write_scores(run: Run, photos: Sequence[str], metrics: Sequence[Metric], path: Path) -> int:
    """Write scores.parquet, one row group per colorizer and metric, and return the number of rows."""
    part, rows = path.with_name(path.name + ".part"), 0
    images = pa.array(photos, pa.string())
    with pq.ParquetWriter(part, SCHEMA, compression="zstd", use_dictionary=["image", "colorizer", "metric"]) as writer:
        for name in run.colorizers:
            for metric in metrics:
                indices, columns = run.columns(name, metric.name)
                if VALUE not in columns:
                    continue
                kept, columns = usable_rows(indices, columns)
                values = pa.array(np.asarray(columns[VALUE], np.float64))
                named = (
                    _coded(kept, images),
                    *(_coded(np.zeros(len(kept)), pa.array([n])) for n in (name, metric.name)),
                )
                writer.write_table(pa.Table.from_arrays([*named, values], schema=SCHEMA))
                rows += len(kept)
    part.replace(path)
    pa.default_memory_pool().release_unused()
    return rows


def _coded(codes: NDArray[Any], names: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.asarray(codes, np.int32)), names)
