"""turk pay"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import Engine

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk.books import Books
from turk.codes import hand_over
from turk.commands.ledgers import books_of, database
from turk.paying_tables import RecruitmentRow
from turk.payroll import Due, cost, due, pay
from turk.recruiting_terms import wage_floor
from turk.syncing import sync

SHOWN = 20


@click.command("pay")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--codes", type=click.Path(path_type=Path), help="For people of a link: write the codes to pay to this CSV."
)
@click.option("--again", is_flag=True, help="With --codes: all codes, also those that were handed over before.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, yes: bool, codes: Path | None, again: bool, url: str | None) -> None:
    """Pay everyone whom the frozen study's rule pays, and top their pay up to the wage floor.

    The recruiter's own list is read first. Nobody is rejected or blocked by this: work that the rule does not pay is
    listed, and waits for your decision (turk decide).

    People who came by a link are paid by whoever sent them: --codes writes the codes of finished sessions as a CSV, and
    records that they were handed over; the next file has only those that finished since.

    \b
    Example:
      turk pay street-2026
      turk pay street-2026 --yes
      turk pay class-2026 --codes to-pay.csv
    """
    if codes is not None:
        with database(url) as engine:
            _hand_over(engine, name, codes, again=again)
        return
    with database(url) as engine, books_of(engine, name, url) as books:
        sync(books)
        owed = due(books)
        click.echo("\n".join(_bill(books, owed)))
        if not owed.approvals and not owed.bonuses:
            return
        if not yes:
            _ask(books, owed)
        paid = pay(books, owed)
        click.echo(f"{name}: {paid.approvals} people paid, {paid.bonuses} bonuses, ${paid.usd} with fees")
        for trouble in paid.troubles:
            click.echo(f"turk: {trouble}", err=True)
    if paid.troubles:
        sys.exit(1)


def _hand_over(engine: Engine, name: str, file: Path, *, again: bool) -> None:
    count = hand_over(engine, name, file, again=again)
    new = "" if again else " that were not handed over before"
    click.echo(f"{name}: {count} codes{new}" + (f" are in {file}" if count else "; nothing was written"))


def _bill(books: Books, owed: Due) -> Iterator[str]:
    name, study = books.study.name, books.study
    if not owed.approvals and not owed.bonuses:
        yield f"{name}: nobody is to be paid now"
    else:
        yield f"{name}: ${cost(books, owed)} with fees"
    if owed.approvals:
        yield f"  {len(owed.approvals)} people, ${study.reward_usd} each"
    if owed.bonuses:
        total = sum(owed.bonuses.values())
        yield (
            f"  {len(owed.bonuses)} bonuses, ${total} together: people took {owed.minutes:.1f} minutes in the "
            f"median, and the wage floor is ${wage_floor(study.settings)} per hour"
        )
    for ref, reason in owed.waiting[:SHOWN]:
        yield f'  waits for you: {ref}: {reason}. turk decide {name} {ref} approve|reject --reason "..."'
    if len(owed.waiting) > SHOWN:
        yield f"  and {len(owed.waiting) - SHOWN} more wait for you"


def _ask(books: Books, owed: Due) -> None:
    with session_scope(books.engine, read_only=True) as db:
        live = db.get_one(RecruitmentRow, books.study_id).live
    if not sys.stdin.isatty():
        raise UserError("turk pay: somebody agrees to the sum first. Say --yes where nobody can. Nothing was paid.")
    kind = "real money" if live else "play money"
    click.confirm(f"Pay ${cost(books, owed)} ({kind})?", abort=True)
