"""A synthetic participant at the study's page: everything that a browser would send, in its order."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from evalsuite.errors import UserError
from turk.crowd import Manners
from turk.novice import Event, Novice
from turk.observers import Observer
from turk.study import Screen, Stimulus
from turk.watching import REFRESH_HZ, measured, screen_of, spoiled, time_before
from turk.wire import Reply, Wire, fetch

HASTE_MS = 5.0
AHEAD_MS = 2000.0
"""How far the page's clock may be ahead of the server's, as turk.coloring has it."""
RELOAD_AFTER = 2
"""Events of a photo before somebody who reloads does."""
DEVICE = {"width": 1440, "height": 900, "dpr": 1, "touch": False, "refresh_hz": REFRESH_HZ, "user_agent": "simulated"}

Step: TypeAlias = dict[str, Any]
See: TypeAlias = Callable[[bytes], Stimulus]
"""Tells what an image shows, as eyes do."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody about to take part.

    Attributes:
        study: The study's name.
        kind: The kind of observer, as the session keeps it.
        query: The recruiter's parameters.
        key: The server's key for synthetic participants.
        manners: How they take the study.
        observer: What they answer; None where people color.
        seed: For what is not an answer: exposures that fail, the moment of quitting.
        see: Tells what an image shows.
        waits: Whether they really wait; else only their virtual clock does.
        rehearses: Whether they come as a recruiter's people do, to a site that was started for a rehearsal.
        novice: How they color; None where people judge.
    """

    study: str
    kind: str
    query: Mapping[str, str]
    key: str
    manners: Manners
    observer: Observer | None
    seed: tuple[int, ...]
    see: See
    waits: bool = False
    rehearses: bool = False
    novice: Novice | None = None


@dataclass
class Report:
    """What became of a visit.

    Attributes:
        kind: The kind of observer.
        outcome: finished, already (in an earlier simulation), left, vanished, or the step at which the study ended;
            empty while it goes on.
        counts: What happened: answers, points, missed, reloads, too_fast, again, conflicts, faults.
        faults: What the server should not have done, in words.
        answers: Nonce to the answer that was acknowledged.
    """

    kind: str
    outcome: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)


class Visit:
    """A visit under way."""

    def __init__(self, visitor: Visitor, wire: Wire) -> None:
        self.visitor = visitor
        self.wire = wire
        self.report = Report(visitor.kind)
        self.headers: dict[str, str] = {}
        self.seen: dict[str, Stimulus] = {}
        self.step: Step = {}

    def enter(self) -> None:
        """Open the study's address, for the first time or again: in a fresh tab, with a new token.

        Raises:
            UserError: The study does not let synthetic participants in.
        """
        visitor, tab = self.visitor, secrets.token_urlsafe(16)
        who = {"key": visitor.key, "observer": visitor.kind}
        body: dict[str, Any] = {"query": dict(visitor.query), "tab": tab, "locale": "en"}
        if not visitor.rehearses:
            body["synthetic"] = who
        reply = self.wire.send("POST", f"/api/studies/{visitor.study}/enter", body)
        if reply.status != 200:
            raise UserError(f"{self.wire.url}: nobody is let in ({_sentence(reply)})")
        said = reply.json()
        self.headers = {"Authorization": f"Bearer {said['token']}", "X-Tab": tab, "X-Synthetic-Key": visitor.key}
        self.step = said["step"]

    def take(self, stopped: threading.Event | None = None) -> Report:
        """Go on from where the session stands to its end, or until stopped."""
        if self.step["name"] == "finished":
            self.report.outcome = "already"
        while not (self.report.outcome or (stopped and stopped.is_set())):
            name = self.step["name"]
            if name in ("trial", "photo") and self._has_enough():
                self._quit()
            elif name == "trial":
                self._trial()
            elif name == "photo":
                self._photo()
            elif name in EARLIER:
                self._earlier(name)
            else:
                self.report.outcome = name
        return self.report

    def _earlier(self, name: Literal["device", "consent", "color_vision", "instructions", "comment"]) -> None:
        method, body = EARLIER[name]
        if name == "consent":
            body = {"version": self.step["version"], "agree": True}
        self._go(self._send("POST", f"/api/session/{method}", body))

    def _has_enough(self) -> bool:
        share = float(np.random.default_rng(self.visitor.seed).random())
        done, total = (self.step["progress"][name] for name in ("done", "total"))
        return bool(self.visitor.manners.quits and done >= 1 + share * (total - 2))

    def _quit(self) -> None:
        if self.step["progress"]["done"] % 2:
            self.report.outcome = "vanished"
        else:
            self._go(self._send("POST", "/api/session/leave", {}))

    def _trial(self) -> None:
        manners, number = self.visitor.manners, self.step["progress"]["done"]
        again = bool(manners.reload_every and number % manners.reload_every == manners.reload_every - 1)
        if again:
            self._reload()
        screen = screen_of(self.step["screen"])
        shown = [self._look(address) for address in self.step["images"]]
        for address in self.step["ahead"]:
            self._look(address)
        if self.visitor.observer is None:
            raise UserError(f"{self.wire.url}: photos to color were expected; got images to judge. Simulate again.")
        given = self.visitor.observer.answer(screen, shown, number)
        rt_ms = 1.0 if manners.hasty else given.rt_ms
        exposure = measured(screen, rt_ms, np.random.default_rng([*self.visitor.seed, number]), again)
        self.report.counts["missed"] += spoiled(exposure)
        body = {"answer": given.choice, "rt_ms": rt_ms, "exposure": exposure}
        nonce = self.step["nonce"]
        if manners.hasty:
            self._hasten(nonce, body)
        reply = self._put(nonce, body, time_before(screen) + rt_ms)
        self.report.counts["answers"] += 1
        self.report.answers[nonce] = given.choice
        if manners.twice:
            self._send_twice(nonce, body, reply, screen)
        self._go(reply)

    def _photo(self) -> None:
        """Color a photo: open it, send each point as it is set, and hand the photo in."""
        novice, nonce, number = self.visitor.novice, self.step["nonce"], self.step["progress"]["done"]
        if novice is None:
            raise UserError(f"{self.wire.url}: images to judge were expected; got photos to color. Simulate again.")
        photo = self._look(self.step["images"][0]).photo
        self._go(self._send("POST", f"/api/photos/{nonce}/open", {}))
        sent: list[Event] = []
        started = time.monotonic()
        for event in novice.events(photo, self.step["task"], number, lambda x, y: self._recommended(nonce, x, y)):
            if self.visitor.waits:
                time.sleep(max(0.0, event["at_ms"] / 1000 - (time.monotonic() - started)))
            sent.append({"number": len(sent), **event})
            self._keep(nonce, sent)
            if self.visitor.manners.reload_every and len(sent) == RELOAD_AFTER:
                self._reload_photo(sent)
        seconds = self.step["task"]["seconds"]
        self._hand_in(nonce, len(sent), seconds, seconds - (time.monotonic() - started))

    def _keep(self, nonce: str, sent: Sequence[Event]) -> None:
        path, new = f"/api/photos/{nonce}/events", sent[-1]
        body = {"events": [new], **self._told(new["at_ms"])}
        if self.visitor.manners.hasty and new["number"] == 0 and new["at_ms"] > 2 * AHEAD_MS:
            ahead = self._send("PUT", path, {**body, **({} if self.visitor.waits else {"elapsed_ms": 0.0})})
            self.report.counts["too_fast"] += 1
            self._expect(ahead, 400, "a point before its time was not refused")
        reply = self._send("PUT", path, body)
        if reply.status != 200:
            raise UserError(f"{self.wire.url}: a point is taken; got {_sentence(reply)}")
        self.report.counts["points"] += new["kind"] == "place"
        if self.visitor.manners.twice:
            self.report.counts["again"] += 1
            self._expect(self._send("PUT", path, body), 200, "the same point again was not answered alike")
            changed = {**body, "events": [{**new, "at_ms": new["at_ms"] + 1}]}
            self.report.counts["conflicts"] += 1
            self._expect(self._send("PUT", path, changed), 409, "another point of the same number was not refused")

    def _hand_in(self, nonce: str, events: int, seconds: float, left_s: float) -> None:
        if self.visitor.waits:
            time.sleep(max(0.0, left_s))
        body = {"events": events, "ended": "time", **self._told(seconds * 1000)}
        self._go(self._send("PUT", f"/api/photos/{nonce}", body))
        self.report.counts["answers"] += 1
        self.report.answers[nonce] = "time"

    def _told(self, elapsed_ms: float) -> dict[str, float]:
        return {} if self.visitor.waits else {"elapsed_ms": elapsed_ms}

    def _recommended(self, nonce: str, x: int, y: int) -> list[tuple[float, float]]:
        """What the page offers; nothing where the coloring process is away."""
        reply = self._send("POST", f"/api/photos/{nonce}/colors", {"x": x, "y": y, "points": []}, patient=False)
        return [(color["a"], color["b"]) for color in reply.json()["colors"]] if reply.status == 200 else []

    def _reload_photo(self, sent: Sequence[Event]) -> None:
        before = self.step["nonce"]
        self.enter()
        self._go(self._send("GET", "/api/session"))
        self.report.counts["reloads"] += 1
        if (self.step.get("nonce"), self.step.get("events")) != (before, len(sent)):
            self.report.faults.append("a reload did not lead back to the same photo with all its points")

    def _expect(self, reply: Reply, status: int, fault: str) -> None:
        if reply.status != status:
            self.report.faults.append(f"{fault} (status {reply.status})")

    def _look(self, address: str) -> Stimulus:
        if address not in self.seen:
            reply = self.wire.send("GET", address)
            if reply.status == 302 and reply.location:
                reply = fetch(reply.location)
            if reply.status != 200:
                raise UserError(f"{self.wire.url}{address}: an image is sent; got status {reply.status}.")
            self.seen[address] = self.visitor.see(reply.body)
        return self.seen[address]

    def _reload(self) -> None:
        before = self.step
        self.enter()
        self._go(self._send("GET", "/api/session"))
        self.report.counts["reloads"] += 1
        if self.step != before:
            self.report.faults.append("a reload did not lead back to the same pair")

    def _hasten(self, nonce: str, body: Mapping[str, Any]) -> None:
        reply = self._send("PUT", f"/api/trials/{nonce}", {**body, "elapsed_ms": HASTE_MS})
        self.report.counts["too_fast"] += 1
        if reply.status != 422:
            self.report.faults.append(f"an answer before the images was not refused (status {reply.status})")

    def _send_twice(self, nonce: str, body: Mapping[str, Any], first: Reply, screen: Screen) -> None:
        again = self._send("PUT", f"/api/trials/{nonce}", body)
        self.report.counts["again"] += 1
        if (again.status, again.json()) != (200, first.json()):
            self.report.faults.append(f"the same answer again was not answered alike (status {again.status})")
        other = next(choice for choice in screen.choices if choice != body["answer"])
        changed = self._send("PUT", f"/api/trials/{nonce}", {**body, "answer": other})
        self.report.counts["conflicts"] += 1
        if changed.status != 409:
            self.report.faults.append(f"another answer to the same trial was not refused (status {changed.status})")

    def _put(self, nonce: str, body: dict[str, Any], elapsed_ms: float) -> Reply:
        if self.visitor.waits:
            time.sleep(elapsed_ms / 1000)
        else:
            body = {**body, "elapsed_ms": elapsed_ms}
        reply = self._send("PUT", f"/api/trials/{nonce}", body)
        if reply.status != 200:
            raise UserError(f"{self.wire.url}: an answer is taken; got {_sentence(reply)}")
        return reply

    def _send(self, method: str, path: str, body: Any = None, patient: bool = True) -> Reply:
        return self.wire.send(method, path, body, self.headers, patient)

    def _go(self, reply: Reply) -> None:
        if reply.status != 200:
            raise UserError(f"{self.wire.url}: the study goes on; got {_sentence(reply)}")
        self.step = reply.json()["step"]


EARLIER: Mapping[str, tuple[str, dict[str, Any]]] = {
    "device": ("device", DEVICE),
    "consent": ("consent", {}),
    "color_vision": ("color-vision", {"answers": ["no"]}),
    "instructions": ("begin", {}),
    "comment": ("finish", {}),
}
"""What is sent at the steps around the trials."""


def _sentence(reply: Reply) -> str:
    try:
        return f"status {reply.status}: {reply.json()['error']}"
    except (ValueError, KeyError, TypeError):
        return f"status {reply.status}"
