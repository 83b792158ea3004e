"""The ways in and out: the token's form, share links, and the list of them."""

from __future__ import annotations

from flask import Blueprint, Request, abort, current_app, g, make_response, redirect, render_template, request
from sqlalchemy import Engine
from werkzeug.wrappers import Response as AnyResponse

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from webapp.access import Role, Visitor
from webapp.config import Config
from webapp.identity import keep_share, let_in, let_out
from webapp.parameters import whole
from webapp.reading import reading
from webapp.shares import DAYS, all_shares, make_share, open_shares, revoke_share, sign, state_of, unsign

SHARING: Role = "researcher"
"""Who may open a view to people without a token."""


def settings() -> Config:
    """The app's settings."""
    config: Config = current_app.extensions["config"]
    return config


def reader() -> Engine:
    """The app's database as pages read it."""
    found: Engine = current_app.extensions["reader"]
    return found


def writer() -> Engine:
    """The app's database, to write into."""
    found: Engine = current_app.extensions["engine"]
    return found


def require(role: Role) -> Visitor:
    """Return the visitor if they have that role.

    Raises:
        Unauthorized: Nobody knows who asks.
        Forbidden: The visitor's role is lower.
    """
    visitor: Visitor = g.visitor
    if not visitor.may(role):
        abort(401 if visitor.role == "anonymous" else 403)
    return visitor


def add_doors(blueprint: Blueprint) -> None:
    """Add the routes to the dashboard's blueprint."""
    blueprint.add_url_rule("/login", view_func=login, methods=["GET", "POST"])
    blueprint.add_url_rule("/logout", view_func=logout, methods=["POST"])
    blueprint.add_url_rule("/s/<signed>", view_func=open_share)
    blueprint.add_url_rule("/shares", view_func=shares)
    blueprint.add_url_rule("/shares", view_func=add_share, methods=["POST"], endpoint="add_share")
    blueprint.add_url_rule("/shares/<int:key>/revoke", view_func=end_share, methods=["POST"])


def login() -> AnyResponse:
    """Take a token in exchange for a cookie; the printed address fills in the form."""
    config = settings()
    target = _local(request.values.get("next", "/"))
    if request.method == "POST":
        response = make_response(redirect(target, 303))
        if let_in(response, request, config, reader()):
            return response
    wrong = request.method == "POST"
    page = render_template("login.html", next=target, token=request.args.get("token", ""), wrong=wrong)
    return make_response(page, 401 if wrong else 200)


def logout() -> AnyResponse:
    """Forget who asks."""
    response = make_response(redirect("/login", 303))
    let_out(response, request, settings())
    return response


def open_share(signed: str) -> AnyResponse:
    """Open a share link: remember it, and go to the view."""
    config = settings()
    key = unsign(signed, config.secret_key)
    with reading(reader()) as session:
        found = open_shares(session, [key] if key is not None else [])
        if not found:
            abort(404, description="This link has ended, or never was. Ask whoever gave it to you for a new one.")
        response = make_response(redirect(found[0].address, 303))
        keep_share(response, request, config, found[0].id)
    return response


def shares() -> str:
    """List the share links."""
    require(SHARING)
    config = settings()
    with reading(reader()) as session:
        rows = [
            {"link": public_address(request, config, f"/s/{sign(row.id, config.secret_key)}"), "row": row,
             "state": state_of(row, now())}
            for row in all_shares(session)
        ]  # fmt: skip
        return render_template("shares.html", rows=rows, new=whole(request.args.get("new", "")))


def add_share() -> AnyResponse:
    """Make a link to the view that the form came from."""
    visitor = require(SHARING)
    address = _local(request.form.get("address", ""))
    days = whole(request.form.get("days", "")) or DAYS[0]
    with session_scope(writer()) as session:
        row = make_share(session, address, visitor.name, days)
        return redirect(f"/shares?new={row.id}", 303)


def end_share(key: int) -> AnyResponse:
    """End a link."""
    require(SHARING)
    with session_scope(writer()) as session:
        revoke_share(session, key)
    return redirect("/shares", 303)


def public_address(asked: Request, config: Config, path: str) -> str:
    """The address of a page as others can type it."""
    return (config.public_url or asked.host_url.rstrip("/")) + path


def _local(address: str) -> str:
    """Refuse to send anybody to another site."""
    if not address.startswith("/") or address.startswith("//") or "\\" in address or not address.isprintable():
        raise UserError(f"next: an address on this site; got {address!r}. Start from the first page.")
    return address
