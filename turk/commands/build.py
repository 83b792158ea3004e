"""turk build"""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.db import default_url, make_engine, upgrade
from evalsuite.errors import UserError
from turk.build import Built, build_study, copy_study
from turk.example import example
from turk.studies import studies_folder


@click.command("build")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--example", "show_example", is_flag=True, help="Print a study file to begin with.")
@click.option("--protocol", default="zhang2016", show_default=True, help="Whose study file --example prints.")
@click.option("--copy", "old", metavar="NAME", help="Copy a study instead, started or not; needs --name.")
@click.option("--name", metavar="NEW", help="What the copy is called.")
@click.option("--replace", "overwrite", is_flag=True, help="Replace a study of that name that has not started.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(
    file: Path | None, show_example: bool, protocol: str, old: str | None, name: str | None, overwrite: bool,
    url: str | None,
) -> None:  # fmt: skip
    """Freeze a study: stimuli, rules, texts and analysis, under one hash. The same again changes nothing.

    \b
    Example:
      turk build --example > study.yaml
      turk build study.yaml
      turk build --copy street-2026 --name street-2027
    """
    if show_example:
        click.echo(example(protocol), nl=False)
        return
    if (file is None) == (old is None) or (old is None) != (name is None):
        raise UserError("turk build: FILE, or --copy NAME with --name NEW, or --example. Give one of the three.")
    engine = make_engine(url or default_url())
    upgrade(engine)
    studies = studies_folder(url)
    if file is not None:
        _tell(build_study(engine, file, studies, overwrite=overwrite))
    elif old is not None and name is not None:
        _tell(copy_study(engine, old, name, studies))


def _tell(built: Built) -> None:
    study = built.study
    for note in built.notes:
        click.echo(f"  {note}")
    stimuli = sum(len(files) for files in study.stimuli.values())
    shown = ", ".join(study.conditions) + (f"; catch trials: {study.catch}" if study.catch else "")
    click.echo(f"{study.name}: {'built' if built.new else 'is already there, nothing changed'}")
    click.echo(f"  {len(study.photos)} photos, {stimuli} stimuli ({shown})")
    click.echo(f"  hash {study.hash}")
    click.echo(f"  in {built.folder}")
    if built.new:
        click.echo(f"Next: turk audit {study.name}")
