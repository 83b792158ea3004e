"""The confusion report of a run: which classes a classifier takes recolored photos for, more often than real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from evalsuite.errors import UserError
from evalsuite.tables import ColorizerRow, ConfusionRow, EntryRow, MetricRow, RunRow
from evalsuite.typesetting import Cell, Table
from webapp.page import Answer, Asked, Page, Parameter
from webapp.queries.boards import entries_by_id
from webapp.queries.records import cited

Pairs = Sequence[Mapping[str, Any]]
LABELLED = "top1_"


def answer(asked: Asked) -> Answer:
    """Show the pairs of one classifier and one method, the most aggravated first."""
    session, key = asked.session, asked.parts["run"]
    row = session.get(RunRow, key)
    if row is None:
        raise NotFound(f"There is no run {key}. The first page lists the newest.")
    found, labels = _found(session, key), _labels(session, key)
    metrics = sorted({metric for metric, _ in found}, key=lambda metric: (not metric.startswith(LABELLED), metric))
    metric = _chosen(asked.values["metric"], metrics, "metric")
    names = [name for name in labels if (metric, name) in found]
    # The real photos come first in a run and confuse nobody: what is shown unasked is the first method that does.
    usual = next((name for name in names if found[metric, name]), "")
    name = _chosen(asked.values["colorizer"] or usual, names, "colorizer")
    pairs = found.get((metric, name), ())
    title = f"Confusions of run {row.name}"
    data = {"run": {"id": key, "name": row.name}, "metric": metric, "colorizer": name, "pairs": list(pairs)}
    context = {
        "pairs": pairs, "metrics": metrics, "names": [(one, labels[one]) for one in names], "metric": metric,
        "name": name, "shown": labels.get(name, ""), "labelled": metric.startswith(LABELLED), "row": row,
        "classifier": _title(session, metric), "class_name": class_name,
    }  # fmt: skip
    whole, later = partial(_rows, found), partial(_typeset, f"{title}: {labels.get(name, name)}, {metric}", pairs)
    return Answer(title, data, whole, context, later, _cited(session, key, name))


def class_name(pair: Mapping[str, Any], which: str) -> str:
    """A class by its name, or by its number where it has none."""
    return str(pair.get(f"{which}_name", pair[which]))


def _found(session: Session, run: int) -> dict[tuple[str, str], Pairs]:
    rows = select(ConfusionRow.metric, ConfusionRow.name, ConfusionRow.pairs).where(ConfusionRow.run_id == run)
    return {(metric, name): pairs for metric, name, pairs in session.execute(rows).all()}


def _labels(session: Session, run: int) -> dict[str, str]:
    """Names of the run's methods to what they are called, in its order."""
    named = (
        select(ColorizerRow.name, ColorizerRow.title)
        .join(EntryRow, EntryRow.colorizer_id == ColorizerRow.id)
        .where(EntryRow.run_id == run)
        .order_by(EntryRow.position)
    )
    return {name: title for name, title in session.execute(named).all()}


def _cited(session: Session, run: int, name: str) -> dict[str, tuple[str, str]]:
    """The paper of the method, for a bibliography."""
    of_run = select(EntryRow.id).join(ColorizerRow, ColorizerRow.id == EntryRow.colorizer_id)
    keys = session.scalars(of_run.where(EntryRow.run_id == run, ColorizerRow.name == name)).all()
    return cited(entries_by_id(session, keys).values())


def _title(session: Session, metric: str) -> str:
    return session.scalar(select(MetricRow.title).where(MetricRow.name == metric).limit(1)) or metric


def _chosen(given: str, known: Sequence[str], what: str) -> str:
    if given and given not in known:
        raise UserError(f"{what}: got {given!r}, expected one of {', '.join(known) or 'none'}. Choose one of them.")
    return given or next(iter(known), "")


def _rows(found: Mapping[tuple[str, str], Pairs]) -> list[dict[str, Any]]:
    """All pairs of the run, of every classifier and method."""
    columns = ("label", "label_name", "answer", "answer_name", "before", "after")
    return [
        {"colorizer": name, "metric": metric, **{column: pair.get(column, "") for column in columns}}
        for (metric, name), pairs in sorted(found.items())
        for pair in pairs
    ]


def _typeset(caption: str, pairs: Pairs) -> Table:
    rows = [
        (
            class_name(pair, "label"),
            (Cell(class_name(pair, "answer")), Cell(str(pair["before"])), Cell(str(pair["after"]))),
        )
        for pair in pairs
    ]
    notes = () if pairs else ("No pair is more frequent after recoloring.",)
    return Table(caption, ("Class", "Answer", "Before", "After"), tuple(rows), notes)


PAGE = Page(
    name="confusions",
    path="/confusions/{run}",
    title="Confusions",
    answer=answer,
    parameters=(
        Parameter("metric", "the classifier's metric"),
        Parameter("colorizer", "the method"),
    ),
    forms=("html", "json", "csv", "tex", "bib"),
)
