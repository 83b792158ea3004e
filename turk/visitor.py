"""A synthetic participant at the study's page: everything that a browser would send, in its order."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np

from evalsuite.errors import UserError
from turk.crowd import Manners
from turk.study import Stimulus
from turk.watching import REFRESH_HZ
from turk.wire import Reply, Wire, fetch

DEVICE = {"width": 1440, "height": 900, "dpr": 1, "touch": False, "refresh_hz": REFRESH_HZ, "user_agent": "simulated"}

Step: TypeAlias = dict[str, Any]
See: TypeAlias = Callable[[bytes], Stimulus]
"""Tells what an image shows, as eyes do."""


class Part(Protocol):
    """What somebody does between instructions and comment: judge images (turk.judge), or color photos (turk.colorist).

    Attributes:
        step: The name of the steps that they can take.
    """

    step: ClassVar[str]

    def take(self, visit: Visit) -> None:
        """Take the step at which the visit is."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody about to take part.

    Attributes:
        study: The study's name.
        kind: The kind of observer, as the session keeps it.
        query: The recruiter's parameters.
        key: The server's key for synthetic participants.
        manners: How they take the study.
        part: What they do at the study's trials or photos.
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
    part: Part
    seed: tuple[int, ...]
    see: See
    waits: bool = False
    rehearses: bool = False

    def clock(self, elapsed_ms: float) -> dict[str, float]:
        """What the server is told of a virtual clock; whoever waits has none."""
        return {} if self.waits else {"elapsed_ms": elapsed_ms}


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
            if name in EARLIER:
                self._earlier(name)
            elif name in PARTS:
                self._part(name)
            else:
                self.report.outcome = name
        return self.report

    def reload(self) -> None:
        """Open the page again, and stand where the server says."""
        self.enter()
        self.go(self.send("GET", "/api/session"))
        self.report.counts["reloads"] += 1

    def look(self, address: str) -> Stimulus:
        """Fetch an image, once, from here or where the site sends us."""
        if address not in self.seen:
            reply = self.wire.send("GET", address)
            if reply.status == 302 and reply.location:
                reply = fetch(reply.location)
            if reply.status != 200:
                raise UserError(f"{self.wire.url}{address}: an image is sent; got status {reply.status}.")
            self.seen[address] = self.visitor.see(reply.body)
        return self.seen[address]

    def send(self, method: str, path: str, body: Any = None, patient: bool = True) -> Reply:
        """Ask the site as this session."""
        return self.wire.send(method, path, body, self.headers, patient)

    def go(self, reply: Reply) -> None:
        """Go to the step that a reply leads to."""
        self.require(reply, "the study goes on")
        self.step = reply.json()["step"]

    def require(self, reply: Reply, rule: str) -> None:
        """Refuse to go on after a refusal."""
        if reply.status != 200:
            raise UserError(f"{self.wire.url}: {rule}; got {_sentence(reply)}")

    def expect(self, reply: Reply, status: int, fault: str) -> None:
        """Write down what the server should have answered otherwise."""
        if reply.status != status:
            self.report.faults.append(f"{fault} (status {reply.status})")

    def acknowledged(self, answer: str) -> None:
        """Write down that the server has the answer of the present step."""
        self.report.counts["answers"] += 1
        self.report.answers[self.step["nonce"]] = answer

    def _earlier(self, name: str) -> None:
        method, body = EARLIER[name]
        if name == "consent":
            body = {"version": self.step["version"], "agree": True}
        self.go(self.send("POST", f"/api/session/{method}", body))

    def _part(self, name: str) -> None:
        part = self.visitor.part
        if self._has_enough():
            self._quit()
        elif name == part.step:
            part.take(self)
        else:
            raise UserError(f"{self.wire.url}: a {part.step} was expected; got a {name}. Simulate again.")

    def _has_enough(self) -> bool:
        share = float(np.random.default_rng(self.visitor.seed).random())
        done, total = (self.step["progress"][name] for name in ("done", "total"))
        return bool(self.visitor.manners.quits and done >= 1 + share * (total - 2))

    def _quit(self) -> None:
        if self.step["progress"]["done"] % 2:
            self.report.outcome = "vanished"
        else:
            self.go(self.send("POST", "/api/session/leave", {}))


EARLIER: Mapping[str, tuple[str, dict[str, Any]]] = {
    "device": ("device", DEVICE),
    "consent": ("consent", {}),
    "color_vision": ("color-vision", {"answers": ["no"]}),
    "instructions": ("begin", {}),
    "comment": ("finish", {}),
}
"""What is sent at the steps around the trials."""
PARTS = ("trial", "photo")
"""The steps that a part is made of."""


def _sentence(reply: Reply) -> str:
    try:
        return f"status {reply.status}: {reply.json()['error']}"
    except (ValueError, KeyError, TypeError):
        return f"status {reply.status}"
