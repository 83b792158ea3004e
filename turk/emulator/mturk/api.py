"""POST /: the Requester API over HTTP, JSON 1.1."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from botocore.model import OperationModel
from flask import Blueprint, Response, current_app, request

from turk.emulator.ledger import NotEnough
from turk.emulator.mturk.calls import Answer, Call
from turk.emulator.mturk.errors import ServiceError, insufficient_funds, service_fault, throttled
from turk.emulator.mturk.lifecycle import catch_up
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.model import operation, read, write
from turk.emulator.mturk.operations import (
    assignments,
    hit_changes,
    hit_types,
    hits,
    notifications,
    qualification_types,
    qualifications,
    workers,
)
from turk.emulator.mturk.sigv4 import Request, caller

MODULES = (hits, hit_changes, hit_types, assignments, qualification_types, qualifications, workers, notifications)
OPERATIONS = {name: function for module in MODULES for name, function in module.OPERATIONS.items()}
JSON = "application/x-amz-json-1.1"


def make_api(market: Market) -> Blueprint:
    """Make the routes of the API and of SNS's side addresses."""
    api = Blueprint("mturk_api", __name__)

    @api.post("/")
    def call() -> Response:
        return answer_request(market)

    @api.get("/_sns/certificate.pem")
    def certificate() -> Response:
        return Response(market.topics.certificate(), mimetype="application/x-pem-file")

    @api.get("/_sns/confirm")
    def confirm() -> Response:
        with market.lock:
            known = market.topics.confirm(request.args.get("Token", ""))
        return Response("Confirmed.\n" if known else "Unknown token.\n", 200 if known else 404, mimetype="text/plain")

    return api


def answer_request(market: Market) -> Response:
    """Answer the current request, errors included."""
    request_id = str(uuid.uuid4())
    try:
        model = operation(request.headers.get("X-Amz-Target", ""))
        body = _answer(market, model, request_id)
        response = Response(json.dumps(body), mimetype=JSON)
    except NotEnough:
        response = _error(market, insufficient_funds())
    except ServiceError as error:
        response = _error(market, error)
    except Exception:
        # A bug of ours must not look like a documented answer.
        current_app.logger.exception("emulator: the operation failed")
        response = _error(market, ServiceError("InternalFailure", "The emulator has a bug; see its log.", status=500))
    response.headers["x-amzn-RequestId"] = request_id
    return response


def _answer(market: Market, model: OperationModel, request_id: str) -> Any:
    owner = caller(_signed(), market.options.credentials)
    slow = market.faults.draw("slow", model.name)
    if slow:
        time.sleep(slow.seconds)
    if market.faults.draw("throttle", model.name):
        raise throttled()
    if market.faults.draw("error_before", model.name):
        raise service_fault()
    parameters = read(_parse(request.get_data()), model.input_shape)
    with market.lock:
        catch_up(market)
        market.account(owner)
        answer: Answer = OPERATIONS[model.name](Call(market, owner, request_id, model.name), parameters)
        body = write(answer, model.output_shape)
    if market.faults.draw("error_after", model.name):
        raise service_fault()
    return body


def _signed() -> Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, request.path, request.query_string.decode(), headers, request.get_data())


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", "The body must be a JSON document.") from error


def _error(market: Market, error: ServiceError) -> Response:
    name = "Message" if error.code else "message"
    # The live service ends its messages with the time in milliseconds; the sandbox adds an s.
    stamp = f" ({int(market.time.clock.now().timestamp() * 1000)} s)" if error.code else ""
    body = {"__type": error.kind, name: f"{error.message}{stamp}"}
    if error.code:
        body["TurkErrorCode"] = error.code
    return Response(json.dumps(body), error.status, mimetype=JSON, headers={"x-amzn-ErrorType": error.kind})
