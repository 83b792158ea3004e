"""Addresses that Prolific has signed: a token says who was sent, and to which study."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jwt
from sqlalchemy.orm import Session

from turk.hearing_tables import PublicKeyRow
from turk.paying_tables import RecruitmentRow
from turk.refusals import Refused

PROLIFIC = "https://api.prolific.com"
KEY_SET = "/.well-known/study/jwks.json"
AGAIN = "Open the study from Prolific again."
LEEWAY_S = 30.0


def key_set_address(endpoint: str | None) -> str:
    """Where a Prolific server has the keys of its tokens."""
    return f"{endpoint or PROLIFIC}{KEY_SET}"


def check_signed(db: Session, study_id: int, name: str, query: Mapping[str, Any], at: datetime, *, known: bool) -> None:
    """Check the token that came with an address, if one did and the keys were fetched by `turk launch` or `turk sync`.

    Args:
        db: An open transaction.
        study_id: The study's key.
        name: The study's name, the end of its address.
        query: The address's parameters.
        at: Now.
        known: Whether this person's session is there already: then the token may be old, as after a reload.

    Raises:
        Refused: The token is not Prolific's, of another study or submission or person, or older than two minutes.

    Source:
        docs.prolific.com, "Create a draft study", is_external_study_url_secure: RS256, the audience is the study's
        address, the subject the submission.
    """
    token = query.get("prolific_token")
    recruitment = db.get(RecruitmentRow, study_id)
    if token is None or recruitment is None:
        return
    keys = db.get(PublicKeyRow, key_set_address(recruitment.endpoint))
    if keys is None:
        return
    claims = _claims(str(token), keys.value)
    _check_who(claims, name, query)
    if not known and _seconds(claims.get("exp")) + LEEWAY_S < at.timestamp():
        raise Refused("bad", f"prolific_token: it was good for two minutes, and they are over. {AGAIN}")


def _claims(token: str, keys: str) -> Mapping[str, Any]:
    try:
        named = jwt.get_unverified_header(token).get("kid")
        known = {one["kid"]: one for one in json.loads(keys)["keys"]}
        # Times are looked at by our own clock; the audience has parameters of its own.
        options: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False}
        claims: Mapping[str, Any] = jwt.decode(token, jwt.PyJWK(known[named]), algorithms=["RS256"], options=options)
    except (jwt.PyJWTError, ValueError, KeyError, TypeError):
        raise Refused("bad", f"prolific_token: Prolific's signature is expected; got another. {AGAIN}") from None
    return claims


def _check_who(claims: Mapping[str, Any], name: str, query: Mapping[str, Any]) -> None:
    said = claims.get("prolific")
    told = {**said} if isinstance(said, dict) else {}
    told["SESSION_ID"] = claims.get("sub")
    names = ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")
    same = all(name not in told or told[name] == query.get(name) for name in names)
    if not same or urlsplit(str(claims.get("aud"))).path.rstrip("/") != f"/study/{name}":
        raise Refused("bad", f"prolific_token: it was made for another person, submission or study. {AGAIN}")


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
