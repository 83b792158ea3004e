"""What recruiters' signatures are checked with, fetched by operators' commands, and the letters that waited for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import Engine, select

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from turk.hearing_tables import LetterRow, PublicKeyRow
from turk.hints import leave
from turk.refusals import Refused
from turk.sns import Letter, check_address, verify
from turk.wire import fetch

LIFE = timedelta(days=1)
PATIENCE_S = 10.0


def keep_key(engine: Engine, address: str, *, fresh: bool = False) -> str:
    """Return what lies at an address: a certificate or a set of keys, fetched when it is not known.

    Args:
        engine: Where it is kept.
        address: Checked by the caller.
        fresh: Whether one that is older than a day is fetched again.

    Raises:
        UserError: It cannot be fetched, and none is known.
    """
    with session_scope(engine, read_only=True) as db:
        known = db.get(PublicKeyRow, address)
        kept = (known.value, known.fetched_at) if known is not None else None
    if kept is not None and (not fresh or kept[1] > now() - LIFE):
        return kept[0]
    reply = fetch(address, PATIENCE_S)
    if reply.status != 200:
        raise UserError(f"{address}: a public key is sent; got status {reply.status}. Try again later.")
    value = reply.body.decode(errors="replace")
    with session_scope(engine) as db:
        db.merge(PublicKeyRow(address=address, value=value, fetched_at=now()))
    return value


def open_letters(engine: Engine, origins: Sequence[str]) -> int:
    """Read the messages of Amazon SNS that waited: confirm subscriptions, leave hints; return how many were genuine.

    Args:
        engine: Where they wait.
        origins: Beside SNS's own hosts, where certificates and confirmations may lie.

    Raises:
        UserError: SNS does not answer; what was not read waits on.
    """
    with session_scope(engine, read_only=True) as db:
        letters: list[tuple[int, Letter]] = [(row.id, row.body) for row in db.scalars(select(LetterRow))]
    genuine = 0
    for key, letter in letters:
        genuine += _open(engine, letter, origins)
        with session_scope(engine) as db:
            row = db.get(LetterRow, key)
            if row is not None:
                db.delete(row)
    return genuine


def _open(engine: Engine, letter: Letter, origins: Sequence[str]) -> bool:
    try:
        check_address(letter["SigningCertURL"], origins, ".pem")
        verify(letter, keep_key(engine, letter["SigningCertURL"]))
    except Refused:
        return False
    if letter["Type"] == "SubscriptionConfirmation":
        _confirm(letter["SubscribeURL"], origins)
    with session_scope(engine) as db:
        leave(db, "sns", letter["MessageId"], now())
    return True


def _confirm(address: str, origins: Sequence[str]) -> None:
    check_address(address, origins)
    reply = fetch(address, PATIENCE_S)
    if reply.status >= 400:
        host = urlsplit(address).hostname
        raise UserError(f"{host}: a subscription is confirmed; got status {reply.status}. Subscribe again.")
