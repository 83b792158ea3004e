"""The engine of the dashboard: every page in every form, for those who may see it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from evalsuite.store import data_version
from webapp.access import Visitor
from webapp.coloring import add_coloring
from webapp.doors import SHARING, add_doors, public_address, reader, settings
from webapp.forms import TYPES, bib_text, csv_text, json_text, tex_text
from webapp.identity import visitor_of
from webapp.page import Answer, Asked, Form, Page, Shorter
from webapp.pictures import add_pictures
from webapp.reading import reading
from webapp.security import dashboard_headers, refuse_forged
from webapp.shares import DAYS, open_shares
from webapp.stimuli import add_stimuli
from webapp.tables import ShareRow

TEXTS = frozenset(kind.partition(";")[0] for kind in TYPES.values())
SMALL = 1000
"""Bytes below which compressing gains nothing."""


@dataclass(frozen=True)
class Request:
    """A page that was asked for, and what is known before it is made."""

    asked: Asked
    address: str
    share: ShareRow | None
    version: object


def make_blueprint(pages: Mapping[str, Page]) -> Blueprint:
    """Make the dashboard's routes: each page in each of its forms, and the doors."""
    blueprint = Blueprint("dashboard", __name__)
    blueprint.before_request(_meet)
    blueprint.after_request(_headers)
    blueprint.context_processor(lambda: _frame(pages))
    for page in pages.values():
        for form in page.forms:
            path = page.address({part: f"<int:{part}>" for part in page.parts}, form)
            blueprint.add_url_rule(path, f"{page.name}_{form}", _view(page, pages, form))
    add_doors(blueprint)
    add_pictures(blueprint)
    add_coloring(blueprint)
    add_stimuli(blueprint)
    return blueprint


def _meet() -> None:
    refuse_forged(request)
    g.visitor = visitor_of(request, settings(), reader())


def _frame(pages: Mapping[str, Page]) -> dict[str, Any]:
    """What the frame of every page shows, also of those that are none of `pages`: who looks, and where they may go."""
    visitor: Visitor | None = g.get("visitor")
    if visitor is None:
        return {}
    open_to = [page for page in pages.values() if page.order is not None and visitor.may(page.role)]
    return {"visitor": visitor, "navigation": sorted(open_to, key=lambda page: page.order or 0)}


def _headers(response: Response) -> Response:
    if response.status_code == 200 and not response.is_streamed and str(response.mimetype) in TEXTS:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"] and len(response.get_data()) > SMALL:
            response.set_data(gzip.compress(response.get_data(), 5, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
    return dashboard_headers(response, settings().secure)


def _view(page: Page, pages: Mapping[str, Page], form: Form) -> Callable[..., AnyResponse]:
    def view(**parts: int) -> AnyResponse:
        texts = page.texts(list(request.args.items(multi=True)))
        canonical = page.address({**texts, **parts}, form)
        if canonical.partition("?")[2] != request.query_string.decode("latin-1"):
            return redirect(canonical)
        with reading(reader()) as session:
            share = _allow(page, page.address({**texts, **parts}), session)
            asked = Asked(page, pages, parts, texts, page.values(texts), session, form)
            try:
                if page.read is not None:
                    asked = replace(asked, found=page.read(asked))
                return _answered(Request(asked, canonical, share, page.version(session)))
            except Shorter as shorter:
                return redirect(shorter.args[0])

    return view


def _allow(page: Page, address: str, session: Session) -> ShareRow | None:
    """Let the visitor see the page by their role, or by a share link, which is returned.

    Raises:
        Unauthorized: Nobody knows who asks.
        Forbidden: The visitor may not see it.
    """
    visitor: Visitor = g.visitor
    if visitor.may(page.role):
        return None
    for share in open_shares(session, visitor.shares) if page.role == "viewer" and page.shared else ():
        if share.address == address:
            return share
    abort(401 if visitor.role == "anonymous" else 403)


def _answered(made: Request) -> AnyResponse:
    form = made.asked.form
    of_visitor = (made.address, g.visitor, made.share and made.share.id)
    mark = (current_app.extensions["revision"], made.version, made.asked.found, *of_visitor)
    etag = hashlib.sha256(repr(mark).encode()).hexdigest()[:24]
    if request.if_none_match.contains_weak(etag):
        response = make_response("", 304)
    else:
        answer = made.asked.page.answer(made.asked)
        response = make_response(_page(made, answer) if form == "html" else _text(made, answer))
        response.headers["Content-Type"] = TYPES[form]
    response.set_etag(etag, weak=True)
    if made.share is not None:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def _text(made: Request, answer: Answer) -> str:
    address = public_address(request, settings(), made.address)
    if made.asked.form == "json":
        return json_text(answer, address)
    if made.asked.form == "csv":
        return csv_text(answer)
    if made.asked.form == "bib":
        return bib_text(answer)
    return tex_text(answer, address, made.version)


def _page(made: Request, answer: Answer) -> str:
    asked, visitor = made.asked, g.visitor
    return render_template(
        f"{asked.page.name}.html",
        answer=answer,
        asked=asked,
        data=answer.data,
        here=asked.here,
        to=asked.to,
        share=made.share,
        share_days=DAYS if asked.page.shared and visitor.may(SHARING) else (),
        shared_since=made.share and data_version(asked.session) - made.share.data_version,
        version=made.version,
        **answer.context,
    )
