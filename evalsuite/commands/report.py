"""evalsuite report"""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.explain import explain
from evalsuite.fool_rates import read_fool_rates
from evalsuite.report import FORMATS, report
from evalsuite.results import open_run
from evalsuite.styles import STYLES


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
@click.option(
    "--style", type=click.Choice(STYLES), default="default", show_default=True, help="A paper's set of columns."
)
@click.option(
    "--explain",
    "metric",
    metavar="METRIC",
    help="Instead of the table: what exactly was computed, and how papers' variants come out here.",
)
@click.option(
    "--labeled-real",
    "study",
    type=click.Path(path_type=Path),
    help="What `turk analyze --format json` printed of a study, for the last column of zhang2016.",
)
def command(run: Path, form: str, style: str, metric: str | None, study: Path | None) -> None:
    """Print a run as a table with 95% intervals, and say which neighbors cannot be told apart.

    \b
    Example:
      evalsuite report runs/first
      evalsuite report runs/first --format latex --style zhang2016
      evalsuite report runs/first --style zhang2016 --labeled-real fool_rates.json
      evalsuite report runs/first --explain auc
    """
    opened = open_run(run)
    rates = read_fool_rates(study) if study else None
    click.echo(explain(opened, metric) if metric else report(opened, form, style, rates))
