"""evalsuite list"""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from evalsuite.registry import colorizers, metrics
from evalsuite.weights import at_hand


@click.command("list")
@click.argument("what", type=click.Choice(["colorizers", "metrics"]), required=False)
def command(what: str | None) -> None:
    """Show the colorizers (paper, licence, weights and whether they are at hand) and the metrics.

    \b
    Example:
      evalsuite list colorizers
    """
    console = Console(soft_wrap=False)
    if what in (None, "colorizers"):
        console.print(_colorizers())
    if what in (None, "metrics"):
        console.print(_metrics())


def _colorizers() -> Table:
    table = Table("colorizer", "paper", "licence", "looks at", "weights", title="Colorizers", title_justify="left")
    for colorizer in colorizers().values():
        weights = "needs none"
        if colorizer.weights is not None:
            state = "at hand" if at_hand(colorizer.weights, None) else _how(colorizer.weights.url)
            weights = f"{colorizer.weights.file}: {state}"
        table.add_row(
            colorizer.name, colorizer.paper or "baseline", colorizer.licence, ", ".join(colorizer.accepts), weights
        )
    return table


def _how(url: str | None) -> str:
    return "downloaded on first use" if url else "give it with --weights"


def _metrics() -> Table:
    table = Table("metric", "title", "unit", "better", "kind", "default", title="Metrics", title_justify="left")
    for metric in metrics().values():
        default = "yes" if metric.default else ""
        table.add_row(metric.name, metric.title, metric.unit, metric.better or "", metric.kind, default)
    return table
