"""turk close"""

from __future__ import annotations

import sys

import click
from sqlalchemy import func, select

from evalsuite.db import default_url, make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from turk.commands.ledgers import books_of
from turk.stopping import recruiter_of, wind_up
from turk.studies import find_study, move_study
from turk.tables import SessionRow


@click.command("close")
@click.argument("name")
@click.option("--reason", default="closed with turk close", show_default=True, help="Kept with the decision.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, reason: str, yes: bool, url: str | None) -> None:
    """Close a study for good: nobody new is let in, and those in the middle of it may finish.

    Where a recruiter was asked for people, everybody is paid or decided about first, and all offers are deleted. All
    answers stay. A closed study cannot be opened again; copy it with `turk build --copy` to ask again.

    \b
    Example:
      turk close street-2026 --reason "all places are done" --yes
    """
    engine = make_engine(url or default_url())
    upgrade(engine)
    with session_scope(engine, read_only=True) as session:
        state = find_study(session, name).state
    if state == "closed":
        click.echo(f"{name}: is closed already, nothing changed")
        return
    if not yes:
        _ask(name, state)
    if recruiter_of(engine, name) is not None:
        with books_of(engine, name, url) as books:
            click.echo(f"{name}: {wind_up(books)} offers are deleted")
    with session_scope(engine) as session:
        row = find_study(session, name, lock=True)
        move_study(session, row, "closed", reason)
        running = select(func.count()).where(SessionRow.study_id == row.id, SessionRow.state == "running")
        count = session.scalar(running) or 0
    click.echo(f"{name}: closed" + (f"; {count} who are in the middle of it may finish" if count else ""))
    click.echo(f"Next: turk analyze {name}")


def _ask(name: str, state: str) -> None:
    if not sys.stdin.isatty():
        raise UserError(f"turk close: {name} is {state}, and closing is for good. Say --yes where nobody can be asked.")
    click.confirm(f"{name} is {state}. Close it for good?", abort=True)
