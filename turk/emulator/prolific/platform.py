"""The emulated Prolific as a whole: a workspace with its API and its participant's site on two ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

from turk.emulator.admin import Action, Controls, Panel, View, locked, make_admin
from turk.emulator.identifiers import Identifiers
from turk.emulator.ledger import deposit
from turk.emulator.prolific.api import explain_missing, make_api
from turk.emulator.prolific.lifecycle import catch_up
from turk.emulator.prolific.participant_site import make_participant_site
from turk.emulator.prolific.views import full_study
from turk.emulator.prolific.workspace import Options, Workspace
from turk.emulator.serving import LocalServer, guard
from turk.emulator.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Platform:
    """A workspace and the servers in front of it."""

    workspace: Workspace
    api: LocalServer
    site: LocalServer


def make_platform(controls: Controls, options: Options, seed: int, api: LocalServer, site: LocalServer) -> Platform:
    """Give the servers their apps; they do not listen yet."""
    timeline = Timeline(controls.clock)
    workspace = Workspace(timeline, controls.faults, controls.delivery, Identifiers(seed), options)
    controls.chores.append(locked(workspace.lock, lambda: catch_up(workspace)))
    site.app = make_participant_site(workspace)
    api.app = make_api_app(workspace, controls)
    return Platform(workspace, api, site)


def make_api_app(workspace: Workspace, controls: Controls) -> Flask:
    """Make the app with the API and the emulator's own routes."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 2_000_000
    guard(app)
    explain_missing(app)
    app.register_blueprint(make_api(workspace))
    panel = Panel("Emulated Prolific", make_views(workspace), make_actions(workspace))
    app.register_blueprint(make_admin(controls, panel.behind(workspace.lock)))
    return app


def make_views(workspace: Workspace) -> dict[str, View]:
    """List what the emulator shows of a workspace."""
    return {
        "accounts": lambda: [workspace.account],
        "ledger": lambda: workspace.ledger.entries,
        "studies": lambda: [_study(workspace, study.id) for study in workspace.studies.values()],
        "submissions": lambda: list(workspace.submissions.values()),
        "bonuses": lambda: workspace.bonuses,
        "participants": lambda: list(workspace.participants.values()),
        "groups": lambda: list(workspace.groups.values()),
        "messages": lambda: workspace.messages,
        "events": lambda: workspace.events,
        "workspaces": lambda: [{"id": workspace.id, "project_id": workspace.project_id}],
    }


def _study(workspace: Workspace, study_id: str) -> dict[str, Any]:
    study = workspace.studies[study_id]
    return {**full_study(workspace, study), "held": study.held}


def make_actions(workspace: Workspace) -> dict[str, Action]:
    """List what can be done to a workspace from outside the API."""

    def put_in(body: Mapping[str, Any]) -> Any:
        deposit(workspace.ledger, workspace.account, body.get("amount"), workspace.now())
        return workspace.account

    return {"deposit": put_in}
