"""Notifications about HITs and assignments: hints to the requester, sometimes lost or doubled by script."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from turk.emulator.mturk.market import Market
from turk.emulator.mturk.records import Assignment, Hit, Notice, Subscription
from turk.emulator.mturk.sns import Topic


def publish(market: Market, event: str, hit: Hit, assignment: Assignment | None = None) -> None:
    """Tell the subscriber of the HIT's type, if there is one who wants this event."""
    subscription = market.subscriptions.get(hit.type.id)
    if not subscription or not subscription.active or event not in subscription.events:
        return
    body = compose(market, hit.owner, subscription.version, event, hit, assignment)
    if market.faults.draw("lose_event", event):
        _note(market, event, subscription, body, "lost")
    elif hit.expired and market.faults.draw("silence_expired", event):
        _note(market, event, subscription, body, "silenced")
    else:
        twice = market.faults.draw("double_event", event) is not None
        for _ in range(2 if twice else 1):
            _note(market, event, subscription, body, send(market, subscription, body))


def compose(
    market: Market, owner: str, version: str, event: str, hit: Hit | None, assignment: Assignment | None
) -> dict[str, Any]:
    """Make the document of an event.

    Source: "Notification Handling Using Amazon SNS", SNS Message Payload.
    """
    details = {
        "EventType": event,
        "EventTimestamp": market.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "HITTypeId": hit.type.id if hit else market.ids.capitals(30, "3"),
        "HITId": hit.id if hit else market.ids.capitals(30, "3"),
    }
    if assignment is not None:
        details["AssignmentId"] = assignment.id
    elif hit is None and event.startswith("Assignment"):
        details["AssignmentId"] = market.ids.capitals(30, "3")
    return {
        "EventDocVersion": version,
        "EventDocId": market.ids.hexadecimal(40),
        "CustomerId": market.account(owner).customer_id,
        "Events": [details],
    }


def send(market: Market, subscription: Subscription, body: dict[str, Any]) -> str:
    """Post an event to the topic's subscriber; what nobody fetches (SQS, e-mail) is only noted."""
    topic = market.topics.topics.get(subscription.destination)
    if subscription.transport != "SNS":
        return "kept"
    if topic is None or not topic.confirmed:
        return "no subscriber"
    fields = {
        "MessageId": market.ids.uuid(),
        "Subject": str(int(market.now().timestamp() * 1000)),
        "Message": json.dumps(body),
        "UnsubscribeURL": f"{market.topics.origin}/_sns/unsubscribe?Token={topic.token}",
    }
    market.delivery.send(market.topics.parcel(topic, "Notification", fields))
    return "sent"


def ask_to_confirm(market: Market, topic: Topic) -> None:
    """Ask a new subscriber to fetch an address, as SNS does before it sends anything."""
    fields = {
        "MessageId": market.ids.uuid(),
        "Token": topic.token,
        "SubscribeURL": f"{market.topics.origin}/_sns/confirm?Token={topic.token}",
        "Message": f"You have chosen to subscribe to the topic {topic.arn}. To confirm, visit the SubscribeURL.",
    }
    market.delivery.send(market.topics.parcel(topic, "SubscriptionConfirmation", fields))


def _note(market: Market, event: str, subscription: Subscription, body: dict[str, Any], fate: str) -> None:
    market.notices.append(Notice(market.now(), event, subscription.transport, subscription.destination, body, fate))
