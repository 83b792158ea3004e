"""Participant groups."""

from __future__ import annotations

from turk.emulator.prolific.calls import Answer, Call, Endpoint
from turk.emulator.prolific.errors import invalid
from turk.emulator.prolific.records import Group
from turk.emulator.prolific.views import group as show
from turk.emulator.prolific.views import members


def get_groups(call: Call) -> Answer:
    """List the groups of the workspace or its project, without deleted ones if asked so."""
    if call.query.get("project_id") != call.workspace.project_id:
        call.check_workspace(call.query.get("workspace_id"))
    active = call.flag("active")
    found = [group for group in call.workspace.groups.values() if active in (None, not group.deleted)]
    return Answer(200, {"results": [show(call.workspace, group) for group in found]})


def create_group(call: Call) -> Answer:
    """Make a group."""
    name = call.text("name")
    if call.body.get("workspace_id") != call.workspace.id:
        raise invalid(workspace_id="The ID of this workspace is required.")
    description = call.body.get("description")
    group = Group(call.workspace.new_id(), call.workspace.time.number(), name, description)
    _add(call, group, call.texts("participant_ids") if "participant_ids" in call.body else [])
    call.workspace.groups[group.id] = group
    return Answer(201, show(call.workspace, group))


def _add(call: Call, group: Group, participant_ids: list[str]) -> None:
    for key in participant_ids:
        group.members.setdefault(key, call.workspace.now())


def get_group(call: Call, group_id: str) -> Answer:
    """Show a group."""
    return Answer(200, show(call.workspace, call.workspace.group(group_id)))


def update_group(call: Call, group_id: str) -> Answer:
    """Rename a group, or put other members in place of its own."""
    group = call.workspace.group(group_id)
    people = call.texts("participant_ids") if "participant_ids" in call.body else None
    group.name = call.text("name") if "name" in call.body else group.name
    if people is not None:
        group.members = {key: at for key, at in group.members.items() if key in people}
        _add(call, group, people)
    return get_group(call, group_id)


def delete_group(call: Call, group_id: str) -> Answer:
    """Delete a group."""
    call.workspace.group(group_id).deleted = True
    return Answer(204)


def get_members(call: Call, group_id: str) -> Answer:
    """List a group's members."""
    return Answer(200, members(call.workspace.group(group_id)))


def add_members(call: Call, group_id: str) -> Answer:
    """Add participants; who is in is left alone."""
    _add(call, call.workspace.group(group_id), call.texts("participant_ids"))
    return get_members(call, group_id)


def remove_members(call: Call, group_id: str) -> Answer:
    """Remove participants; who is not in is left alone."""
    group = call.workspace.group(group_id)
    for key in call.texts("participant_ids"):
        group.members.pop(key, None)
    return get_members(call, group_id)


ENDPOINTS = (
    Endpoint("get-participant-groups", "GET", "/participant-groups/", get_groups),
    Endpoint("create-participant-group", "POST", "/participant-groups/", create_group),
    Endpoint("get-participant-group", "GET", "/participant-groups/<group_id>/", get_group),
    Endpoint("update-participant-group", "PATCH", "/participant-groups/<group_id>/", update_group),
    Endpoint("delete-participant-group", "DELETE", "/participant-groups/<group_id>/", delete_group),
    Endpoint("get-participant-group-participants", "GET", "/participant-groups/<group_id>/participants/", get_members),
    Endpoint("add-to-participant-group", "POST", "/participant-groups/<group_id>/participants/", add_members),
    Endpoint("remove-from-participant-group", "DELETE", "/participant-groups/<group_id>/participants/", remove_members),
)
