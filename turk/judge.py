"""A synthetic participant's part in a study that asks about images: look at them, answer, and what the hasty do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from turk.observers import Observer
from turk.study import Screen, Stimulus
from turk.visitor import Visit
from turk.watching import measured, screen_of, spoiled, time_before
from turk.wire import Reply

HASTE_MS = 5.0


@dataclass(frozen=True, slots=True)
class Judge:
    """Somebody who judges images, and answers as their observer does."""

    step: ClassVar[str] = "trial"
    observer: Observer

    def take(self, visit: Visit) -> None:
        """Look at a trial's images and answer it."""
        manners, number = visit.visitor.manners, visit.step["progress"]["done"]
        again = bool(manners.reload_every and number % manners.reload_every == manners.reload_every - 1)
        if again:
            _reload(visit)
        screen = screen_of(visit.step["screen"])
        given = self.observer.answer(screen, _shown(visit), number)
        rt_ms = 1.0 if manners.hasty else given.rt_ms
        exposure = measured(screen, rt_ms, np.random.default_rng([*visit.visitor.seed, number]), again)
        visit.report.counts["missed"] += spoiled(exposure)
        body = {"answer": given.choice, "rt_ms": rt_ms, "exposure": exposure}
        if manners.hasty:
            _hasten(visit, body)
        reply = _answer(visit, body, time_before(screen) + rt_ms)
        if manners.twice:
            _answer_twice(visit, body, reply, screen)
        visit.go(reply)


def _reload(visit: Visit) -> None:
    before = visit.step
    visit.reload()
    if visit.step != before:
        visit.report.faults.append("a reload did not lead back to the same pair")


def _shown(visit: Visit) -> list[Stimulus]:
    """Fetch the trial's images, and those of the trials ahead as the page does."""
    shown = [visit.look(address) for address in visit.step["images"]]
    for address in visit.step["ahead"]:
        visit.look(address)
    return shown


def _hasten(visit: Visit, body: Mapping[str, Any]) -> None:
    reply = _put(visit, {**body, "elapsed_ms": HASTE_MS})
    visit.report.counts["too_fast"] += 1
    visit.expect(reply, 422, "an answer before the images was not refused")


def _answer(visit: Visit, body: Mapping[str, Any], elapsed_ms: float) -> Reply:
    if visit.visitor.waits:
        time.sleep(elapsed_ms / 1000)
    reply = _put(visit, {**body, **visit.visitor.clock(elapsed_ms)})
    visit.require(reply, "an answer is taken")
    visit.acknowledged(body["answer"])
    return reply


def _answer_twice(visit: Visit, body: Mapping[str, Any], first: Reply, screen: Screen) -> None:
    again = _put(visit, body)
    visit.report.counts["again"] += 1
    if (again.status, again.json()) != (200, first.json()):
        visit.report.faults.append(f"the same answer again was not answered alike (status {again.status})")
    other = next(choice for choice in screen.choices if choice != body["answer"])
    visit.report.counts["conflicts"] += 1
    visit.expect(_put(visit, {**body, "answer": other}), 409, "another answer to the same trial was not refused")


def _put(visit: Visit, body: Mapping[str, Any]) -> Reply:
    return visit.send("PUT", f"/api/trials/{visit.step['nonce']}", body)
