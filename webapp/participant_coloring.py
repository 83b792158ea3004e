"""The study site where people color photos: points as they are set, the result, recommended colors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from evalsuite.errors import UserError
from evalsuite.images import Resize
from evalsuite.studio.asking import points_from_json, whole
from evalsuite.studio.client import Away, Canvas
from turk import coloring
from turk.coloring import Clock, Painting
from turk.painting import MOST_EVENTS
from turk.refusals import Refused
from turk.store import Store
from turk.untrusted import flag, items
from webapp.participant import keep_private, refused, step_json
from webapp.participant_requests import KEY_HEADER, body_of, ticket
from webapp.studio import ask_studio, png, recommended_json

blueprint = Blueprint("participant_coloring", __name__)
blueprint.after_request(keep_private)
blueprint.register_error_handler(Refused, refused)


@blueprint.post("/api/photos/<nonce>/open")
def open_photo(nonce: str) -> Response:
    """Show a photo: its time begins now, and not before somebody is there who colors."""
    body_of(request, ())
    who = ticket(request)
    colorizer = None if coloring.is_opened(_store(), who, nonce) else _colorizer()
    return jsonify({"step": step_json(coloring.open_photo(_store(), who, nonce, colorizer))})


@blueprint.put("/api/photos/<nonce>/events")
def events(nonce: str) -> Response:
    """What was done to points; it is on disk before this returns."""
    body = body_of(request, {"events"}, {"elapsed_ms"})
    kept = coloring.keep_events(_store(), ticket(request), nonce, body["events"], _clock(body))
    return jsonify({"events": kept.events, "remaining_ms": kept.remaining_ms})


@blueprint.put("/api/photos/<nonce>")
def hand_in(nonce: str) -> Response:
    """A photo is done, or its time is over."""
    body = body_of(request, {"events", "ended"}, {"elapsed_ms"})
    return jsonify({"step": step_json(coloring.hand_in(_store(), ticket(request), nonce, body, _clock(body)))})


@blueprint.post("/api/photos/<nonce>/picture")
def picture(nonce: str) -> Response:
    """The photo as its points color it."""
    body = body_of(request, {"points"}, {"draft", "yields"})
    draft, yields = (flag(body.get(name, False), name) for name in ("draft", "yields"))
    points = _asked(points_from_json, items(body["points"], "points", MOST_EVENTS))
    shown = coloring.painting(_store(), ticket(request), nonce)
    colorizer = shown.colorizer or ""
    how = {"draft": draft, "yields": yields}
    return png(_asked(ask_studio, lambda studio: studio.color(_canvas(shown), points, colorizer, **how)))


@blueprint.post("/api/photos/<nonce>/colors")
def colors(nonce: str) -> Response:
    """Colors that are recommended at a pixel, where the photo's condition has them."""
    body = body_of(request, {"x", "y", "points"})
    shown = coloring.painting(_store(), ticket(request), nonce)
    if not shown.recommended:
        raise Refused("step", "No colors are recommended for this photo.")
    points = _asked(points_from_json, items(body["points"], "points", MOST_EVENTS))
    x, y = (_asked(whole, body[name], name) for name in ("x", "y"))
    count = shown.recommended
    found = _asked(ask_studio, lambda studio: studio.recommend(_canvas(shown), x, y, count, points))
    return jsonify(recommended_json(found))


def _asked(ask: Any, *arguments: Any) -> Any:
    """Ask for something; what is wrong with the question is told as a refusal."""
    try:
        return ask(*arguments)
    except (Away, Refused):
        raise
    except UserError as error:
        raise Refused("bad", str(error)) from None


def _colorizer() -> str | None:
    """What will show the result; synthetic participants need nobody who shows it."""
    try:
        return next(iter(ask_studio(lambda studio: studio.methods())), None)
    except Away:
        if request.headers.get(KEY_HEADER) is None:
            raise
        return None


def _canvas(shown: Painting) -> Canvas:
    """Files of stimuli are called by their sha256."""
    return Canvas(shown.photo.stem, shown.photo.read_bytes, Resize("native", 0))


def _clock(body: Mapping[str, Any]) -> Clock:
    return Clock(body.get("elapsed_ms"), request.headers.get(KEY_HEADER))


def _store() -> Store:
    made: Store = current_app.extensions["store"]
    return made
