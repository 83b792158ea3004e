"""An analysis as data: one JSON object, and a CSV of one line per interval; rates are fractions."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from turk.analysis import Analysis, Findings
from turk.progress import Progress
from turk.study import Study

HEADS = (
    "sessions", "quantity", "a", "b", "photos_meant", "value", "low", "high", "p", "p_holm", "participants", "trials",
    "photos",
)  # fmt: skip
NAMES: Mapping[str, str] = {"preference": "strength"}
"""What is estimated where it is not called as the measure."""


def record(analysis: Analysis) -> dict[str, Any]:
    """Return everything; NaN becomes None."""
    kept, everyone = analysis.kept, analysis.everyone
    name = quantity(analysis)
    return {
        **_head(analysis.study, analysis.synthetic),
        "measure": analysis.measure,
        "blinded": False,
        **_counted(analysis.progress, analysis.excluded),
        "conditions": _conditions(kept, name),
        "differences": _differences(kept),
        "everyone": {
            "participants": everyone.participants,
            "conditions": _conditions(everyone, name),
            "differences": _differences(everyone),
        },
        "equivalence": rows(kept.equivalence),
        "pairs": rows(analysis.pairs),
        "singles": rows(analysis.singles),
        "learning": rows(analysis.learning),
        "reactions": rows(analysis.reactions),
        "photos": rows(analysis.photos),
        "side": None if kept.preferences is None else {k: _plain(v) for k, v in kept.preferences.side.items()},
        "circular_triads": None if kept.preferences is None else kept.preferences.triads,
        "model": _model(analysis),
    }


def blinded_record(study: Study, progress: Progress, excluded: pd.DataFrame) -> dict[str, Any]:
    """Return what may be seen before the stopping rule is met: counts and quality, nothing of the conditions."""
    return {
        **_head(study, False),
        "blinded": True,
        **_counted(progress, excluded),
        "conditions": {},
        "differences": [],
    }


def table(analysis: Analysis) -> str:
    """Write a CSV with a line per condition or pair, set of sessions and target."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    name = quantity(analysis)
    for sessions, found in (("kept", analysis.kept), ("everyone", analysis.everyone)):
        for line in (*_rate_lines(found, name), *_difference_lines(found, name)):
            writer.writerow([sessions, *line])
    return out.getvalue().rstrip("\n")


def quantity(analysis: Analysis) -> str:
    """What is estimated, as files call it."""
    return NAMES.get(analysis.measure, analysis.measure)


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as JSON has them."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _head(study: Study, synthetic: bool) -> dict[str, Any]:
    return {"study": study.name, "hash": study.hash, "synthetic": synthetic, "protocol": study.protocol}


def _counted(progress: Progress, excluded: pd.DataFrame) -> dict[str, Any]:
    return {
        "stopping_rule_met": progress.met,
        "sessions": rows(progress.flow),
        "excluded": rows(excluded),
    }


def _conditions(found: Findings, name: str) -> dict[str, Any]:
    return {row["condition"]: {name: _estimate(row)} for row in rows(found.rates)}


def _estimate(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = {key: row[key] for key in ("participants", "trials", "photos", "wins") if key in row}
    return {
        "value": row["value"],
        "ci95_these_photos": _ends(row, "these"),
        "ci95_new_photos": _ends(row, "new"),
        **counts,
    }


def _differences(found: Findings) -> list[dict[str, Any]]:
    return [
        {
            "a": row["a"], "b": row["b"], "value": row["value"], "ci95": _ends(row, "new"),
            "ci95_these_photos": _ends(row, "these"), "p": row["p"], "p_holm": row["p_holm"],
        }
        for row in rows(found.differences)
    ]  # fmt: skip


def _ends(row: Mapping[str, Any], target: str) -> list[float] | None:
    low, high = row[f"{target}_low"], row[f"{target}_high"]
    return None if low is None or high is None else [low, high]


def _model(analysis: Analysis) -> dict[str, Any] | None:
    model = analysis.model
    if model is None:
        return None
    return {"conditions": rows(model.rates), "spreads": dict(model.spreads), "converged": model.converged}


def _rate_lines(found: Findings, name: str) -> Iterator[list[Any]]:
    for row in rows(found.rates):
        for target in ("these", "new"):
            ends = row[f"{target}_low"], row[f"{target}_high"]
            counts = row["participants"], row["trials"], row["photos"]
            yield [name, row["condition"], None, f"{target}_photos", row["value"], *ends, None, None, *counts]


def _difference_lines(found: Findings, name: str) -> Iterator[list[Any]]:
    for row in rows(found.differences):
        for target in ("these", "new"):
            ends = row[f"{target}_low"], row[f"{target}_high"]
            tests = (row["p"], row["p_holm"]) if target == "new" else (None, None)
            yield [f"difference of {name}", row["a"], row["b"], f"{target}_photos", row["value"], *ends, *tests]


def _plain(value: Any) -> Any:
    """A cell as JSON keeps it: numpy's numbers as Python's, nothing for what is missing."""
    value = value.item() if hasattr(value, "item") else value
    if value is pd.NA or value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
