"""turk host"""

from __future__ import annotations

from datetime import timedelta

import click

from evalsuite.db import default_url, make_engine, upgrade
from evalsuite.errors import UserError
from turk.copying import hosting_of, put_copies, remove_copies
from turk.hosting import open_shelf, read_place

LONGEST_HOURS = 168


@click.command("host")
@click.argument("name")
@click.option("--on", "place", metavar="s3://BUCKET/PREFIX", help="Where copies of the stimuli go.")
@click.option(
    "--hours", type=click.IntRange(4, LONGEST_HOURS), default=LONGEST_HOURS, show_default=True,
    help="How long their addresses live; S3 allows a week, and a role's passing credentials less.",
)  # fmt: skip
@click.option("--remove", is_flag=True, help="Delete all copies; the site sends its images itself again.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, place: str | None, hours: int, remove: bool, url: str | None) -> None:
    """Let browsers fetch a study's images from S3; without this the site sends them itself, which is enough.

    Each image of each trial has a copy of its own, at a random key, behind an address that expires, all made in a
    random order: nothing of it tells what it shows. The site hands the addresses out and needs no credentials; this
    command needs them, from the usual AWS chain. Audit the study afterwards. Give the command again before the
    addresses end: copies that nobody has had are then replaced.

    \b
    Example:
      turk host street-2026 --on s3://my-bucket/street
      turk host street-2026 --remove
    """
    if remove == bool(place):
        raise UserError("turk host: --on s3://BUCKET/PREFIX or --remove. Give one of the two.")
    engine = make_engine(url or default_url())
    upgrade(engine)
    if place is None:
        found = hosting_of(engine, name)
        if found is None:
            raise UserError(f"study {name!r}: the site sends its images itself; there is nothing to remove.")
        with open_shelf(*found) as shelf:
            click.echo(f"{name}: {remove_copies(engine, name, shelf)} copies deleted; the site sends its images itself")
        return
    with open_shelf(*read_place(place)) as shelf:
        done = put_copies(engine, name, shelf, timedelta(hours=hours))
    click.echo(f"{name}: {done.stimuli} stimuli, {done.copies} copies at {done.origin}")
    click.echo(f"  their addresses end at {done.expires_at:%Y-%m-%d %H:%M} UTC")
    click.echo(f"Next: turk audit {name}")
