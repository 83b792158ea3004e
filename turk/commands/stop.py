"""turk stop"""

from __future__ import annotations

import click

from turk.commands.ledgers import books_of, database
from turk.stopping import lift, stop, take_down


@click.command("stop")
@click.argument("name")
@click.option("--reason", default="stopped with turk stop", show_default=True, help="Kept with the decision.")
@click.option("--lift", "lifted", is_flag=True, help="Allow to pay those who took part; nobody new is asked.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, reason: str, lifted: bool, url: str | None) -> None:
    """End all spending of a study at once, take what is on offer down, and let nobody new in.

    It works whatever other commands are doing. Those in the middle may finish; to pay them, lift the stop, or `turk
    launch` to go on as before.

    \b
    Example:
      turk stop street-2026 --reason "the second condition shows broken images"
      turk stop street-2026 --lift
    """
    with database(url) as engine:
        if lifted:
            lift(engine, name, reason)
            click.echo(f"{name}: people can be paid again. Next: turk pay {name}")
            return
        paid = stop(engine, name, reason)
        click.echo(f"{name}: stopped; nobody new is let in" + (", and nothing more is spent" if paid else ""))
        if paid:
            with books_of(engine, name, url) as books:
                click.echo(f"{name}: {take_down(books)} offers are taken down")
