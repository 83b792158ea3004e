"""The emulator's own API, besides the platforms': time, faults, and what the platforms know."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime
from decimal import Decimal
from threading import RLock
from typing import Any, ParamSpec, TypeVar

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from evalsuite.errors import UserError
from turk.emulator.clock import VirtualClock
from turk.emulator.delivery import Delivery
from turk.emulator.faults import Faults, parse_script
from turk.emulator.serving import from_here

Given = ParamSpec("Given")
Result = TypeVar("Result")
View = Callable[[], Any]
Action = Callable[[Mapping[str, Any]], Any]
LAST = {"happened": "Faults that happened", "deliveries": "Deliveries"}
CELL = 100
UNITS = {"seconds": 1, "hours": 3600, "days": 86400}


@dataclass(slots=True)
class Controls:
    """What the platforms share: time, faults, deliveries, and what is to be done when time has passed."""

    clock: VirtualClock
    faults: Faults
    delivery: Delivery
    actions: dict[str, Action] = field(default_factory=dict)
    chores: list[Callable[[], None]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    def catch_up(self) -> None:
        """Let every platform do what was due by now."""
        for chore in self.chores:
            chore()


@dataclass(frozen=True, slots=True)
class Panel:
    """What a platform shows (views) and lets be done to it (actions)."""

    title: str
    views: dict[str, View]
    actions: dict[str, Action]

    def behind(self, lock: RLock) -> Panel:
        """Let nobody else at the platform meanwhile."""
        views = {name: locked(lock, view) for name, view in self.views.items()}
        return Panel(self.title, views, {name: locked(lock, action) for name, action in self.actions.items()})


def locked(lock: RLock, work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Have something done with a lock held."""

    def guarded(*args: Given.args, **values: Given.kwargs) -> Result:
        with lock:
            return work(*args, **values)

    return guarded


def make_admin(controls: Controls, panel: Panel) -> Blueprint:
    """Make the routes under /_emulator: GET a view, POST an action."""
    admin = Blueprint("admin", __name__, url_prefix="/_emulator", template_folder="templates", static_folder="static")

    views = {**panel.views, **_views(controls)}
    actions = {**panel.actions, **_actions(controls), **controls.actions}

    @admin.get("/")
    def overview() -> str:
        controls.catch_up()
        titles = {**{name: name.capitalize() for name in panel.views}, **LAST}
        tables = {title: _rows(views[name]()) for name, title in titles.items()}
        about = {"title": panel.title, "links": controls.links, "now": controls.clock.now()}
        return render_template("overview.html", **about, frozen=controls.clock.frozen, tables=tables)

    @admin.get("/<name>")
    def show(name: str) -> tuple[Response, int]:
        if name not in views:
            return jsonify({"error": f"There is no view {name}; there are {', '.join(sorted(views))}."}), 404
        controls.catch_up()
        return jsonify(plain(views[name]())), 200

    @admin.post("/<name>")
    def act(name: str) -> Any:
        if not from_here():
            return jsonify({"error": "Another site's page cannot do this."}), 403
        if name not in actions:
            known = ", ".join(sorted(actions))
            return jsonify({"error": f"There is no action {name}; there are {known}."}), 404
        body = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        try:
            done = actions[name](body if isinstance(body, dict) else {})
        except UserError as error:
            return jsonify({"error": str(error)}), 400
        return jsonify(plain(done)) if request.is_json else redirect(url_for(".overview"), 303)

    return admin


def _views(controls: Controls) -> dict[str, View]:
    return {
        "clock": lambda: {"now": controls.clock.now(), "frozen": controls.clock.frozen},
        "faults": lambda: {"seed": controls.faults.seed, "rules": controls.faults.rules},
        "happened": lambda: [
            {"kind": fault.rule.kind, "on": fault.rule.on, "subject": fault.subject, "count": fault.count}
            for fault in controls.faults.happened
        ],
        "deliveries": lambda: [
            {"url": receipt.parcel.url, "label": receipt.parcel.label, "status": receipt.status, "tries": receipt.tries}
            for receipt in controls.delivery.receipts
        ],
    }


def _actions(controls: Controls) -> dict[str, Action]:
    def advance(body: Mapping[str, Any]) -> Any:
        try:
            seconds = sum(float(body.get(unit) or 0) * size for unit, size in UNITS.items())
        except (TypeError, ValueError) as error:
            raise UserError("advance: seconds, hours and days are numbers.") from error
        controls.clock.advance(seconds)
        controls.catch_up()
        return {"now": controls.clock.now()}

    def set_faults(body: Mapping[str, Any]) -> Any:
        controls.faults.replace(*parse_script(dict(body), "faults"))
        return {"rules": controls.faults.rules}

    def flush(body: Mapping[str, Any]) -> Any:
        controls.catch_up()
        controls.delivery.flush()
        return {"delivered": len(controls.delivery.receipts)}

    return {"advance": advance, "faults": set_faults, "flush": flush}


def plain(value: Any) -> Any:
    """Turn records into what JSON can hold."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _rows(value: Any) -> list[dict[str, str]]:
    rows = [row if isinstance(row, Mapping) else asdict(row) for row in value]
    return [{column: _cell(item) for column, item in row.items()} for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    text = "" if value is None else value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
    return text.strip('"') if len(text) <= CELL else f"{text[:CELL]}…"
