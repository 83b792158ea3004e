"""What the workers' and the participants' sites have in common: pages that are JSON for programs, and their guards."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from threading import RLock
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from turk.emulator.admin import plain
from turk.emulator.serving import from_here, guard

FOLDER = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src *; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)
Page = Callable[..., Any]


def make_site(cookie: str) -> Flask:
    """Make an app for a site of people: templates, headers, and a session that ends with the process."""
    app = Flask(__name__, template_folder=str(FOLDER / "templates"), static_folder=str(FOLDER / "static"))
    app.secret_key = secrets.token_bytes(32)
    # Cookies do not know ports: each site has a name of its own for its.
    app.config.update(SESSION_COOKIE_NAME=cookie, SESSION_COOKIE_SAMESITE="Lax")
    app.config["MAX_CONTENT_LENGTH"] = 2_000_000
    guard(app)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def show(template: str, data: dict[str, Any], **more: Any) -> Response:
    """Answer with a page, or with its data as JSON."""
    if wants_json():
        return jsonify(plain(data))
    return Response(render_template(template, **data, **more))


def wants_json() -> bool:
    """Tell whether a program asks."""
    return request.accept_mimetypes.best == "application/json"


def go(address: str, data: dict[str, Any]) -> AnyResponse:
    """Send a browser on, or answer a program."""
    return jsonify(plain(data)) if wants_json() else redirect(address, 303)


def elsewhere() -> Response | None:
    """Refuse a form that another site's page sends."""
    if request.method == "POST" and not from_here():
        return Response("Another site's page cannot do this.\n", 403, mimetype="text/plain")
    return None


def for_people(find: Callable[[], Any], lock: RLock, page: Page) -> Page:
    """Let only people in who are logged in, one request at a time, and no other site's forms."""

    @wraps(page)
    def guarded(**values: str) -> Any:
        refusal = elsewhere()
        if refusal:
            return refusal
        with lock:
            person = find()
            if person is None:
                return (jsonify({"error": "Log in first."}), 401) if wants_json() else redirect(url_for("login"), 303)
            return page(person, **values)

    return guarded
