"""Where recruiters tell that something happened. What they say is a hint: it changes no place and no money."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from turk.hearing import hear_prolific, hear_sns
from turk.refusals import Refused
from turk.store import Store
from webapp.doors import settings
from webapp.participant_headers import plain_headers

blueprint = Blueprint("notifications", __name__, url_prefix="/notifications")

LARGEST = 300_000
"""SNS sends 256 KiB at most."""


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """Nothing here is kept on its way."""
    return plain_headers(response)


@blueprint.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """Say in one sentence why not."""
    response = jsonify({"error": str(error)})
    response.status_code = 503 if error.kind == "no_place" else 403
    return response


@blueprint.post("/sns")
def sns() -> Response:
    """A message of Amazon SNS, to which MTurk's notifications go."""
    hear_sns(_store(), _body(), settings().sns_topics)
    return jsonify({})


@blueprint.post("/prolific")
def prolific() -> Response:
    """An event of Prolific's."""
    secret = settings().prolific_webhook_secret
    if secret is None:
        raise Refused("bad", "PROLIFIC_WEBHOOK_SECRET: not set on this site, so that no event can be checked.")
    headers = request.headers
    stamp = headers.get("X-Prolific-Request-Timestamp", "")
    hear_prolific(_store(), _body(), stamp, headers.get("X-Prolific-Request-Signature", ""), secret)
    return jsonify({})


def _body() -> bytes:
    request.max_content_length = LARGEST
    return request.get_data(cache=False)


def _store() -> Store:
    store: Store = current_app.extensions["store"]
    return store
