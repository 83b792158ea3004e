"""evalsuite verify"""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.errors import UserError
from evalsuite.results import open_run
from evalsuite.verify import verdict_text, verify


@click.command("verify")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--sample", type=click.IntRange(0), default=8, show_default=True, help="How many photos to score again.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Chooses them.")
def command(run: Path, sample: int, seed: int) -> None:
    """Recompute a run's hashes and the scores of a sample of its photos, and say what differs.

    \b
    Example:
      evalsuite verify runs/first
    """
    verdict = verify(open_run(run), sample, seed)
    click.echo(verdict_text(verdict))
    if verdict.differs:
        raise UserError(f"{run}: {len(verdict.differs)} things differ, listed above. Run again what they belong to.")
