"""turk launch"""

from __future__ import annotations

import os

import click

from evalsuite.db import default_url, make_engine, upgrade
from turk.launching import arms_text, launch


@click.command("launch")
@click.argument("name")
@click.option("--url", metavar="URL", help="The site's address as people type it. [PUBLIC_URL]")
@click.option("--db", "database", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, url: str | None, database: str | None) -> None:
    """Open a study that was built and audited, and print the address for people. A paused one goes on.

    With the recruiter "link" you send people the address yourself, and nothing is paid.

    \b
    Example:
      turk launch street-2026 --url https://study.example.org
      PUBLIC_URL=https://study.example.org turk launch street-2026
    """
    engine = make_engine(database or default_url())
    upgrade(engine)
    done = launch(engine, name, url or os.environ.get("PUBLIC_URL") or None)
    click.echo(f"{name}: live{' again' if done.resumed else ''}, with {arms_text(done.study)}")
    click.echo("People take part at:")
    click.echo(f"  {done.address}")
    click.echo("Whoever sends people can add ?id=NAME to it, so that everyone comes back to their own session.")
    for note in done.notes:
        click.echo(f"  {note}")
    click.echo(f"The site runs with `webapp serve`. Next: turk status {name}")
