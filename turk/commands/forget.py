"""turk forget"""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from evalsuite.db import default_url, make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from evalsuite.thumbnails import folder_beside
from turk.forgetting import Kept, find_person, forget
from turk.site_secret import site_secret


@click.command("forget")
@click.argument("participant")
@click.option("--keep-answers", is_flag=True, help="Leave the answers, under a name that nobody can make again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(participant: str, keep_answers: bool, yes: bool, url: str | None) -> None:
    """Delete what is kept of a person: what the platform calls them, and their sessions with all answers.

    PARTICIPANT is the platform's id of the person, or a pseudonym of an export. Answers that are deleted count no more,
    and their place is open again; --keep-answers leaves them and cuts every way from them to the person. Exports that
    were made before are not reached.

    \b
    Example:
      turk forget 5f1b8a0c2d3e4f5a6b7c8d9e
      turk forget 5f1b8a0c2d3e4f5a6b7c8d9e --keep-answers
    """
    address = url or default_url()
    engine = make_engine(address)
    try:
        upgrade(engine)
        secret = site_secret(os.environ, folder_beside(address))
        with session_scope(engine, read_only=True) as session:
            found = find_person(session, secret, participant)
        _ask(participant, found, keep_answers=keep_answers, sure=yes)
        with session_scope(engine) as session:
            for kept in found:
                forget(session, kept, keep_answers=keep_answers)
    finally:
        engine.dispose()
    click.echo("Forgotten.")


def _ask(participant: str, found: Sequence[Kept], *, keep_answers: bool, sure: bool) -> None:
    """Say what would go, and go on only if that is wanted."""
    if not found:
        raise UserError(
            f"participant {participant!r}: nobody of that name or pseudonym is kept here. Give the platform's id, as "
            "the platform writes it."
        )
    click.echo("\n".join(_told(kept, keep_answers) for kept in found))
    if not sure and click.prompt('Type "forget" to go on', default="", show_default=False) != "forget":
        raise UserError("turk forget: nothing was deleted. Type the word forget, or use --yes.")


def _told(kept: Kept, keep_answers: bool) -> str:
    studies = ", ".join(kept.studies) or "no study"
    fate = "stay, without a name" if keep_answers else "are deleted"
    return f"A person of {kept.platform}, in {studies}: {kept.answers:,} answers {fate}."
