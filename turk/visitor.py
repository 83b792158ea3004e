"""A synthetic participant at the study's page: everything that a browser would send, in its order."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from evalsuite.errors import UserError
from turk.crowd import Manners
from turk.observers import Observer
from turk.study import Screen, Stimulus
from turk.watching import REFRESH_HZ, measured, screen_of, spoiled, time_before
from turk.wire import Reply, Wire, fetch

HASTE_MS = 5.0
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
        observer: What they answer.
        seed: For what is not an answer: exposures that fail, the moment of quitting.
        see: Tells what an image shows.
        waits: Whether they really wait; else only their virtual clock does.
        rehearses: Whether they come as a recruiter's people do, to a site that was started for a rehearsal.
    """

    study: str
    kind: str
    query: Mapping[str, str]
    key: str
    manners: Manners
    observer: Observer
    seed: tuple[int, ...]
    see: See
    waits: bool = False
    rehearses: bool = False


@dataclass
class Report:
    """What became of a visit.

    Attributes:
        kind: The kind of observer.
        outcome: finished, already (in an earlier simulation), left, vanished, or the step at which the study ended;
            empty while it goes on.
        counts: What happened: answers, missed, reloads, too_fast, again, conflicts, faults.
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
            if name == "trial" and self._has_enough():
                self._quit()
            elif name == "trial":
                self._trial()
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

    def _send(self, method: str, path: str, body: Any = None) -> Reply:
        return self.wire.send(method, path, body, self.headers)

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
