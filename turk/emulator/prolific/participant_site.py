"""The participant's site, on an origin of its own: every page is also JSON for programs that ask for it."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from turk.emulator.prolific import participation
from turk.emulator.prolific.completion import finish
from turk.emulator.prolific.eligibility import take_place
from turk.emulator.prolific.errors import ParticipantError
from turk.emulator.prolific.lifecycle import catch_up, give_back
from turk.emulator.prolific.records import Participant
from turk.emulator.prolific.workspace import Workspace
from turk.emulator.serving import from_here
from turk.emulator.sites import Page, elsewhere, for_people, go, make_site, show


def make_participant_site(workspace: Workspace) -> Flask:
    """Make the app."""
    app = make_site("emulated_participant")
    for add in (_add_login, _add_studies, _add_submissions, _add_finish):
        add(app, workspace)

    @app.before_request
    def catch() -> None:
        with workspace.lock:
            catch_up(workspace)

    @app.errorhandler(ParticipantError)
    def explain(error: ParticipantError) -> tuple[Response, int]:
        return show("prolific/notice.html", {"error": str(error)}, text=str(error)), 409

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        return {"participant": _find(workspace), "now": workspace.now(), "inbox": len(_inbox(workspace))}

    return app


def _find(workspace: Workspace) -> Participant | None:
    return workspace.participants.get(session.get("participant_id", ""))


def _inbox(workspace: Workspace) -> list[Any]:
    return [item for item in workspace.messages if item.recipient_id == session.get("participant_id")]


def _guard(workspace: Workspace, page: Page) -> Page:
    return for_people(lambda: _find(workspace), workspace.lock, page)


def _add_login(app: Flask, workspace: Workspace) -> None:
    @app.get("/login")
    def login() -> Response:
        with workspace.lock:
            return show("prolific/login.html", {"participants": sorted(workspace.participants)})

    @app.post("/login")
    def log_in() -> Any:
        refusal = elsewhere()
        if refusal:
            return refusal
        participant_id = request.form.get("participant_id", "").strip()
        if not participation.PARTICIPANT_ID.fullmatch(participant_id):
            raise ParticipantError("A participant ID has 24 hexadecimal digits, such as 5e9b9c9b0f9c9a0001b0b1f4.")
        with workspace.lock:
            workspace.participant(participant_id)
        session["participant_id"] = participant_id
        return go(url_for("studies"), {"participant_id": participant_id})

    @app.post("/logout")
    def log_out() -> AnyResponse:
        session.clear()
        return go(url_for("login"), {})

    @app.get("/")
    def home() -> AnyResponse:
        return redirect(url_for("studies"), 303)


def _add_studies(app: Flask, workspace: Workspace) -> None:
    def studies(participant: Participant) -> Response:
        return show("prolific/studies.html", {"studies": participation.studies(workspace, participant)})

    def study(participant: Participant, study_id: str) -> Response:
        found = participation.find_study(workspace, study_id)
        return show("prolific/study.html", {"study": participation.summary(workspace, participant, found)})

    def reserve(participant: Participant, study_id: str) -> AnyResponse:
        submission = take_place(workspace, participant, participation.find_study(workspace, study_id))
        done = {"submission": participation.record(workspace, submission)}
        return go(url_for("submission", submission_id=submission.id), done)

    def messages(participant: Participant) -> Response:
        return show("prolific/messages.html", {"messages": list(reversed(_inbox(workspace)))})

    app.add_url_rule("/studies", "studies", _guard(workspace, studies))
    app.add_url_rule("/studies/<study_id>", "study", _guard(workspace, study))
    app.add_url_rule("/studies/<study_id>/reserve", "reserve", _guard(workspace, reserve), methods=["POST"])
    app.add_url_rule("/messages", "messages", _guard(workspace, messages))


def _add_submissions(app: Flask, workspace: Workspace) -> None:
    def submissions(participant: Participant) -> Response:
        records = participation.history(workspace, participant)
        return show("prolific/submissions.html", {"submissions": records, "earned": f"{participant.earned:.2f}"})

    def submission(participant: Participant, submission_id: str) -> Response:
        found = participation.own(workspace, participant, submission_id)
        return show("prolific/submission.html", {"submission": participation.record(workspace, found)})

    def open_study(participant: Participant, submission_id: str) -> Any:
        # A link, so that it can open another tab and carry a token that is fresh; other sites' pages cannot use it.
        if not from_here():
            return Response("Another site's page cannot do this.\n", 403, mimetype="text/plain")
        found = participation.own(workspace, participant, submission_id)
        url = participation.open_study(workspace, found)
        return go(url, {"url": url, "submission": participation.record(workspace, found)})

    def state(participant: Participant, submission_id: str) -> Response:
        return jsonify({"status": participation.own(workspace, participant, submission_id).status})

    def leave(participant: Participant, submission_id: str) -> AnyResponse:
        give_back(workspace, participation.own(workspace, participant, submission_id))
        return go(url_for("submissions"), {"returned": submission_id})

    app.add_url_rule("/submissions", "submissions", _guard(workspace, submissions))
    app.add_url_rule("/submissions/<submission_id>", "submission", _guard(workspace, submission))
    app.add_url_rule("/submissions/<submission_id>/open", "open_study", _guard(workspace, open_study))
    app.add_url_rule("/submissions/<submission_id>/state", "state", _guard(workspace, state))
    app.add_url_rule("/submissions/<submission_id>/return", "leave", _guard(workspace, leave), methods=["POST"])


def _add_finish(app: Flask, workspace: Workspace) -> None:
    def complete(participant: Participant) -> Response:
        # As on the platform: a link on the study's last page, so a GET that changes something, from another site.
        done = finish(workspace, participant, request.args.get("cc") or None)
        return show("prolific/finished.html", {"submission": participation.record(workspace, done)})

    app.add_url_rule("/submissions/complete", "complete", _guard(workspace, complete))
