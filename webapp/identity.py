"""Who a request comes from: a proxy's word, a token, or the cookie that was made from one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from flask import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Engine

from webapp.access import Role, Visitor
from webapp.config import Config
from webapp.reading import ask
from webapp.tokens import find_token, hash_of, holder, same, token_by_id

OWNER = Visitor("admin", "owner")
"""Whoever has the token that the server printed when it started."""
DAY_S = 24 * 60 * 60
SESSION_DAYS = 30
SHARES_DAYS = 365
MOST_SHARES = 8
SESSION, SHARES = "session", "shares"


def visitor_of(request: Request, config: Config, reader: Engine) -> Visitor:
    """Find out who asks; anonymous where nothing speaks for them."""
    found = _named_by_proxy(request, config) or _with_token(request, config, reader)
    found = found or _with_cookie(request, config, reader) or Visitor()
    return replace(found, shares=tuple(_read(request, config, SHARES, SHARES_DAYS)))


def let_in(response: Response, request: Request, config: Config, reader: Engine) -> bool:
    """Give a visitor whose form has a good token a cookie; say whether it was good."""
    token = request.form.get("token", "").strip()
    if same(token, config.access_token):
        kept: list[int | str] = [hash_of(token)[:32]]
    else:
        row = ask(reader, partial(find_token, token=token))
        if row is None:
            return False
        kept = [row.id]
    _write(response, request, config, SESSION, kept)
    return True


def let_out(response: Response, request: Request, config: Config) -> None:
    """Take the cookies back."""
    for kind in (SESSION, SHARES):
        response.delete_cookie(_cookie(request, config, kind), secure=config.secure, httponly=True, samesite="Lax")


def keep_share(response: Response, request: Request, config: Config, key: int) -> None:
    """Remember a share link that a visitor opened, and the few before it."""
    before = [kept for kept in _read(request, config, SHARES, SHARES_DAYS) if kept != key]
    _write(response, request, config, SHARES, [*before, key][-MOST_SHARES:])


def _named_by_proxy(request: Request, config: Config) -> Visitor | None:
    """Believe X-Forwarded-User of a proxy that is known by its address, and of nobody else."""
    name, proxied = request.headers.get("X-Forwarded-User"), request.environ.get("werkzeug.proxy_fix.orig", {})
    peer = proxied.get("REMOTE_ADDR", request.remote_addr)
    if not name or peer not in config.proxy_peers:
        return None
    role = (config.proxy_roles or {}).get(name, (config.proxy_roles or {}).get("*"))
    return None if role is None else Visitor(cast("Role", role), name)


def _with_token(request: Request, config: Config, reader: Engine) -> Visitor | None:
    """Programs send their token as `Authorization: Bearer TOKEN`."""
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        return None
    if same(given.token, config.access_token):
        return OWNER
    row = ask(reader, partial(find_token, token=given.token))
    return None if row is None else holder(row)


def _with_cookie(request: Request, config: Config, reader: Engine) -> Visitor | None:
    kept = _read(request, config, SESSION, SESSION_DAYS)
    if not kept:
        return None
    if isinstance(kept[0], str):
        return OWNER if config.access_token and kept[0] == hash_of(config.access_token)[:32] else None
    row = ask(reader, partial(token_by_id, key=kept[0]))
    return None if row is None else holder(row)


def _cookie(request: Request, config: Config, kind: str) -> str:
    """A cookie's name.

    Browsers send cookies to all ports of a host, so that two servers on one machine need two names. The prefix __Host-
    makes them insist on HTTPS and on this very host (RFC 6265bis).
    """
    if config.secure:
        return f"__Host-{kind}"
    return f"{kind}-{request.environ.get('SERVER_PORT', '')}"


def _read(request: Request, config: Config, kind: str, days: int) -> list[Any]:
    text = request.cookies.get(_cookie(request, config, kind), "")
    try:
        kept = URLSafeTimedSerializer(config.secret_key, salt=kind).loads(text, max_age=days * DAY_S)
    except BadSignature:
        return []
    return kept if isinstance(kept, list) else []


def _write(response: Response, request: Request, config: Config, kind: str, kept: Sequence[int | str]) -> None:
    text = str(URLSafeTimedSerializer(config.secret_key, salt=kind).dumps(list(kept)))
    days = SESSION_DAYS if kind == SESSION else SHARES_DAYS
    name = _cookie(request, config, kind)
    response.set_cookie(name, text, days * DAY_S, secure=config.secure, httponly=True, samesite="Lax")
