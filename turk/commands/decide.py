"""turk decide"""

from __future__ import annotations

import click

from turk.commands.ledgers import books_of, database
from turk.payroll import decide
from turk.syncing import sync


@click.command("decide")
@click.argument("name")
@click.argument("work")
@click.argument("verdict", type=click.Choice(["approve", "reject"]))
@click.option("--reason", required=True, help="In your own words; whoever is rejected reads it.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, work: str, verdict: str, reason: str, url: str | None) -> None:
    """Decide about one person's pay where the study's rule does not: approve or reject, with a reason.

    WORK is the assignment or submission, as `turk pay` lists it. A rejection can be taken back by approving. Whom the
    analysis leaves out is another matter: nobody has to be rejected for that.

    \b
    Example:
      turk decide street-2026 3QY5DC2MXRKLX approve --reason "wrote to us: the browser crashed at the end"
      turk decide street-2026 3QY5DC2MXRKLX reject --reason "The study was never opened with this assignment."
    """
    with database(url) as engine, books_of(engine, name, url) as books:
        sync(books)
        decide(books, work, verdict, reason)
    click.echo(f"{name}: {work} is {'approved and paid' if verdict == 'approve' else 'rejected'}")
