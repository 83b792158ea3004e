"""webapp token"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from evalsuite.db import default_url, make_engine, session_scope, upgrade
from webapp.tokens import GIVEN, add_token, all_tokens, revoke_token

DATABASE = click.option(
    "--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]"
)


@click.group("token")
def command() -> None:
    """Make, list and revoke named tokens, which open the dashboards.

    \b
    Example:
      webapp token add ada --role researcher
      webapp token list
      webapp token revoke ada
    """


@command.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(GIVEN),
    default="viewer",
    show_default=True,
    help="viewer: what is said in sum; researcher: single trials, share links; admin: money and names.",
)
@DATABASE
def add(name: str, role: str, url: str | None) -> None:
    """Make a token and print it once; only its hash is kept.

    \b
    Example:
      webapp token add ada --role researcher
    """
    with _writing(url) as session:
        token = add_token(session, name, next(known for known in GIVEN if known == role))
    click.echo(token)


@command.command("list")
@DATABASE
def list_(url: str | None) -> None:
    """List tokens by name, role and age.

    \b
    Example:
      webapp token list
    """
    with _writing(url) as session:
        for row in all_tokens(session):
            ended = f", revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else ""
            click.echo(f"{row.name}  {row.role}  made {row.created_at:%Y-%m-%d}{ended}")


@command.command()
@click.argument("name")
@DATABASE
def revoke(name: str, url: str | None) -> None:
    """End a token; whoever came in with it is out at once.

    \b
    Example:
      webapp token revoke ada
    """
    with _writing(url) as session:
        revoke_token(session, name)
    click.echo(f"{name} opens nothing any more.")


@contextmanager
def _writing(url: str | None) -> Iterator[Session]:
    engine = make_engine(url or default_url())
    upgrade(engine)
    with session_scope(engine) as session:
        yield session
    engine.dispose()
