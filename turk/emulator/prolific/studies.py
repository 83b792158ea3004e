"""Studies: drafted, published, grown, paused and stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from turk.emulator.ledger import NotEnough
from turk.emulator.prolific.codes import grow_slots
from turk.emulator.prolific.errors import invalid, refused
from turk.emulator.prolific.lifecycle import move, publish, settle_study
from turk.emulator.prolific.money import set_aside
from turk.emulator.prolific.records import (
    ACTIVE,
    AWAITING,
    COMPLETED,
    PAUSED,
    SCHEDULED,
    UNPUBLISHED,
    Study,
)
from turk.emulator.prolific.study_fields import read_config, read_fields
from turk.emulator.prolific.workspace import Workspace

LATER = {"internal_name", "total_available_places", "submissions_config", "completion_codes"}
"""What can be changed in a published study, with restrictions."""
MOVES = {
    "PUBLISH": {UNPUBLISHED},
    "SCHEDULE_PUBLISH": {UNPUBLISHED},
    "CANCEL_PUBLISH": {SCHEDULED},
    "PAUSE": {ACTIVE},
    # From "awaiting review" to replace who was rejected or returned: docs.prolific.com, "Submissions guide".
    "START": {PAUSED, AWAITING},
    "STOP": {ACTIVE, PAUSED},
}
"""The actions, and from which states."""


def create(workspace: Workspace, given: Mapping[str, Any]) -> Study:
    """Make a draft."""
    study = Study(workspace.new_id(), workspace.time.number(), read_fields(given), workspace.now())
    workspace.studies[study.id] = study
    return study


def update(workspace: Workspace, study: Study, given: Mapping[str, Any]) -> None:
    """Change a draft in all, a published study in some ways; nothing changes if a part is refused."""
    if study.status == UNPUBLISHED:
        # A time limit that was made up for another length of the study is made up anew.
        old = {**study.fields, "maximum_allowed_time": None} if "estimated_completion_time" in given else study.fields
        study.fields = read_fields({**old, **given})
        return
    fixed = [name for name in given if name in study.fields and name not in LATER and given[name] != study.fields[name]]
    if fixed:
        raise invalid(**dict.fromkeys(fixed, "This field cannot be changed once the study is published."))
    before, fields = study.fields, dict(study.fields)
    for name in LATER & set(given):
        fields[name] = _CHANGES[name](before, given[name])
    study.fields = fields
    try:
        _grow(workspace, study, before)
    except NotEnough:
        study.fields = before
        raise


def _grow(workspace: Workspace, study: Study, before: Mapping[str, Any]) -> None:
    more = study.fields["total_available_places"] > before["total_available_places"]
    if more and study.status in (AWAITING, COMPLETED):
        move(workspace, study, ACTIVE)
    set_aside(workspace, study)


def _name(before: Mapping[str, Any], value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise invalid(internal_name="Not a valid string.")
    return value


def _places(before: Mapping[str, Any], value: Any) -> Any:
    if type(value) not in (int, float) or value != int(value) or value < before["total_available_places"]:
        raise invalid(total_available_places="Places can only be increased once the study is published.")
    return int(value)


def _config(before: Mapping[str, Any], value: Any) -> Any:
    return read_config({**before["submissions_config"], **value} if isinstance(value, dict) else value)


_CHANGES: dict[str, Callable[[Mapping[str, Any], Any], Any]] = {
    "internal_name": _name,
    "total_available_places": _places,
    "submissions_config": _config,
    "completion_codes": lambda before, value: grow_slots(before["completion_codes"], value),
}


def delete(workspace: Workspace, study: Study) -> None:
    """Throw a draft away."""
    if study.status != UNPUBLISHED:
        raise refused("Published studies cannot be deleted.")
    del workspace.studies[study.id]


def transition(workspace: Workspace, study: Study, action: Any, publish_at: Any = None) -> None:
    """Move a study to another state."""
    if action not in MOVES:
        raise invalid(action=f"Choose one of {', '.join(MOVES)}.")
    if study.status not in MOVES[action]:
        raise refused(f"The action {action} is not possible while the study is {study.status}.")
    if action in ("PUBLISH", "SCHEDULE_PUBLISH") and not study.codes:
        raise invalid(completion_codes="Specify at least one completion code for your study.")
    if action == "PUBLISH":
        publish(workspace, study)
    elif action == "SCHEDULE_PUBLISH":
        _schedule(workspace, study, publish_at)
    else:
        target = {"CANCEL_PUBLISH": UNPUBLISHED, "PAUSE": PAUSED, "START": ACTIVE, "STOP": COMPLETED}[action]
        move(workspace, study, target)
        settle_study(workspace, study)


def _schedule(workspace: Workspace, study: Study, publish_at: Any) -> None:
    try:
        at = datetime.fromisoformat(str(publish_at))
    except ValueError as error:
        raise invalid(publish_at="A date and time in ISO 8601 is required.") from error
    if at.tzinfo is None or at <= workspace.now():
        raise invalid(publish_at="A time to come, with its time zone, is required.")
    study.publish_at = at
    workspace.time.remind(at, "publish", study.id)
    move(workspace, study, SCHEDULED)
