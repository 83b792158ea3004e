"""turk message"""

from __future__ import annotations

import sys

import click

from turk.commands.ledgers import books_of, database
from turk.writing import write_to


@click.command("message")
@click.argument("name")
@click.argument("works", nargs=-1)
@click.option("--subject", required=True, help="At most 200 characters.")
@click.option("--text", required=True, help="At most 4,096 characters.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, works: tuple[str, ...], subject: str, text: str, url: str | None) -> None:
    """Write to people through their recruiter: to everyone whose work was decided, or to those of some WORKS.

    The same command again writes to nobody twice: a message of which nobody knows whether it was sent is not repeated.

    \b
    Example:
      turk message street-2026 --subject "Thank you" --text "The study is over; its results are at https://example.org."
      turk message street-2026 3QY5DC2MXRKLX --subject "Your bonus" --text "It was paid today."
    """
    with database(url) as engine, books_of(engine, name, url) as books:
        sent, troubles = write_to(books, works, subject, text)
    click.echo(f"{name}: {sent} people were written to")
    for trouble in troubles:
        click.echo(f"turk: {trouble}", err=True)
    if troubles:
        sys.exit(1)
