"""The API over HTTP, JSON under /api/v1, and the key set of the signed addresses."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from turk.emulator.ledger import NotEnough
from turk.emulator.prolific.calls import Answer, Call, Endpoint
from turk.emulator.prolific.endpoints import bonuses, groups, hooks, messages, studies, submissions, workspaces
from turk.emulator.prolific.errors import ApiError, insufficient_funds
from turk.emulator.prolific.lifecycle import catch_up
from turk.emulator.prolific.workspace import Workspace

ENDPOINTS = tuple(
    endpoint
    for module in (studies, submissions, bonuses, groups, hooks, messages, workspaces)
    for endpoint in module.ENDPOINTS
)
BASE = "/api/v1"


def make_api(workspace: Workspace) -> Blueprint:
    """Make the routes."""
    api = Blueprint("prolific_api", __name__)
    for endpoint in ENDPOINTS:
        view = _view(workspace, endpoint)
        api.add_url_rule(BASE + endpoint.path, endpoint.operation, view, methods=[endpoint.method])

    @api.get("/.well-known/study/jwks.json")
    def key_set() -> Response:
        return jsonify(workspace.signer.key_set())

    return api


def explain_missing(app: Flask) -> None:
    """Answer in the documented envelope where there is no such address, or not with this method."""

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> Response:
        if not request.path.startswith(BASE):
            return Response(f"{error.description}\n", error.code, mimetype="text/plain")
        status = error.code if error.code in (404, 405) else 400
        return _write(ApiError(status, f"The emulator has no {request.method} {request.path}."))


def _view(workspace: Workspace, endpoint: Endpoint) -> Callable[..., Response]:
    def view(**keys: str) -> Response:
        try:
            answer = _answer(workspace, endpoint, keys)
        except NotEnough:
            return _write(insufficient_funds())
        except ApiError as error:
            return _write(error)
        except Exception:
            # A bug of ours must not look like a documented answer.
            current_app.logger.exception("emulator: the operation failed")
            return _write(ApiError(500, "The emulator has a bug; see its log."))
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        return Response(body, answer.status, mimetype="application/json", headers=list(answer.headers))

    return view


def _write(error: ApiError) -> Response:
    return Response(json.dumps(error.body()), error.status, mimetype="application/json")


def _answer(workspace: Workspace, endpoint: Endpoint, keys: dict[str, str]) -> Answer:
    _check_token(workspace.options.token)
    faults = workspace.faults
    slow = faults.draw("slow", endpoint.operation)
    if slow:
        time.sleep(slow.seconds)
    if faults.draw("throttle", endpoint.operation):
        raise ApiError(429, "Request was throttled.")
    if faults.draw("error_before", endpoint.operation):
        raise ApiError(502, "The service is out of order.")
    call = Call(workspace, _read_body(), request.args.to_dict())
    with workspace.lock:
        catch_up(workspace)
        answer = endpoint.function(call, **keys)
    if faults.draw("error_after", endpoint.operation):
        raise ApiError(502, "The service is out of order.")
    return answer


def _check_token(token: str | None) -> None:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind != "Token" or not given or (token and not hmac.compare_digest(given.encode(), token.encode())):
        raise ApiError(401, "Authentication credentials were not provided, or are wrong.")


def _read_body() -> dict[str, Any]:
    if request.method == "GET" or not request.get_data():
        return {}
    try:
        body = json.loads(request.get_data())
    except ValueError as error:
        raise ApiError(400, "The body must be a JSON document.") from error
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be a JSON object.")
    return body
