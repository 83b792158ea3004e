"""Messages to participants."""

from __future__ import annotations

from datetime import datetime

from turk.emulator.prolific.calls import Answer, Call, Endpoint
from turk.emulator.prolific.errors import invalid
from turk.emulator.prolific.lifecycle import write
from turk.emulator.prolific.views import message


def get_messages(call: Call) -> Answer:
    """List the messages with one person, or since a time."""
    person, since = call.query.get("user_id"), call.query.get("created_after")
    if not person and not since:
        raise invalid(user_id="Give user_id or created_after.")
    found = [item for item in call.workspace.messages if person in (None, item.recipient_id, item.sender_id)]
    if since:
        found = [item for item in found if item.sent_at > _time(since)]
    return Answer(200, {"results": [message(item) for item in found]})


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(created_after="A date and time in ISO 8601 is required.") from error
    if at.tzinfo is None:
        raise invalid(created_after="A time zone is required.")
    return at


def send_message(call: Call) -> Answer:
    """Write to a participant."""
    return _send(call, [call.text("recipient_id")])


def bulk_message(call: Call) -> Answer:
    """Write the same to several participants."""
    return _send(call, call.texts("ids"))


def message_group(call: Call) -> Answer:
    """Write the same to a participant group."""
    group = call.workspace.group(call.text("participant_group_id"))
    for person in group.members:
        write(call.workspace, person, call.text("body"), call.body.get("study_id"))
    return Answer(204)


def _send(call: Call, people: list[str]) -> Answer:
    body, study = call.text("body"), call.workspace.study(call.text("study_id"))
    for person in people:
        write(call.workspace, person, body, study.id)
    return Answer(204)


ENDPOINTS = (
    Endpoint("get-messages", "GET", "/messages/", get_messages),
    Endpoint("send-message", "POST", "/messages/", send_message),
    Endpoint("bulk-message-participants", "POST", "/messages/bulk/", bulk_message),
    Endpoint("send-message-to-participant-group", "POST", "/messages/participant-group/", message_group),
)
