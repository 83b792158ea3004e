"""Who may take part in a study: its filters of groups, lists and earlier studies, and how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from turk.emulator.prolific.errors import ParticipantError
from turk.emulator.prolific.lifecycle import reserve
from turk.emulator.prolific.records import ACTIVE, RESERVED, Participant, Study, Submission
from turk.emulator.prolific.workspace import Workspace

Test = Callable[[Workspace, Participant, list[str]], bool]


def _in_groups(workspace: Workspace, participant: Participant, values: list[str]) -> bool:
    groups = [workspace.groups[key] for key in values if key in workspace.groups]
    return any(participant.id in group.members for group in groups if not group.deleted)


def _in_studies(workspace: Workspace, participant: Participant, values: list[str]) -> bool:
    mine = [found for found in workspace.submissions.values() if found.participant_id == participant.id]
    return any(found.study_id in values for found in mine)


def _in_list(workspace: Workspace, participant: Participant, values: list[str]) -> bool:
    return participant.id in values


FILTERS: dict[str, tuple[Test, bool]] = {
    "participant_group_allowlist": (_in_groups, True),
    "participant_group_blocklist": (_in_groups, False),
    "previous_studies_allowlist": (_in_studies, True),
    "previous_studies_blocklist": (_in_studies, False),
    "custom_allowlist": (_in_list, True),
    "custom_blocklist": (_in_list, False),
}
"""Which filters decide, and whether who meets them gets in; all others (age, country, ...) let everybody in."""


def passes(workspace: Workspace, participant: Participant, rule: Mapping[str, Any]) -> bool:
    """Tell whether a participant passes a filter."""
    kind = rule["filter_id"]
    if kind in ("and", "or"):
        parts = [passes(workspace, participant, part) for part in rule["selected_filters"]]
        return all(parts) if kind == "and" else any(parts)
    if kind not in FILTERS:
        return True
    test, wanted = FILTERS[kind]
    return test(workspace, participant, list(rule.get("selected_values") or [])) is wanted


def eligible(workspace: Workspace, participant: Participant, study: Study) -> bool:
    """Tell whether a participant gets to see a study."""
    rules = study.fields["filters"] or []
    return all(passes(workspace, participant, rule) for rule in rules)


def on_offer(workspace: Workspace, participant: Participant) -> list[Study]:
    """List the studies that a participant can take part in now, newest first."""
    found = [study for study in workspace.studies.values() if obstacle(workspace, participant, study) is None]
    return sorted(found, key=lambda study: -study.number)


def obstacle(workspace: Workspace, participant: Participant, study: Study) -> str | None:
    """Say what keeps a participant from a study, or None."""
    mine = [found for found in workspace.of_study(study.id) if found.participant_id == participant.id]
    most = study.fields["submissions_config"]["max_submissions_per_participant"]
    if study.status != ACTIVE or not eligible(workspace, participant, study):
        return "This study is not available to you."
    if most != -1 and len(mine) >= most:
        return "You have taken part in this study."
    if workspace.free_places(study) == 0 or _crowded(workspace, study):
        return "All places in this study are taken at the moment."
    return None


def _crowded(workspace: Workspace, study: Study) -> bool:
    most = study.fields["submissions_config"]["max_concurrent_submissions"]
    busy = [found for found in workspace.of_study(study.id) if found.status in (RESERVED, ACTIVE)]
    return bool(most != -1 and len(busy) >= most)


def take_place(workspace: Workspace, participant: Participant, study: Study) -> Submission:
    """Reserve a place; a participant is in one study at a time, which is assumed."""
    why = obstacle(workspace, participant, study)
    if why:
        raise ParticipantError(why)
    mine = [found for found in workspace.submissions.values() if found.participant_id == participant.id]
    if any(found.status in (RESERVED, ACTIVE) for found in mine):
        raise ParticipantError("You are in another study: complete or return it first.")
    return reserve(workspace, participant, study)
