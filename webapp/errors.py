"""What visitors are told when something goes wrong: one sentence, as a page or as JSON."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, current_app, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from evalsuite.errors import UserError
from evalsuite.studio.client import Away
from webapp.config import MAX_REQUEST_BYTES
from webapp.reading import SLOW
from webapp.security import dashboard_headers

HEADINGS = {404: "Not here", 401: "Who are you?", 403: "Not for you", 500: "Our mistake", 503: "Too slow"}
SENTENCES = {
    400: "The request could not be understood. Go back and try again.",
    401: "This page is for people with an access token. Open the address that `webapp serve` printed, or ask for one.",
    403: "Your access does not reach this page. Ask an administrator for another role.",
    404: "There is no such page. It may have moved: start again from the first page.",
    405: "This address does not take that kind of request. Go back and use the page's own buttons.",
    413: f"The request is too large: {MAX_REQUEST_BYTES} bytes at most. Send less.",
    500: "The site made a mistake; it is in the log and your data are safe. Try again, and report it if it stays.",
    503: SLOW,
}


def register(app: Flask) -> None:
    """Let the app answer errors with sentences."""
    app.register_error_handler(UserError, _mistake)
    app.register_error_handler(Away, _away)
    app.register_error_handler(HTTPException, _refusal)
    app.register_error_handler(Exception, _bug)


def told(status: int, sentence: str) -> Response:
    """Say one sentence with that status, as JSON below /api and where only JSON is read, else as a page."""
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        response = jsonify({"error": sentence})
    else:
        heading = HEADINGS.get(status, "That did not work")
        page = render_template("error.html", status=status, heading=heading, sentence=sentence)
        response = make_response(page)
    response.status_code = status
    if request.blueprint is None:
        dashboard_headers(response, current_app.extensions["config"].secure)
    return response


def _mistake(error: UserError) -> Response:
    return told(400, str(error))


def _for_programs() -> bool:
    return "." in request.path or request.path.startswith("/api/")


def _away(error: Away) -> Response:
    response = told(503, str(error))
    response.headers["Retry-After"] = "3"
    return response


def _refusal(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    if status == 401 and request.method == "GET" and not _for_programs() and request.blueprint == "dashboard":
        return redirect(f"/login?next={quote(request.full_path.rstrip('?'))}")
    own = error.description if error.description and error.description != type(error).description else None
    response = told(status, own or SENTENCES.get(status, error.name + "."))
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers.set(name, value)
    return response


def _bug(error: Exception) -> Response:
    current_app.logger.exception("%s %s", request.method, request.path, exc_info=error)
    return told(500, SENTENCES[500])
