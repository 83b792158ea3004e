"""Webhooks."""

from __future__ import annotations

from turk.emulator.prolific import hooks
from turk.emulator.prolific.calls import Answer, Call, Endpoint
from turk.emulator.prolific.errors import invalid
from turk.emulator.prolific.views import event as show_event
from turk.emulator.prolific.views import subscription as show


def get_event_types(call: Call) -> Answer:
    """List what can be subscribed to."""
    return Answer(
        200, {"results": [{"event_type": key, "description": text} for key, text in hooks.EVENT_TYPES.items()]}
    )


def get_secrets(call: Call) -> Answer:
    """List the workspace's secret."""
    call.check_workspace(call.query.get("workspace_id"))
    return Answer(200, {"results": [_secret(call, secret) for secret in call.workspace.secrets]})


def _secret(call: Call, secret: tuple[str, str]) -> dict[str, str]:
    return {"id": secret[0], "value": secret[1], "workspace_id": call.workspace.id}


def create_secret(call: Call) -> Answer:
    """Make a secret, in place of the one before."""
    call.check_workspace(call.body.get("workspace_id"))
    return Answer(201, _secret(call, hooks.create_secret(call.workspace)))


def get_subscriptions(call: Call) -> Answer:
    """List subscriptions: those that are enabled, if nothing else is asked for."""
    if "workspace_id" in call.query:
        call.check_workspace(call.query["workspace_id"])
    enabled = call.flag("is_enabled") is not False
    found = [item for item in call.workspace.subscriptions.values() if item.enabled is enabled]
    return Answer(200, {"results": [show(call.workspace, item) for item in found]})


def create_subscription(call: Call) -> Answer:
    """Make a subscription; the secret to confirm it with is in a header."""
    call.check_workspace(call.text("workspace_id"))
    made = hooks.subscribe(call.workspace, call.text("event_type"), call.text("target_url"))
    body = show(call.workspace, made)
    # The guide has the id in the body, the reference a list of results: both are there.
    return Answer(201, {**body, "results": [body]}, (("X-Hook-Secret", made.secret),))


def get_subscription(call: Call, subscription_id: str) -> Answer:
    """Show a subscription."""
    return Answer(200, show(call.workspace, hooks.find(call.workspace, subscription_id)))


def confirm_subscription(call: Call, subscription_id: str) -> Answer:
    """Let a subscription begin."""
    return Answer(200, show(call.workspace, hooks.confirm(call.workspace, subscription_id, call.text("secret"))))


def update_subscription(call: Call, subscription_id: str) -> Answer:
    """Change a subscription, or let it rest."""
    return Answer(200, show(call.workspace, hooks.change(call.workspace, subscription_id, dict(call.body))))


def delete_subscription(call: Call, subscription_id: str) -> Answer:
    """End a subscription."""
    del call.workspace.subscriptions[hooks.find(call.workspace, subscription_id).id]
    return Answer(204)


def get_events(call: Call, subscription_id: str) -> Answer:
    """List what a subscription was told, newest last."""
    subscription = hooks.find(call.workspace, subscription_id)
    own = [item for item in call.workspace.events if item.subscription_id == subscription.id]
    rows = [show_event(call.workspace, item) for item in own]
    wanted = call.query.get("status", "").upper()
    if wanted and wanted not in hooks.STATES:
        raise invalid(status=f"Choose one of {', '.join(sorted(hooks.STATES))}.")
    about = call.query.get("resource_id")
    kept = [row for row in rows if wanted in ("", row["status"]) and about in (None, row["resource_id"])]
    start = call.number("offset", 0, least=0)
    return Answer(200, {"results": kept[start : start + call.number("limit", 100)]})


ENDPOINTS = (
    Endpoint("get-event-types", "GET", "/hooks/event-types/", get_event_types),
    Endpoint("get-secrets", "GET", "/hooks/secrets/", get_secrets),
    Endpoint("create-secret", "POST", "/hooks/secrets/", create_secret),
    Endpoint("get-subscriptions", "GET", "/hooks/subscriptions/", get_subscriptions),
    Endpoint("create-subscription", "POST", "/hooks/subscriptions/", create_subscription),
    Endpoint("get-subscription", "GET", "/hooks/subscriptions/<subscription_id>/", get_subscription),
    Endpoint("confirm-subscription", "POST", "/hooks/subscriptions/<subscription_id>/", confirm_subscription),
    Endpoint("update-subscription", "PATCH", "/hooks/subscriptions/<subscription_id>/", update_subscription),
    Endpoint("delete-subscription", "DELETE", "/hooks/subscriptions/<subscription_id>/", delete_subscription),
    Endpoint("get-events", "GET", "/hooks/subscriptions/<subscription_id>/events/", get_events),
)
