"""turk listen"""

from __future__ import annotations

import os
from pathlib import Path

import click
from sqlalchemy import Engine

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk.books import recruitment_of
from turk.commands.ledgers import database
from turk.paying_tables import RecruitmentRow
from turk.recruiters import mturk, prolific
from turk.recruiters.contract import Where
from turk.studies import find_study


@click.command("listen")
@click.argument("name")
@click.option("--topic", metavar="ARN", help="MTurk: the SNS topic that the site is subscribed to.")
@click.option("--secret-file", type=click.Path(path_type=Path), help="Prolific: where the secret of its events goes.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, topic: str | None, secret_file: Path | None, url: str | None) -> None:
    """Have a recruiter tell our site when something happens, so that turk sync --every looks sooner.

    It works without: turk sync asks for everything, whatever was told. MTurk tells an SNS topic; subscribe the topic
    to https://YOUR-SITE/notifications/sns, and start the site with SNS_TOPICS=ARN. Prolific tells the site itself;
    start it with PROLIFIC_WEBHOOK_SECRET_FILE=FILE, the file that this writes.

    \b
    Example:
      turk listen street-2026 --topic arn:aws:sns:us-east-1:123456789012:mturk
      turk listen street-2026 --secret-file /etc/webapp/prolific-secret
    """
    with database(url) as engine:
        found = _recruitment(engine, name)
        where = Where(found.live, found.endpoint)
        if found.recruiter == "mturk":
            if topic is None:
                raise UserError("--topic: MTurk tells an SNS topic. Name its ARN.")
            mturk.open_desk(where).listen(found.facts, topic)
            click.echo(f"{name}: MTurk tells {topic}. The site needs SNS_TOPICS={topic}")
        else:
            _prolific(name, found, where, secret_file)


def _prolific(name: str, found: RecruitmentRow, where: Where, file: Path | None) -> None:
    if file is None:
        raise UserError("--secret-file: Prolific signs its events. Say where the secret goes that the site needs.")
    target = f"{found.address.partition('/study/')[0]}/notifications/prolific"
    secret = prolific.open_desk(where).listen(target)
    _keep(file, secret)
    click.echo(f"{name}: Prolific tells {target}. The site needs PROLIFIC_WEBHOOK_SECRET_FILE={file}")


def _recruitment(engine: Engine, name: str) -> RecruitmentRow:
    with session_scope(engine, read_only=True) as db:
        db.expire_on_commit = False
        return recruitment_of(db, find_study(db, name).id)


def _keep(file: Path, secret: str) -> None:
    """Write a secret for its owner's eyes only."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(secret + "\n")
    except OSError as error:
        raise UserError(f"{file}: the secret cannot be written ({error.strerror}). Name another file.") from None
