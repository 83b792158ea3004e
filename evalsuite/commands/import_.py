"""evalsuite import"""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.backbones.confusions import confusions_of
from evalsuite.chroma import chroma
from evalsuite.db import default_url, make_engine, upgrade
from evalsuite.results import open_run
from evalsuite.store import import_run
from evalsuite.thumbnails import make_thumbnails, thumbnails_folder
from evalsuite.tournament import tournament


@click.command("import")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(run: Path, url: str | None) -> None:
    """Put a run into the database, in one transaction, and make thumbnails beside it. Twice changes nothing.

    \b
    Example:
      evalsuite import runs/first
      evalsuite import runs/first --db postgresql://localhost/colors
    """
    opened = open_run(run)
    engine = make_engine(url or default_url())
    upgrade(engine)
    imported = import_run(engine, opened, tournament, chroma, confusions_of)
    make_thumbnails(opened, thumbnails_folder(url or default_url()))
    again = "has its photos' curves now" if imported.completed else "nothing changed"
    done = f"imported, {imported.scores} scores" if imported.new else f"is already there, {again}"
    click.echo(f"{run}: {done} (run {imported.run_id} in {engine.url.render_as_string(hide_password=True)})")
