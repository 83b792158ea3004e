"""What the estimator of AMT_Real_vs_Fake says of a result file, in the formats of `turk analyze`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalsuite.typesetting import Cell, Table, latex, markdown, number
from turk.amt_csv import Estimates, Results

HEADS = ("condition", "fool_rate", "bootstrap_mean", "bootstrap_sd", "trials", "participants")


def amt_report(file: Path, results: Results, found: Estimates, draws: int, form: str) -> str:
    """Print fool rates with mean and standard deviation of the draws.

    Args:
        file: Where the answers come from.
        results: Its test trials.
        found: What the estimator made of them.
        draws: How many there were.
        form: markdown, latex, csv or json.
    """
    if form == "json":
        return json.dumps(_record(file, results, found, draws), indent=1, allow_nan=False)
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADS)
        for name, row in _rows(results, found).items():
            writer.writerow([name, *row.values()])
        return out.getvalue().rstrip("\n")
    tables = [_rates(file, results, found, draws), *([_better(results, found)] if len(results.methods) > 1 else [])]
    if form == "markdown":
        return "\n\n".join(map(markdown, tables))
    texts = [latex(table, f"amt-{k}") for k, table in enumerate(tables)]
    return "\n\n".join((r"% \usepackage{booktabs}", *texts))


def _rows(results: Results, found: Estimates) -> dict[str, dict[str, Any]]:
    columns = (found.fool_rates, found.means, found.sds, found.trials)
    people = results.right.shape[1]
    return {
        name: {"value": value, "bootstrap_mean": mean, "bootstrap_sd": sd, "trials": trials, "participants": people}
        for name, value, mean, sd, trials in zip(results.methods, *(c.tolist() for c in columns), strict=True)
    }


def _record(file: Path, results: Results, found: Estimates, draws: int) -> Mapping[str, Any]:
    better = [
        {"a": a, "b": b, "share": float(found.better[i, j])}
        for i, a in enumerate(results.methods)
        for j, b in enumerate(results.methods)
        if i != j
    ]
    return {
        "study": file.name,
        "hash": None,
        "synthetic": False,
        "estimator": "amt_real_vs_fake",
        "draws": draws,
        "real": results.real,
        "unset": results.unset,
        "conditions": {name: {"fool_rate": row} for name, row in _rows(results, found).items()},
        "differences": [],
        "better": better,
        "excluded": [],
    }


def _rates(file: Path, results: Results, found: Estimates, draws: int) -> Table:
    trials, people = results.right.shape
    heads = ("Folder of fakes", "Fool rate (%)", "Mean of draws +/- sd (%)", "Trials")
    rows = [
        (name, (
            Cell(number(row["value"], "fraction", 2)),
            Cell(f"{number(row['bootstrap_mean'], 'fraction', 2)} +/- {number(row['bootstrap_sd'], 'fraction', 2)}"),
            Cell(f"{row['trials']:,}"),
        ))
        for name, row in _rows(results, found).items()
    ]  # fmt: skip
    notes = [
        f"The estimator of AMT_Real_vs_Fake: {draws:,} draws of participants and of trials inside them. Photos are "
        "not resampled: +/- sd is about these photos, and too narrow for new ones where participants share photos.",
        f"Real photos: {results.real}.",
    ]
    if results.unset:
        notes.append(f"{results.unset:,} trials have no answer; process_csv.py takes them for left, and so does this.")
    return Table(f"{file.name}: {people:,} assignments, {trials} test trials each", heads, tuple(rows), tuple(notes))


def _better(results: Results, found: Estimates) -> Table:
    rows = [
        (a, tuple(Cell("" if i == j else number(found.better[i, j], "fraction", 1)) for j in range(len(found.better))))
        for i, a in enumerate(results.methods)
    ]
    return Table(
        "Share of draws (%) in which the row fools more often", ("Row > column", *results.methods), tuple(rows)
    )
