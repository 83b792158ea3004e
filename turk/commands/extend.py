"""turk extend"""

from __future__ import annotations

import click

from turk.commands.ledgers import books_of, database
from turk.hiring import extend


@click.command("extend")
@click.argument("name")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, url: str | None) -> None:
    """Ask for the people who are still missing: places whose offer has ended or whose work nobody can use.

    The recruiter's own list is read first. What is asked for stays within the study file's caps.

    \b
    Example:
      turk extend street-2026
    """
    with database(url) as engine, books_of(engine, name, url) as books:
        more = extend(books)
    click.echo(f"{name}: {more} more people were asked for" if more else f"{name}: nobody is missing")
