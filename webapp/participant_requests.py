"""What participants' browsers send, taken apart without trust."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from turk.refusals import Refused
from turk.untrusted import nonce
from turk.visits import Ticket

LARGEST = 64 * 1024
TAB_HEADER = "X-Tab"
KEY_HEADER = "X-Synthetic-Key"
TOKEN_LENGTH = 100


def ticket(request: Request) -> Ticket:
    """Read the session's token and the tab's name.

    Raises:
        Refused: There is no token, or the tab has no proper name.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token or len(token) > TOKEN_LENGTH or not token.isascii():
        raise Refused("no_session", "This needs the token of a session. Open the study's address again.")
    return Ticket(token, nonce(request.headers.get(TAB_HEADER), TAB_HEADER))


def body_of(request: Request, needed: Collection[str] | None, optional: Collection[str] = ()) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        request: At most LARGEST bytes are read.
        needed: Names that must be there; None where the reader takes any.
        optional: Names that may be there.

    Raises:
        Refused: It is no JSON object with these names.
        RequestEntityTooLarge: It is too large.
    """
    request.max_content_length = LARGEST
    if request.mimetype != "application/json":
        raise Refused("bad", "The request's Content-Type is application/json; got another. Load the page again.")
    try:
        body = json.loads(request.get_data(cache=False))
    except RequestEntityTooLarge:
        raise
    except (ValueError, RecursionError):
        raise Refused("bad", "The request is no JSON. Load the page again.") from None
    if not isinstance(body, dict):
        raise Refused("bad", "The request is an object of JSON; got something else. Load the page again.")
    return body if needed is None else _named(body, set(needed), set(optional))


def _named(body: dict[str, Any], needed: set[str], optional: set[str]) -> dict[str, Any]:
    missing = sorted(needed - set(body))
    if missing:
        raise Refused("bad", f"{missing[0]}: missing in the request. Load the page again.")
    if set(body) - needed - optional:
        known = ", ".join(sorted(needed | optional)) or "none"
        raise Refused("bad", f"The request has a name that is not known here; known: {known}. Load the page again.")
    return body
