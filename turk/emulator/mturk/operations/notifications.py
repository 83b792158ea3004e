"""Notification settings, and what no study needs: review policies and uploaded files."""

from __future__ import annotations

from typing import Any

from turk.emulator.mturk.calls import Answer, Call, Parameters
from turk.emulator.mturk.errors import invalid
from turk.emulator.mturk.notices import compose, send
from turk.emulator.mturk.records import Notice, Subscription

# The service model names the first, the page "Notification" of the API reference the second.
VERSIONS = {"2006-05-05", "2014-08-15"}


def update_settings(call: Call, p: Parameters) -> Answer:
    """Say which events of a HIT type are told, and to whom; or switch that off and on."""
    hit_type, market = call.hit_type(p["HITTypeId"]), call.market
    if "Notification" not in p and "Active" not in p:
        raise invalid("Notification", "either the Notification parameter or the Active parameter must be specified.")
    if "Notification" in p:
        subscription = _subscription(p["Notification"])
        if "Ping" in subscription.events:
            raise invalid("Notification", "the Ping event is only valid for SendTestEventNotification.")
        market.subscriptions[hit_type.id] = subscription
    if hit_type.id not in market.subscriptions:
        raise invalid("Active", "the HIT type must have a notification specification first.")
    market.subscriptions[hit_type.id].active = p.get("Active", True)
    return {}


def _subscription(raw: Parameters) -> Subscription:
    if raw["Version"] not in VERSIONS:
        raise invalid("Notification", f"the Version must be 2006-05-05; it is {raw['Version']}.")
    return Subscription(raw["Destination"], raw["Transport"], raw["Version"], frozenset(raw["EventTypes"]))


def send_test(call: Call, p: Parameters) -> Answer:
    """Send an event that did not happen, whether or not the specification asks for its kind."""
    market, event, subscription = call.market, p["TestEventType"], _subscription(p["Notification"])
    body = compose(market, call.owner, subscription.version, event, None, None)
    fate = send(market, subscription, body)
    market.notices.append(Notice(market.now(), event, subscription.transport, subscription.destination, body, fate))
    return {}


def list_review_results(call: Call, p: Parameters) -> Answer:
    """Show a HIT's review results: there are none, as no HIT here has a review policy."""
    return {"HITId": call.hit(p["HITId"]).id}


def get_upload_url(call: Call, p: Parameters) -> Answer:
    """Refuse: answers with files were taken out of the API on 12 December 2017."""
    assignment, _ = call.assignment(p["AssignmentId"])
    rule = f"the assignment {assignment.id} has no FileUploadAnswer; they are no longer supported."
    raise invalid("QuestionIdentifier", rule)


OPERATIONS: dict[str, Any] = {
    "UpdateNotificationSettings": update_settings,
    "SendTestEventNotification": send_test,
    "ListReviewPolicyResultsForHIT": list_review_results,
    "GetFileUploadURL": get_upload_url,
}
