"""The researcher, the workspace and its balance."""

from __future__ import annotations

from typing import Any

from turk.emulator.prolific.calls import Answer, Call, Endpoint
from turk.emulator.prolific.money import balance


def get_user(call: Call) -> Answer:
    """Show who the token belongs to."""
    user = {"id": call.workspace.researcher_id, "name": "Rehearsal", "email": "rehearsal@example.org"}
    return Answer(200, {**user, "currency_code": call.workspace.options.currency})


def _workspace(call: Call) -> dict[str, Any]:
    owner = {"owner": call.workspace.researcher_id, "users": [{"id": call.workspace.researcher_id}]}
    return {"id": call.workspace.id, "title": "Rehearsal", "description": "", **owner}


def get_workspaces(call: Call) -> Answer:
    """List the one workspace."""
    return Answer(200, {"results": [_workspace(call)]})


def get_workspace(call: Call, workspace_id: str) -> Answer:
    """Show the workspace."""
    call.check_workspace(workspace_id)
    return Answer(200, _workspace(call))


def get_balance(call: Call, workspace_id: str) -> Answer:
    """Tell how much money there is."""
    call.check_workspace(workspace_id)
    return Answer(200, balance(call.workspace))


def get_projects(call: Call, workspace_id: str) -> Answer:
    """List the one project."""
    call.check_workspace(workspace_id)
    return Answer(200, {"results": [{"id": call.workspace.project_id, "title": "Rehearsal", "description": ""}]})


ENDPOINTS = (
    Endpoint("get-user", "GET", "/users/me/", get_user),
    Endpoint("get-workspaces", "GET", "/workspaces/", get_workspaces),
    Endpoint("get-workspace", "GET", "/workspaces/<workspace_id>/", get_workspace),
    Endpoint("get-workspace-balance", "GET", "/workspaces/<workspace_id>/balance/", get_balance),
    Endpoint("get-projects", "GET", "/workspaces/<workspace_id>/projects/", get_projects),
)
