"""A run: what ran, on what, what failed, what it cost, and how to repeat it."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from evalsuite.tables import ConfusionRow, DatasetRow, EntryRow, FailureRow, RunRow
from evalsuite.typesetting import Cell, Table, describe
from webapp.charts.axes import LINES
from webapp.charts.lines import cumulative, cumulative_chart, hints_chart
from webapp.hinted import hint_lines
from webapp.numbers import printed
from webapp.page import Answer, Asked, Page
from webapp.queries.boards import cells, entries_by_id, metrics_of
from webapp.queries.curves import curves_of
from webapp.queries.records import Entry, cited

FAILURES_SHOWN = 100


def answer(asked: Asked) -> Answer:
    """Describe a run."""
    session, key = asked.session, asked.parts["run"]
    row = session.get(RunRow, key)
    if row is None:
        raise NotFound(f"There is no run {key}. The first page lists the newest.")
    dataset = session.get_one(DatasetRow, row.dataset_id)
    entries = _entries(session, key)
    shown = {"name": dataset.name, "images": dataset.images, "resize": row.resize, "size": row.size}
    data = {
        "run": {"id": key, "name": row.name, "sha256": row.sha256, "folder": row.folder, "scores": row.scores,
                "created_at": row.created_at.isoformat(), "imported_at": row.imported_at.isoformat()},
        "dataset": {"id": dataset.id, **shown}, "colorizers": [entry.name for entry in entries],
        "failures": _failures(session, key), "facts": row.facts,
    }  # fmt: skip
    context = {} if asked.form != "html" else {
        "entries": entries, "facts": _facts(row), "described": describe(shown), "failed": _failed(session, key),
        "command": shlex.join(["evalsuite", *row.facts.get("command", ())]), "curve": _curve(session, entries),
        "confused": session.scalar(select(ConfusionRow.name).where(ConfusionRow.run_id == key).limit(1)) is not None,
        "hints": _hints(session, entries), "seconds": row.facts.get("seconds", {}), "table": _table(session, entries),
    }  # fmt: skip
    cite = cited(entries)
    typeset_later = partial(_typeset, session, entries, f"Run {row.name}. {describe(shown)}")
    return Answer(f"Run {row.name}", data, partial(_scores, session, entries), context, typeset_later, cite)


def _entries(session: Session, run: int) -> list[Entry]:
    keys = session.scalars(select(EntryRow.id).where(EntryRow.run_id == run).order_by(EntryRow.position)).all()
    return list(entries_by_id(session, keys).values())


def _scores(session: Session, entries: list[Entry]) -> list[dict[str, Any]]:
    known = metrics_of(session, [entry.id for entry in entries])
    found = cells(session, [entry.id for entry in entries], [metric.id for metric in known.values()])
    return [
        {"colorizer": entry.name, "metric": metric.name, "n": cell.n, "value": cell.value, "low": cell.lo,
         "high": cell.hi, "unit": metric.unit, "better": metric.better}
        for entry in entries
        for metric in known.values()
        if (cell := found.get((entry.id, metric.id))) is not None
    ]  # fmt: skip


def _table(session: Session, entries: list[Entry]) -> list[dict[str, Any]]:
    """Metrics as rows and methods as columns: a run has more metrics than methods."""
    keys = [entry.id for entry in entries]
    known = metrics_of(session, keys)
    found = cells(session, keys, [metric.id for metric in known.values()])
    rows = []
    for metric in known.values():
        of_metric = [found.get((key, metric.id)) for key in keys]
        shown = printed(metric, [cell.value for cell in of_metric if cell])
        texts = [(shown.value(c.value), shown.span((c.lo, c.hi))) if c else ("", "") for c in of_metric]
        rows.append({"metric": metric, "head": shown.head, "cells": texts})
    return rows


def _typeset(session: Session, entries: list[Entry], caption: str) -> Table:
    """The same for a paper."""
    rows = [(row["head"], tuple(Cell(*texts) for texts in row["cells"])) for row in _table(session, entries)]
    return Table(caption, ("Metric", *(entry.label for entry in entries)), tuple(rows), ("Brackets: 95%.",))


def _failed(session: Session, run: int) -> int:
    return session.scalar(select(func.count()).where(FailureRow.run_id == run)) or 0


def _failures(session: Session, run: int) -> list[dict[str, Any]]:
    found = select(FailureRow.entry_id, FailureRow.photo, FailureRow.reason).where(FailureRow.run_id == run)
    rows = session.execute(found.order_by(FailureRow.id).limit(FAILURES_SHOWN)).all()
    return [{"entry": entry, "photo": photo, "reason": reason} for entry, photo, reason in rows]


def _curve(session: Session, entries: list[Entry]) -> Any:
    """The share of pixels within each error, of every method."""
    labels = {entry.id: entry.label for entry in entries if "target" not in entry.accepts}
    lines = [cumulative(labels[entry], points) for entry, points in curves_of(session, sorted(labels)).items()]
    return cumulative_chart(lines[:LINES]) if lines else None


def _hints(session: Session, entries: list[Entry]) -> Any:
    """PSNR against the number of hints, of methods that were run with several numbers of them."""
    known = metrics_of(session, [entry.id for entry in entries]).get("psnr_rgb")
    if known is None:
        return None
    found = hint_lines(entries, cells(session, [entry.id for entry in entries], [known.id]), known.id)
    return hints_chart(found[:LINES], f"{known.title}, {known.unit}") if found else None


def _facts(row: RunRow) -> list[tuple[str, Any]]:
    """What one needs to judge a run, in words."""
    facts, identity = row.facts, row.facts.get("identity", {})
    machine = facts.get("environment", {})
    return [
        ("Made", row.created_at.strftime("%Y-%m-%d %H:%M UTC")),
        ("Seed", facts.get("seed")),
        ("Machine", ", ".join(str(machine[k]) for k in ("processor", "platform") if k in machine)),
        ("Device", ", ".join(machine.get("devices", ()))),
        ("Versions", ", ".join(f"{name} {number}" for name, number in identity.get("versions", {}).items())),
        ("Code", identity.get("code", "")),
        ("Run", row.sha256),
        ("Folder", row.folder),
    ]


PAGE = Page(
    name="run", path="/run/{run}", title="Run", answer=answer, forms=("html", "json", "csv", "tex", "bib")
)  # fmt: skip
