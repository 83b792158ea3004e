"""The study site: what participants see and send. No cookie is set; a session is known by its token alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from turk import addresses, answers, entering, sessions
from turk.arrivals import arrive
from turk.refusals import Refused
from turk.registry import colorings
from turk.steps import Step
from turk.store import Store
from turk.visits import Ticket
from webapp import demonstration
from webapp.config import Config
from webapp.participant_headers import page_headers, plain_headers
from webapp.participant_requests import KEY_HEADER, body_of, ticket
from webapp.participant_texts import choose_locale, known_study, other_locales, page_texts

blueprint = Blueprint("participant", __name__)

STATUS = {
    "bad": 400, "no_session": 401, "unknown": 404, "moved": 409, "step": 409, "conflict": 409, "early": 422,
    "closed": 410, "no_place": 409, "already": 409,
}  # fmt: skip
"""What is wrong to the answer's status."""


@blueprint.record
def keep_store(state: BlueprintSetupState) -> None:
    """Make what the study's events are handed, once for an app."""
    config: Config = state.app.extensions["config"]
    state.app.extensions["store"] = Store(
        engine=state.app.extensions["engine"],
        secret=config.secret_key,
        synthetic_key=config.synthetic_key,
        submit_origins=config.recruiter_origins,
        rehearsal=config.rehearsal,
        prolific_site=config.prolific_site,
    )


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """Nothing of a session is kept anywhere on its way; a page's own headers are set where it is made."""
    return plain_headers(response, current_app.extensions["config"].secure)


@blueprint.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """Say in one sentence why not."""
    status = STATUS[error.kind]
    if request.path.startswith("/study/"):
        response = make_response(render_template("participant/stopped.html", sentence=str(error)), status)
        return page_headers(response, "link", ())
    said: dict[str, Any] = {"error": str(error), "kind": error.kind, "moved": error.kind == "moved"}
    if error.departure is not None:
        said["departure"] = dict(error.departure)
    response = jsonify(said)
    response.status_code = status
    return response


@blueprint.get("/study/<name>")
def study(name: str) -> Response:
    """The page on which a whole session takes place, or a demonstration of it for those who only look."""
    store = _store()
    known = known_study(store, name)
    locale = choose_locale(known, request)
    preview = arrive(known.recruiter, request.args, store.submit_origins).preview
    page = render_template(
        "participant/study.html",
        study=known,
        locale=locale,
        locales=other_locales(known, locale, request),
        texts=page_texts(known, locale),
        script="preview.js" if preview else "main.js",
        coloring=known.study.protocol in colorings(),
        preview=demonstration.step_of(known, _static) if preview else None,
    )
    return page_headers(make_response(page), known.recruiter, store.submit_origins, known.images)


@blueprint.post("/api/studies/<name>/enter")
def enter(name: str) -> Response:
    """Let somebody in, or in again."""
    body = body_of(request, {"query", "tab"}, {"locale", "synthetic"})
    entry = entering.Entry(
        query=_object(body["query"], "query"),
        tab=body["tab"],
        locale=body.get("locale", "en"),
        synthetic=_synthetic(body.get("synthetic")),
    )
    known_study(_store(), name)
    entered = entering.enter(_store(), name, entry)
    return jsonify({"token": entered.token, "step": step_json(entered.step)})


@blueprint.get("/api/session")
def session() -> Response:
    """Where a session stands; the tab that asks has it from now on."""
    locale = request.args.get("locale")
    return _stepped(lambda store, who: sessions.resume(store, who, locale))


@blueprint.post("/api/session/device")
def device() -> Response:
    """What the browser tells of its device."""
    body = body_of(request, None)
    return _stepped(lambda store, who: sessions.device(store, who, body))


@blueprint.post("/api/session/consent")
def consent() -> Response:
    """Whether a participant agrees, and to which text."""
    body = body_of(request, {"version", "agree"})
    return _stepped(lambda store, who: sessions.consent(store, who, body["version"], body["agree"]))


@blueprint.post("/api/session/color-vision")
def color_vision() -> Response:
    """What a participant says of their color vision."""
    body = body_of(request, {"answers"})
    return _stepped(lambda store, who: sessions.color_vision(store, who, body["answers"]))


@blueprint.post("/api/session/begin")
def begin() -> Response:
    """The instructions were read."""
    body_of(request, ())
    return _stepped(sessions.begin)


@blueprint.post("/api/session/events")
def events() -> Response:
    """What happened in the browser beside the answers."""
    body = body_of(request, {"events"})
    sessions.events(_store(), ticket(request), body["events"])
    return jsonify({})


@blueprint.post("/api/session/comment")
def comment() -> Response:
    """What a participant wants to say."""
    body = body_of(request, {"text"})
    return _stepped(lambda store, who: sessions.comment(store, who, body["text"]))


@blueprint.post("/api/session/leave")
def leave() -> Response:
    """A participant stops."""
    body_of(request, ())
    return _stepped(sessions.leave)


@blueprint.post("/api/session/finish")
def finish() -> Response:
    """All trials are answered."""
    body_of(request, ())
    return _stepped(sessions.finish)


@blueprint.put("/api/trials/<nonce>")
def answer(nonce: str) -> Response:
    """An answer; it is on disk before this returns."""
    body = body_of(request, {"answer", "rt_ms", "exposure"}, {"elapsed_ms"})
    given = answers.Given(**body, synthetic_key=request.headers.get(KEY_HEADER))
    answered = answers.answer(_store(), ticket(request), nonce, given)
    said: dict[str, Any] = {"step": step_json(answered.step)}
    if answered.feedback is not None:
        said["feedback"] = {"correct": answered.feedback.correct, "truth": answered.feedback.truth}
    return jsonify(said)


@blueprint.get("/i/<token>")
def image(token: str) -> AnyResponse:
    """An image, by an address that is good for one trial, or the way to its copy elsewhere."""
    picture = addresses.find(_store(), token)
    if picture.elsewhere is not None:
        return redirect(picture.elsewhere)
    return Response(picture.path.read_bytes(), mimetype="image/png")


def _store() -> Store:
    made: Store = current_app.extensions["store"]
    return made


def _stepped(event: Callable[[Store, Ticket], Step]) -> Response:
    return jsonify({"step": step_json(event(_store(), ticket(request)))})


def step_json(step: Step) -> dict[str, Any]:
    """What the browser is sent of a step."""
    return step.to_json(lambda token: url_for("participant.image", token=token))


def _static(file: str) -> str:
    return url_for("static", filename=f"participant/{file}")


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused("bad", f"{where}: an object is expected; got something else. Load the page again.")
    return value


def _synthetic(value: Any) -> entering.Synthetic | None:
    if value is None:
        return None
    given = _object(value, "synthetic")
    if set(given) != {"key", "observer"}:
        raise Refused("bad", "synthetic: key and observer are expected; got other names. Let `turk simulate` enter.")
    return entering.Synthetic(key=given["key"], observer=given["observer"])
