"""A synthetic participant's part in a study that lets people color: open a photo, set points, hand it in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from turk.novice import Event, Novice
from turk.visitor import Visit

AHEAD_MS = 2000.0
"""How far the page's clock may be ahead of the server's, as turk.coloring has it."""
RELOAD_AFTER = 2
"""Events of a photo before somebody who reloads does."""


@dataclass(frozen=True, slots=True)
class Colorist:
    """Somebody who colors photos as a novice does."""

    step: ClassVar[str] = "photo"
    novice: Novice

    def take(self, visit: Visit) -> None:
        """Color a photo: open it, send each point as it is set, and hand the photo in."""
        number = visit.step["progress"]["done"]
        photo = visit.look(visit.step["images"][0]).photo
        visit.go(visit.send("POST", f"{_address(visit)}/open", {}))
        sent: list[Event] = []
        started = time.monotonic()
        for event in self.novice.events(photo, visit.step["task"], number, lambda x, y: _recommended(visit, x, y)):
            if visit.visitor.waits:
                time.sleep(max(0.0, event["at_ms"] / 1000 - (time.monotonic() - started)))
            sent.append({"number": len(sent), **event})
            _keep(visit, sent[-1])
            if visit.visitor.manners.reload_every and len(sent) == RELOAD_AFTER:
                _reload(visit, sent)
        seconds = visit.step["task"]["seconds"]
        _hand_in(visit, len(sent), seconds, seconds - (time.monotonic() - started))


def _address(visit: Visit) -> str:
    return f"/api/photos/{visit.step['nonce']}"


def _recommended(visit: Visit, x: int, y: int) -> list[tuple[float, float]]:
    """What the page offers; nothing where the coloring process is away."""
    reply = visit.send("POST", f"{_address(visit)}/colors", {"x": x, "y": y, "points": []}, patient=False)
    return [(color["a"], color["b"]) for color in reply.json()["colors"]] if reply.status == 200 else []


def _keep(visit: Visit, event: Event) -> None:
    manners, path = visit.visitor.manners, f"{_address(visit)}/events"
    body = {"events": [event], **visit.visitor.clock(event["at_ms"])}
    if manners.hasty and event["number"] == 0 and event["at_ms"] > 2 * AHEAD_MS:
        visit.report.counts["too_fast"] += 1
        ahead = visit.send("PUT", path, {**body, **visit.visitor.clock(0.0)})
        visit.expect(ahead, 400, "a point before its time was not refused")
    visit.require(visit.send("PUT", path, body), "a point is taken")
    visit.report.counts["points"] += event["kind"] == "place"
    if manners.twice:
        _keep_twice(visit, path, body)


def _keep_twice(visit: Visit, path: str, body: dict[str, Any]) -> None:
    visit.report.counts["again"] += 1
    visit.expect(visit.send("PUT", path, body), 200, "the same point again was not answered alike")
    changed = {**body, "events": [{**event, "at_ms": event["at_ms"] + 1} for event in body["events"]]}
    visit.report.counts["conflicts"] += 1
    visit.expect(visit.send("PUT", path, changed), 409, "another point of the same number was not refused")


def _reload(visit: Visit, sent: Sequence[Event]) -> None:
    before = visit.step["nonce"]
    visit.reload()
    if (visit.step.get("nonce"), visit.step.get("events")) != (before, len(sent)):
        visit.report.faults.append("a reload did not lead back to the same photo with all its points")


def _hand_in(visit: Visit, events: int, seconds: float, left_s: float) -> None:
    if visit.visitor.waits:
        time.sleep(max(0.0, left_s))
    body = {"events": events, "ended": "time", **visit.visitor.clock(seconds * 1000)}
    reply = visit.send("PUT", _address(visit), body)
    visit.require(reply, "a photo is handed in")
    visit.acknowledged("time")
    visit.go(reply)
