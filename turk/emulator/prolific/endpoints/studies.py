"""Studies."""

from __future__ import annotations

from decimal import Decimal

from turk.emulator.prolific.calls import Answer, Call, Endpoint
from turk.emulator.prolific.endpoints.submissions import list_submissions
from turk.emulator.prolific.errors import invalid
from turk.emulator.prolific.money import cents, spent_on, total_cost
from turk.emulator.prolific.records import CENTS, STUDY_STATES, SUBMISSION_STATES
from turk.emulator.prolific.studies import create, delete, transition, update
from turk.emulator.prolific.views import full_study, short_study


def create_study(call: Call) -> Answer:
    """Make a draft."""
    return Answer(201, full_study(call.workspace, create(call.workspace, call.body)))


def get_studies(call: Call) -> Answer:
    """List studies, of some states if asked."""
    text = call.query.get("state", "").strip("()").upper()
    wanted = {state.replace("_", " ") for state in text.split("|")} if text else set(STUDY_STATES)
    if not wanted <= {*STUDY_STATES, "PUBLISHED", "PUBLISHING", "UNKNOWN"}:
        raise invalid(state=f"Choose from {', '.join(STUDY_STATES)}.")
    found = [study for study in call.workspace.studies.values() if study.status in wanted]
    return Answer(200, {"results": [short_study(call.workspace, study) for study in found]})


def get_project_studies(call: Call, project_id: str) -> Answer:
    """List the studies of the workspace's only project, in pages."""
    newest = call.query.get("ordering") == "-date_created"
    mine = list(call.workspace.studies.values()) if project_id == call.workspace.project_id else []
    return call.page(mine[::-1] if newest else mine, lambda study: short_study(call.workspace, study))


def get_study(call: Call, study_id: str) -> Answer:
    """Show a study."""
    return Answer(200, full_study(call.workspace, call.workspace.study(study_id)))


def update_study(call: Call, study_id: str) -> Answer:
    """Change a study."""
    update(call.workspace, call.workspace.study(study_id), call.body)
    return get_study(call, study_id)


def delete_study(call: Call, study_id: str) -> Answer:
    """Throw a draft away."""
    delete(call.workspace, call.workspace.study(study_id))
    return Answer(200, {})


def publish_study(call: Call, study_id: str) -> Answer:
    """Move a study to another state."""
    study = call.workspace.study(study_id)
    transition(call.workspace, study, call.body.get("action"), call.body.get("publish_at"))
    return get_study(call, study_id)


def get_study_submissions(call: Call, study_id: str) -> Answer:
    """List a study's submissions, all on one page."""
    return list_submissions(call, call.workspace.study(study_id))


def count_submissions(call: Call, study_id: str) -> Answer:
    """Count a study's submissions by their states."""
    found = [item.status for item in call.workspace.of_study(call.workspace.study(study_id).id)]
    return Answer(200, {**{state: found.count(state) for state in SUBMISSION_STATES}, "TOTAL": len(found)})


def get_study_cost(call: Call, study_id: str) -> Answer:
    """Tell what a study has cost so far."""
    return Answer(200, spent_on(call.workspace, call.workspace.study(study_id)))


def calculate_study_cost(call: Call) -> Answer:
    """Tell what a study would cost."""
    numbers = {name: call.body.get(name) for name in ("reward", "total_available_places")}
    wrong = {name: "A whole number is required." for name, value in numbers.items() if type(value) is not int}
    if wrong:
        raise invalid(**wrong)
    reward, places = (Decimal(str(value)) for value in numbers.values())
    return Answer(200, {"total_cost": cents(total_cost(call.workspace, reward / CENTS, int(places)))})


ENDPOINTS = (
    Endpoint("get-studies", "GET", "/studies/", get_studies),
    Endpoint("create-study", "POST", "/studies/", create_study),
    Endpoint("get-project-studies", "GET", "/projects/<project_id>/studies/", get_project_studies),
    Endpoint("get-study", "GET", "/studies/<study_id>/", get_study),
    Endpoint("update-study", "PATCH", "/studies/<study_id>/", update_study),
    Endpoint("delete-study", "DELETE", "/studies/<study_id>/", delete_study),
    Endpoint("publish-study", "POST", "/studies/<study_id>/transition/", publish_study),
    Endpoint("get-study-submissions", "GET", "/studies/<study_id>/submissions/", get_study_submissions),
    Endpoint("count-study-submissions-by-status", "GET", "/studies/<study_id>/submissions/counts/", count_submissions),
    Endpoint("get-study-cost", "GET", "/studies/<study_id>/cost/", get_study_cost),
    Endpoint("calculate-study-cost", "POST", "/study-cost-calculator/", calculate_study_cost),
)
