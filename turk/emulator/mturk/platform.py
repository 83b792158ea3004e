"""The emulated MTurk as a whole: a market with its API and its worker's site on two ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

from evalsuite.errors import UserError
from turk.emulator.admin import Action, Controls, Panel, View, locked, make_admin
from turk.emulator.identifiers import Identifiers
from turk.emulator.ledger import deposit
from turk.emulator.mturk.api import make_api
from turk.emulator.mturk.lifecycle import catch_up
from turk.emulator.mturk.market import Market, Options
from turk.emulator.mturk.notices import ask_to_confirm
from turk.emulator.mturk.records import Place
from turk.emulator.mturk.sns import Topic, Topics
from turk.emulator.mturk.views import show_hit
from turk.emulator.mturk.worker_site import make_worker_site
from turk.emulator.serving import LocalServer, guard
from turk.emulator.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Platform:
    """A market and the servers in front of it."""

    market: Market
    api: LocalServer
    site: LocalServer


def make_platform(controls: Controls, options: Options, seed: int, api: LocalServer, site: LocalServer) -> Platform:
    """Give the servers their apps; they do not listen yet."""
    market = Market(
        Timeline(controls.clock), controls.faults, controls.delivery, Identifiers(seed), options, Topics(api.url)
    )
    controls.chores.append(locked(market.lock, lambda: catch_up(market)))
    site.app = make_worker_site(market)
    api.app = make_api_app(market, controls)
    return Platform(market, api, site)


def make_api_app(market: Market, controls: Controls) -> Flask:
    """Make the app with the API and the emulator's own routes."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 2_000_000
    guard(app)
    app.register_blueprint(make_api(market))
    panel = Panel("Emulated Mechanical Turk", make_views(market), make_actions(market))
    app.register_blueprint(make_admin(controls, panel.behind(market.lock)))
    return app


def make_views(market: Market) -> dict[str, View]:
    """List what the emulator shows of a market."""
    return {
        "accounts": lambda: list(market.accounts.values()),
        "ledger": lambda: market.ledger.entries,
        "hits": lambda: [{**show_hit(market, hit), "Question": None, "Held": hit.held} for hit in market.hits.values()],
        "assignments": lambda: [*market.ended, *market.assignments.values()],
        "bonuses": lambda: market.bonuses,
        "workers": lambda: list(market.workers.values()),
        "notices": lambda: market.notices,
    }


def make_actions(market: Market) -> dict[str, Action]:
    """List what can be done to a market from outside the API."""

    def put_in(body: Mapping[str, Any]) -> Any:
        account = market.account(str(body.get("account", "")))
        deposit(market.ledger, account, body.get("amount"), market.now())
        return account

    def worker(body: Mapping[str, Any]) -> Any:
        found = market.worker(str(body.get("worker_id", "")))
        changes = {name: value for name, value in body.items() if name in WORKER_FIELDS}
        unknown = set(body) - set(changes) - {"worker_id", "country", "subdivision"}
        if unknown or any(type(value) is not WORKER_FIELDS[name] for name, value in changes.items()):
            raise UserError(f"worker: fields are country, subdivision, {', '.join(WORKER_FIELDS)}; got {dict(body)}.")
        for name, value in changes.items():
            setattr(found, name, value)
        if "country" in body:
            found.place = Place(str(body["country"]), body.get("subdivision"))
        return found

    def subscribe(body: Mapping[str, Any]) -> Any:
        version = str(body.get("signature_version", "1"))
        if version not in ("1", "2"):
            raise UserError(f"topic: signature_version is 1 (SHA-1, SNS's default) or 2 (SHA-256); got {version}.")
        topic = Topic(str(body.get("arn", "")), str(body.get("url", "")), version, market.ids.hexadecimal(64))
        market.topics.subscribe(topic)
        topic.confirmed = bool(body.get("confirmed", False))
        if not topic.confirmed:
            ask_to_confirm(market, topic)
        return topic

    return {"deposit": put_in, "worker": worker, "topic": subscribe}


WORKER_FIELDS: dict[str, type] = {"masters": bool, "adult": bool, "prior_approved": int, "prior_rejected": int}
