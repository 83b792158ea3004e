"""Run folders made of numbers, for tests of what is said about runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from evalsuite.columns import ColumnFiles
from evalsuite.manifest import describe_colorizer, describe_metric
from evalsuite.registry import colorizer, metric
from evalsuite.results import FAILED, SCORED, Run, open_run, write_json
from evalsuite.summary import curves_of, summarise

Numbers = Mapping[str, Mapping[str, ArrayLike]]
"""Colorizer to `metric.column` to a row per photo."""


def write_run(
    path: Path,
    numbers: Numbers,
    failed: Mapping[str, Sequence[int]] | None = None,
    costs: Mapping[str, Mapping[str, float]] | None = None,
    dataset: str = "photos",
    **manifest: Any,
) -> Run:
    """Write a complete run folder whose rows are these numbers, and open it."""
    failed, costs = failed or {}, costs or {}
    n = len(np.asarray(next(iter(next(iter(numbers.values())).values()))))
    names = dict.fromkeys(column.split(".")[0] for columns in numbers.values() for column in columns)
    metrics = [metric(name) for name in [*names, *dict.fromkeys(m for c in costs.values() for m in c)]]
    photos = [
        {"id": f"p{k}", "file": str(path.parent / "photos" / f"p{k}.png"), "status": "scored", "label": None}
        for k in range(n)
    ]
    record = {
        "status": "complete", "seed": 0, "options": {}, "skipped": [], "photos": photos,
        "identity": {"versions": {"numpy": np.__version__}},
        "dataset": {"name": dataset, "images": n, "sha256": "0" * 64, "size": 32, "resize": "squash", "failed": [],
                    "gray": 0, "dropped": 0, "filter": {"policy": "squash", "size": 32}},
        "colorizers": {} if "colorizers" in manifest else {n: describe_colorizer(colorizer(n), None) for n in numbers},
        "metrics": {m.name: describe_metric(m) for m in metrics},
        "failures": [{"colorizer": c, "photo": f"p{k}", "reason": "broken"} for c, ks in failed.items() for k in ks],
    } | manifest  # fmt: skip
    path.mkdir(parents=True, exist_ok=True)
    write_json(path / "manifest.json", record)
    files, everywhere = ColumnFiles(path / "rows", n), np.arange(n)
    for name, columns in numbers.items():
        status = np.full(n, SCORED, np.uint8)
        status[list(failed.get(name, ()))] = FAILED
        files.write(name, "status", everywhere, status)
        for column, rows in columns.items():
            owner, plain = ("target", column.replace(".target.", ".")) if ".target." in column else (name, column)
            files.write(owner, plain, everywhere, np.asarray(rows))
    run = open_run(path)
    write_json(path / "summary.json", summarise(run, metrics, costs))
    write_json(path / "curves.json", curves_of(run, []))
    return run
