"""Webhooks: subscriptions that were confirmed get events, signed with the workspace's secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from evalsuite.errors import UserError
from turk.emulator.delivery import Parcel, check_target
from turk.emulator.prolific.errors import invalid, not_found, refused
from turk.emulator.prolific.records import Event, Subscription
from turk.emulator.prolific.workspace import Workspace

EVENT_TYPES = {
    "study.status.change": "Triggered when the status of a study changes.",
    "study.progress.change": "Triggered when submissions of a study change.",
    "submission.status.change": "Triggered when the status of a submission changes.",
}
STATES = {"PENDING", "SUCCEEDED", "FAILED"}


def create_secret(workspace: Workspace) -> tuple[str, str]:
    """Make the secret that events are signed with, in place of the one before."""
    workspace.secrets[:] = [(workspace.new_id(), workspace.ids.hexadecimal(64))]
    return workspace.secrets[0]


def subscribe(workspace: Workspace, event_type: str, target_url: str) -> Subscription:
    """Make a subscription, which sends nothing before it is confirmed."""
    if event_type not in EVENT_TYPES:
        raise invalid(event_type=f"Choose one of {', '.join(EVENT_TYPES)}.")
    if not workspace.secrets:
        raise refused("Create a secret for the workspace before you create a subscription.")
    subscription = Subscription(workspace.new_id(), event_type, _target(target_url), workspace.ids.hexadecimal(64))
    workspace.subscriptions[subscription.id] = subscription
    return subscription


def _target(url: str) -> str:
    try:
        return check_target(url)
    except UserError as error:
        raise invalid(target_url=str(error)) from error


def find(workspace: Workspace, subscription_id: str) -> Subscription:
    """Find a subscription."""
    if subscription_id not in workspace.subscriptions:
        raise not_found("Subscription", subscription_id)
    return workspace.subscriptions[subscription_id]


def confirm(workspace: Workspace, subscription_id: str, secret: str) -> Subscription:
    """Let a subscription begin, for who knows the secret in the answer to its creation."""
    subscription = find(workspace, subscription_id)
    if not hmac.compare_digest(secret.encode(), subscription.secret.encode()):
        raise invalid(secret="It is not the value of the X-Hook-Secret header of this subscription's creation.")
    subscription.confirmed = subscription.enabled = True
    return subscription


def change(workspace: Workspace, subscription_id: str, fields: dict[str, Any]) -> Subscription:
    """Change a subscription."""
    subscription = find(workspace, subscription_id)
    enabled = fields.get("is_enabled", subscription.enabled)
    if not isinstance(enabled, bool):
        raise invalid(is_enabled="Must be a valid boolean.")
    if enabled and not subscription.confirmed:
        raise refused("Confirm the subscription before you enable it.")
    if fields.get("event_type", subscription.event_type) not in EVENT_TYPES:
        raise invalid(event_type=f"Choose one of {', '.join(EVENT_TYPES)}.")
    subscription.target_url = _target(str(fields.get("target_url", subscription.target_url)))
    subscription.event_type = str(fields.get("event_type", subscription.event_type))
    subscription.enabled = enabled
    return subscription


def announce(workspace: Workspace, event_type: str, resource_id: str, **fields: Any) -> None:
    """Tell every subscriber of this kind of event; faults by script happen here."""
    payload = {"resource_id": resource_id, "event_type": event_type, **fields}
    for subscription in workspace.subscriptions.values():
        if subscription.enabled and subscription.event_type == event_type:
            _send(workspace, subscription, payload)


def _send(workspace: Workspace, subscription: Subscription, payload: dict[str, Any]) -> None:
    kind = subscription.event_type
    lost = workspace.faults.draw("lose_event", kind) is not None
    twice = not lost and workspace.faults.draw("double_event", kind) is not None
    fate = "lost" if lost else "doubled" if twice else "sent"
    event = Event(workspace.new_id(), workspace.now(), subscription.id, kind, payload["resource_id"], payload, fate)
    workspace.events.append(event)
    for _ in range({"lost": 0, "sent": 1, "doubled": 2}[fate]):
        workspace.delivery.send(_parcel(workspace, subscription, event))


def _parcel(workspace: Workspace, subscription: Subscription, event: Event) -> Parcel:
    """Make and sign a message; its time is a real one, as receivers drop messages that are old.

    Source: docs.prolific.com, "Webhooks: Verifying", "Idempotency and the X-Event-ID header".
    """
    body = json.dumps(event.payload).encode()
    now = time.time()
    stamp = str(int(now))
    digest = hmac.new(workspace.secrets[0][1].encode(), stamp.encode() + body, hashlib.sha256).digest()
    headers = {
        "Content-Type": "application/json",
        "X-Prolific-Request-Signature": base64.b64encode(digest).decode(),
        "X-Prolific-Request-Timestamp": stamp,
        "X-Event-ID": event.id,
        "X-Timestamp": f"{now:.6f}",
    }
    return Parcel(subscription.target_url, headers, body, event.id)


def state(workspace: Workspace, event: Event) -> str:
    """Tell how an event fared."""
    statuses = [receipt.status for receipt in workspace.delivery.receipts if receipt.parcel.label == event.id]
    if not statuses:
        return "PENDING"
    return "SUCCEEDED" if any(200 <= status < 300 for status in statuses) else "FAILED"
