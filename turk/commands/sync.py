"""turk sync"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import click
from sqlalchemy import Engine

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk.commands.ledgers import books_of, database
from turk.listening import listen, wait
from turk.recruiters.contract import Unsure
from turk.studies import find_study
from turk.syncing import Synced, sync

SPAN = re.compile(r"([0-9]{1,6})(s|m|h)")
SECONDS = {"s": 1, "m": 60, "h": 3600}
LEAST_S = 5


@click.command("sync")
@click.argument("name")
@click.option("--every", metavar="SPAN", help="Go on, with a pause of so long in between: 30s, 5m, 1h.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, every: str | None, url: str | None) -> None:
    """Settle a study by the recruiter's own list: who handed in, who returned the task, who was paid.

    Everything is listed, page by page; what notifications say is only a hint, on which --every looks sooner. Places of
    work that is gone go to others, once. Calls of which nobody knows whether they were done are looked up, and made
    where they were not.

    \b
    Example:
      turk sync street-2026
      turk sync street-2026 --every 30s
    """
    pause = span(every) if every else None
    with database(url) as engine:
        while True:
            again = _once(engine, name, url, patient=pause is not None)
            if pause is None or not again:
                return
            wait(engine, pause)


def span(text: str) -> int:
    """Read a span of time, in seconds.

    Raises:
        UserError: It is none, or too short.
    """
    found = SPAN.fullmatch(text.strip())
    seconds = int(found.group(1)) * SECONDS[found.group(2)] if found else 0
    if seconds < LEAST_S:
        raise UserError(f"--every: a span of at least {LEAST_S}s, such as 30s, 5m or 1h; got {text!r}. Correct it.")
    return seconds


def _once(engine: Engine, name: str, url: str | None, *, patient: bool) -> bool:
    """Sync, and tell whether there is more to come."""
    for trouble in listen(engine, name):
        click.echo(f"turk: {trouble}", err=True)
    try:
        with books_of(engine, name, url) as books:
            click.echo(_told(name, sync(books)))
    except Unsure as unsure:
        if not patient:
            raise
        click.echo(f"turk: {unsure}", err=True)
    with session_scope(engine, read_only=True) as db:
        return find_study(db, name).state != "closed"


def _told(name: str, found: Synced) -> str:
    works = ", ".join(f"{count} {state}" for state, count in found.works.items()) or "nobody yet"
    parts = [f"{datetime.now(UTC):%H:%M:%S} UTC  {name}: {works}"]
    if found.released:
        parts.append(f"{found.released} places given back")
    if found.unmatched:
        parts.append(f"{found.unmatched} submitted without a finished session: see turk pay {name}")
    if found.asked:
        parts.append(f"{found.asked} unclear calls looked up")
    return "; ".join(parts)
