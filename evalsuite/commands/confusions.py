"""evalsuite confusions"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from evalsuite.backbones.confusions import confusions
from evalsuite.errors import UserError
from evalsuite.results import Run, open_run
from evalsuite.typesetting import Cell, Table, latex, markdown

FORMATS = ("markdown", "csv", "json", "latex")
HEADS = ("colorizer", "metric", "label", "label_name", "answer", "answer_name", "before", "after")
Pairs = Sequence[Mapping[str, int | str]]


@click.command("confusions")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("colorizers", nargs=-1)
@click.option("--metric", help="top1_* or agreement_* of the run; by default the first that it has.")
@click.option("--most", type=click.IntRange(1), default=100, show_default=True, help="How many pairs per method.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
def command(run: Path, colorizers: tuple[str, ...], metric: str | None, most: int, form: str) -> None:
    """List which classes recoloring turns into which, for a classifier of the run.

    With labels (top1_*) a pair is a label and a wrong answer, and counted is on how many photos more than before that
    answer is given after recoloring. Without labels (agreement_*) the answer on the real photo stands for the label.

    \b
    Example:
      evalsuite confusions runs/val siggraph17 --format csv
    """
    opened = open_run(run)
    chosen = metric or next((m for m in opened.metrics if m.startswith("top1_")), None) or _first(opened)
    found = {name: confusions(opened, name, chosen, most) for name in colorizers or opened.colorizers}
    click.echo(_printed(opened, found, chosen, form))


def _first(run: Run) -> str:
    for metric in run.metrics:
        if metric.startswith("agreement_"):
            return metric
    raise UserError(
        f"{run.path}: no classifier was asked in this run. Make it with --metrics top1_... or agreement_..."
    )


def _printed(run: Run, found: Mapping[str, Pairs], metric: str, form: str) -> str:
    if form == "json":
        return json.dumps({"metric": metric, "colorizers": found}, indent=1)
    if form == "csv":
        return _csv(found, metric)
    tables = [_table(run, name, pairs, metric) for name, pairs in found.items()]
    if form == "markdown":
        return "\n\n".join(map(markdown, tables))
    return "\n\n".join(latex(table, f"confusions-{name}") for name, table in zip(found, tables, strict=True))


def _table(run: Run, name: str, pairs: Pairs, metric: str) -> Table:
    rows = []
    for pair in pairs:
        more = int(pair["after"]) - int(pair["before"])
        cells = (Cell(_class(pair, "answer")), *(Cell(str(n)) for n in (pair["before"], pair["after"], f"+{more}")))
        rows.append((_class(pair, "label"), cells))
    title = run.manifest["metrics"][metric]["title"]
    notes = () if pairs else ("No pair is more frequent after recoloring.",)
    whose = "Label" if metric.startswith("top1_") else "On the real photo"
    caption = f"{name}: what {title} is led to by recoloring, photos before and after."
    return Table(caption, (whose, "Answer", "Before", "After", "More"), tuple(rows), notes)


def _class(pair: Mapping[str, int | str], which: str) -> str:
    return str(pair.get(f"{which}_name", pair[which]))


def _csv(found: Mapping[str, Pairs], metric: str) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADS, restval="", lineterminator="\n")
    writer.writeheader()
    for name, pairs in found.items():
        writer.writerows({"colorizer": name, "metric": metric, **pair} for pair in pairs)
    return out.getvalue().rstrip("\n")
