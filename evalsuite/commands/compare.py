"""evalsuite compare"""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.compare import compare, comparison_text
from evalsuite.report import FORMATS
from evalsuite.results import open_run


@click.command("compare")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("a")
@click.argument("b")
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
def command(run: Path, a: str, b: str, form: str) -> None:
    """Compare colorizers A and B of a run: paired differences, Holm-corrected p values, wins and losses per photo.

    \b
    Example:
      evalsuite compare runs/first welsh2002 levin2004
    """
    click.echo(comparison_text(compare(open_run(run), a, b), form))
