"""A run as tables: values with intervals, the best and its ties, and what a reader must know to trust them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalsuite.errors import UserError
from evalsuite.remarks import remarks
from evalsuite.results import Run
from evalsuite.standings import Standing, standings
from evalsuite.styles import LABELED_REAL, STYLES, Column, Sheet, sheets
from evalsuite.typesetting import DASH, Cell, Table, decimals, describe, head, latex, markdown, number, span

FORMATS = ("markdown", "latex", "csv", "json")
CSV_HEADS = ("colorizer", "metric", "value", "low", "high", "n", "unit", "better")


def report(
    run: Run,
    form: str = "markdown",
    style: str = "default",
    labeled_real: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """Print a run.

    Args:
        run: A complete run.
        form: One of FORMATS. markdown and latex print shares as percentages; csv has a line per value and json is
            summary.json: both have fractions.
        style: One of STYLES: "default" has all metrics, the others a paper's columns.
        labeled_real: For the last column of zhang2016: colorizer to {"value", "ci95"} of its fool rate in a study.

    Raises:
        UserError: Another format or style.
    """
    if form not in FORMATS or style not in STYLES:
        known = f"formats {', '.join(FORMATS)} and styles {', '.join(STYLES)}"
        raise UserError(f"report: there are {known}; got {form!r} and {style!r}. Choose from these.")
    if form == "json":
        return json.dumps(run.summary, indent=1, allow_nan=False)
    chosen = sheets(run.manifest["metrics"], style)
    if form == "csv":
        return _csv(run, _metrics(chosen))
    page = _Page(run, form, labeled_real or {}, standings(run, _metrics(chosen)))
    tables = [page.table(sheet) for sheet in chosen]
    if style == "default":
        tables += page.reported()
    if tables:
        notes = remarks(run, page.titles(chosen), page.standings, page.name)
        tables[-1] = replace(tables[-1], notes=(*tables[-1].notes, *notes))
    if form == "markdown":
        return "\n\n".join(map(markdown, tables))
    label = f"{style}-{run.summary['dataset']['name']}"
    texts = [latex(table, f"{label}-{k}" if k else label) for k, table in enumerate(tables)]
    return "\n\n".join((r"% \usepackage{booktabs}", *texts))


def _csv(run: Run, metrics: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEADS)
    for name, scores in run.summary["colorizers"].items():
        for metric in metrics:
            if score := scores.get(metric):
                ends = score["ci95"] or (None, None)
                writer.writerow([name, metric, score["value"], *ends, score["n"], score["unit"], score["better"]])
    return out.getvalue().rstrip("\n")


def _metrics(chosen: Sequence[Sheet]) -> list[str]:
    return [metric for sheet in chosen for _, metric in sheet.columns if metric]


@dataclass(frozen=True)
class _Page:
    """What all tables of a report share."""

    run: Run
    form: str
    labeled_real: Mapping[str, Mapping[str, Any]]
    standings: Mapping[str, Standing]

    def name(self, colorizer: str) -> str:
        """What a method is called: as on the command line, or in print by its title."""
        title = str(self.run.manifest["colorizers"][colorizer]["title"])
        return title if self.form == "latex" else colorizer

    def title(self, column: Column, metric: str) -> str:
        """What a column is called: as in the paper, unless another metric stands for the paper's."""
        return column.title if metric == column.metrics[0] else str(self.run.manifest["metrics"][metric]["title"])

    def titles(self, chosen: Sequence[Sheet]) -> dict[str, str]:
        """Metric to the title of its column."""
        return {metric: self.title(column, metric) for sheet in chosen for column, metric in sheet.columns if metric}

    def score(self, colorizer: str, metric: str | None) -> Mapping[str, Any] | None:
        """A score that has a value, or None."""
        score = self.run.summary["colorizers"][colorizer].get(metric)
        return None if score is None or score["value"] is None else score

    def table(self, sheet: Sheet) -> Table:
        """Set one table."""
        columns = [self._column(column, metric) for column, metric in sheet.columns]
        rows = [(self.name(c), tuple(cells[c] for _, cells in columns)) for c in self.run.colorizers]
        notes = [note for column, metric in sheet.columns if (note := self._missing(column, metric))]
        caption = f"{describe(self.run.summary['dataset'])}. {sheet.subject[0].upper()}{sheet.subject[1:]}."
        return Table(caption, ("Method", *(title for title, _ in columns)), tuple(rows), tuple(notes))

    def _column(self, column: Column, metric: str | None) -> tuple[str, dict[str, Cell]]:
        if column.title == LABELED_REAL:
            return self._labeled_real()
        if metric is None:
            return column.title, dict.fromkeys(self.run.colorizers, Cell(DASH))
        facts = self.run.manifest["metrics"][metric]
        scores = {c: self.score(c, metric) for c in self.run.colorizers}
        digits = decimals(facts["unit"], [s["value"] for s in scores.values() if s])
        cells = {c: self._cell(c, metric, facts["unit"], digits) if s else Cell(DASH) for c, s in scores.items()}
        return head(self.title(column, metric), facts["unit"], facts["better"]), cells

    def _cell(self, colorizer: str, metric: str, unit: str, digits: int) -> Cell:
        score, standing = self.run.summary["colorizers"][colorizer][metric], self.standings.get(metric)
        value, interval = number(score["value"], unit, digits), span(score["ci95"], unit, digits)
        if standing and colorizer == standing.best:
            return Cell(value, interval, "best")
        return Cell(value, interval, "tied" if standing and colorizer in standing.tied else "")

    def _labeled_real(self) -> tuple[str, dict[str, Cell]]:
        cells = dict.fromkeys(self.run.colorizers, Cell(DASH))
        for colorizer, rate in self.labeled_real.items():
            if colorizer in cells:
                cells[colorizer] = Cell(number(rate["value"], "fraction", 1), span(rate.get("ci95"), "fraction", 1))
        return head(LABELED_REAL, "fraction", "higher"), cells

    def _missing(self, column: Column, metric: str | None) -> str:
        if column.title == LABELED_REAL:
            if set(self.labeled_real) & set(self.run.colorizers):
                return (
                    f"{LABELED_REAL}: how often people took the output for the photo; intervals are for these photos."
                )
            named = f", which has {', '.join(self.labeled_real)}" if self.labeled_real else ""
            return f"{LABELED_REAL}: comes from a study with people (--labeled-real){named}."
        if metric is None:
            return f"{column.title}: not in this run; --metrics {column.metrics[0]} computes it."
        if metric != column.metrics[0]:
            return (
                f"{self.title(column, metric)} stands for {column.title}, which --metrics {column.metrics[0]} computes."
            )
        return ""

    def reported(self) -> list[Table]:
        """Set what the methods' papers report for this dataset beside our numbers, if anything."""
        dataset = self.run.summary["dataset"]["name"]
        found = {c: self.run.manifest["colorizers"][c]["reported"].get(dataset, {}) for c in self.run.colorizers}
        metrics = [m for m in self.run.metrics if any(m in values for values in found.values())]
        if not metrics:
            return []
        heads = []
        for metric in metrics:
            facts = self.run.manifest["metrics"][metric]
            heads.append(head(facts["title"], facts["unit"], facts["better"]))
        rows = [
            (self.name(c), tuple(self._beside(c, m, found[c].get(m)) for m in metrics))
            for c in self.run.colorizers
            if found[c]
        ]
        caption = f"What the papers report for {dataset}, and in brackets this run. Protocols may differ."
        return [Table(caption, ("Method", *heads), tuple(rows))]

    def _beside(self, colorizer: str, metric: str, reported: float | None) -> Cell:
        unit, ours = self.run.manifest["metrics"][metric]["unit"], self.score(colorizer, metric)
        digits = decimals(unit, [] if reported is None else [reported])
        return Cell(number(reported, unit, digits), f"[{number(ours['value'], unit, digits)}]" if ours else "")
