"""turk launch"""

from __future__ import annotations

import os
import sys
from decimal import Decimal, InvalidOperation

import click
from sqlalchemy import Engine

from evalsuite.db import default_url, make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from evalsuite.thumbnails import folder_beside
from turk.billing import Bill, bill_lines, check_bill
from turk.hiring import Wish, draw_up, hire
from turk.launching import LOOPBACK_URL, arms_text, launch
from turk.listening import listen
from turk.recruiters.contract import Where
from turk.recruiters.registry import recruiter, recruiters
from turk.site_secret import site_secret
from turk.studies import find_study


@click.command("launch")
@click.argument("name")
@click.option("--url", metavar="URL", help="The site's address as people type it. [PUBLIC_URL]")
@click.option("--live", is_flag=True, help="Spend real money; else the recruiter's sandbox is asked.")
@click.option("--endpoint", metavar="URL", help="Another server that speaks the recruiter's API, as `turk emulate`.")
@click.option("--pilot", metavar="STUDY", help="Whose people tell how long it takes. [the study itself]")
@click.option("--bill", "only_bill", is_flag=True, help="Show the bill and end; nothing is asked or changed.")
@click.option("--confirm", metavar="SUM", help="The bill's total, for --live where nobody can type it.")
@click.option("--db", "database", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(
    name: str, url: str | None, live: bool, endpoint: str | None, pilot: str | None, only_bill: bool,
    confirm: str | None, database: str | None,
) -> None:  # fmt: skip
    """Open a study that was built and audited, and ask the study file's recruiter for people. A paused one goes on.

    With the recruiter "link" you send people the address yourself, and nothing is paid. Another recruiter's bill is
    shown first; real money is spent with --live alone, and only after you have typed the sum. The same command again
    offers what is still missing, and nothing twice.

    \b
    Example:
      turk launch street-2026 --url https://study.example.org
      turk launch street-2026 --url https://study.example.org --live
      turk launch street-2026 --url http://127.0.0.1:8000 --endpoint http://127.0.0.1:8001
    """
    address = database or default_url()
    engine = make_engine(address)
    upgrade(engine)
    public = url or os.environ.get("PUBLIC_URL") or None
    if _pays(engine, name):
        wish = Wish(name, public or LOOPBACK_URL, Where(live, endpoint), pilot)
        bill = draw_up(engine, wish, recruiter)
        click.echo("\n".join(bill_lines(bill)))
        check_bill(bill)
        if not only_bill:
            _agree(bill, confirm)
            hire(engine, wish, bill, site_secret(os.environ, folder_beside(address)), recruiter)
            for trouble in listen(engine, name):
                click.echo(f"turk: {trouble}", err=True)
            click.echo(f"{name}: live, with {arms_text(bill.study)}; {bill.places} people were asked for")
            click.echo(f"The site runs with `webapp serve`. Next: turk sync {name} --every 30s, and turk pay {name}")
        return
    _open(engine, name, public)


def _pays(engine: Engine, name: str) -> bool:
    with session_scope(engine, read_only=True) as db:
        known = recruiters().get(find_study(db, name).recruiter)
    return known is not None and known.pays


def _agree(bill: Bill, confirm: str | None) -> None:
    """Have a person type the sum before real money is spent."""
    if not bill.where.live:
        return
    if confirm is None and not sys.stdin.isatty():
        raise UserError("--live: somebody types the sum first. Say --confirm SUM where nobody can. Nothing was spent.")
    typed = confirm or click.prompt("This is real money. Type the total to go on", default="", show_default=False)
    if _dollars(typed) != bill.total_usd:
        raise UserError(f"--live: the total is ${bill.total_usd}, and {typed!r} was typed. Nothing was spent.")


def _dollars(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        return None


def _open(engine: Engine, name: str, public: str | None) -> None:
    done = launch(engine, name, public)
    click.echo(f"{name}: live{' again' if done.resumed else ''}, with {arms_text(done.study)}")
    click.echo("People take part at:")
    click.echo(f"  {done.address}")
    click.echo("Whoever sends people can add ?id=NAME to it, so that everyone comes back to their own session.")
    for note in done.notes:
        click.echo(f"  {note}")
    click.echo(f"The site runs with `webapp serve`. Next: turk status {name}")
