"""evalsuite list"""

from __future__ import annotations

import shutil
import textwrap

import click

from evalsuite.contracts import Colorizer, Metric
from evalsuite.registry import colorizers, metrics
from evalsuite.weights import at_hand

NAME_WIDTH = 32


@click.command("list")
@click.argument("what", type=click.Choice(["colorizers", "metrics"]), required=False)
def command(what: str | None) -> None:
    """Show the colorizers (paper, licence, weights and whether they are at hand) and the metrics.

    \b
    Example:
      evalsuite list colorizers
    """
    if what in (None, "colorizers"):
        click.secho("Colorizers", bold=True)
        for colorizer in colorizers().values():
            _show(colorizer.name, _about_colorizer(colorizer))
    if what in (None, "metrics"):
        click.secho("Metrics" + " (* by default)", bold=True)
        for metric in metrics().values():
            _show(metric.name + (" *" if metric.default else ""), _about_metric(metric))


def _show(name: str, lines: list[str]) -> None:
    width = max(40, shutil.get_terminal_size((100, 24)).columns)
    indent = " " * NAME_WIDTH
    wrapped = [part for line in lines for part in textwrap.wrap(line, width - NAME_WIDTH)]
    click.echo(f"{name:<{NAME_WIDTH}}" + f"\n{indent}".join(wrapped))


def _about_colorizer(colorizer: Colorizer) -> list[str]:
    paper = colorizer.paper or f"{colorizer.title} (a baseline)"
    if colorizer.elsewhere:
        bring = f"results by --outputs {colorizer.name}=FOLDER or --command '{colorizer.name}=...'"
        where = [f"run elsewhere: {bring}; licence: {colorizer.licence}", colorizer.elsewhere]
        return [paper, *where, *_published(colorizer)]
    weights = "no weights"
    if colorizer.weights is not None:
        weights = f"{colorizer.weights.file}: {_state(colorizer)}"
    looks = f"looks at {', '.join(colorizer.accepts)}"
    return [paper, "; ".join(fact for fact in (looks, colorizer.licence, weights) if fact)]


def _published(colorizer: Colorizer) -> list[str]:
    numbers = [
        f"{dataset}: {', '.join(f'{metric} {value:g}' for metric, value in values.items())}"
        for dataset, values in colorizer.reported.items()
    ]
    return [f"published: {'; '.join(numbers)}"] if numbers else ["published: nothing on a public list of photos"]


def _state(colorizer: Colorizer) -> str:
    if at_hand(colorizer.weights):
        return "at hand"
    downloadable = colorizer.weights is not None and colorizer.weights.url
    return "downloaded on first use" if downloadable else f"give it with --weights {colorizer.name}=FILE"


def _about_metric(metric: Metric) -> list[str]:
    facts = [fact for fact in (metric.unit, metric.kind, metric.better and f"{metric.better} is better") if fact]
    return [f"{metric.title}; {'; '.join(facts)}", *(["needs labels"] if metric.needs_labels else [])]
