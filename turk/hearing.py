"""What comes in from recruiters unasked: checked, and turned into a hint. No request is made here."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from evalsuite.db import session_scope
from turk.hearing_tables import LetterRow, PublicKeyRow
from turk.hints import leave
from turk.people import insert_new
from turk.refusals import Refused
from turk.sns import read_letter, verify
from turk.store import Store

MOST_LETTERS = 200
"""How many messages may wait for their certificate; only `turk sync` empties the box."""
OLDEST = timedelta(minutes=5)


def hear_sns(store: Store, body: bytes, topics: Sequence[str]) -> None:
    """Take a message of Amazon SNS: a notification whose certificate is known becomes a hint at once.

    Everything else waits for `turk sync`, which fetches certificates and confirms subscriptions.

    Raises:
        Refused: It is not from one of these topics, old, forged, or too many wait already.
    """
    at = store.clock()
    letter = read_letter(body, topics, store.submit_origins, at)
    with session_scope(store.engine) as db:
        certificate = db.get(PublicKeyRow, letter["SigningCertURL"])
        if certificate is not None:
            verify(letter, certificate.value)
            if letter["Type"] == "Notification":
                leave(db, "sns", letter["MessageId"], at)
                return
        if (db.scalar(select(func.count()).select_from(LetterRow)) or 0) >= MOST_LETTERS:
            raise Refused("no_place", "Too many messages wait. Run `turk sync`, which reads them.")
        insert_new(db, LetterRow.__table__, {"event": letter["MessageId"], "body": dict(letter), "at": at})


def hear_prolific(store: Store, body: bytes, stamp: str, signature: str, secret: str) -> None:
    """Take an event of Prolific's.

    Args:
        store: Where the hint goes.
        body: As it came.
        stamp: The header X-Prolific-Request-Timestamp, in seconds.
        signature: The header X-Prolific-Request-Signature.
        secret: The workspace's, with which events are signed.

    Raises:
        Refused: It is old, or not signed with this secret.

    Source:
        docs.prolific.com, "Webhooks: Verifying": base64 of HMAC-SHA256 over the time stamp and the body.
    """
    at = store.clock()
    _check_stamp(stamp, at)
    digest = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
    if not hmac.compare_digest(digest, _decoded(signature)):
        raise Refused("bad", "X-Prolific-Request-Signature: Prolific's; got another. Such an event changes nothing.")
    with session_scope(store.engine) as db:
        # The header with the event's own name is not signed, and so no proof against repetition.
        leave(db, "prolific", digest.hex(), at)


def _check_stamp(stamp: str, at: datetime) -> None:
    known = stamp.isascii() and stamp.isdigit() and len(stamp) <= 12
    if not known or abs(at - datetime.fromtimestamp(int(stamp), UTC)) > OLDEST:
        raise Refused("bad", "X-Prolific-Request-Timestamp: of the last five minutes; got another.")


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return b""
