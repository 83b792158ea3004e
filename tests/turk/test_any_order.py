"""Whatever is asked in whatever order: nothing but refusals, places are conserved, and no answer is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select

from evalsuite.db import session_scope
from tests.turk.studies_made import SYNTHETIC_KEY, make_store, make_study
from tests.turk.walking import DEVICE, TABS, Clock, Walk, come, seen, set_state
from turk import addresses, answers, sessions
from turk.answers import Given
from turk.refusals import Refused
from turk.sweeping import sweep
from turk.tables import PlaceRow, SessionRow, TrialRow
from turk.visits import LIVE, Ticket

STUDIES = itertools.count()
NAMES = ("ada", "bob", "cyd", None)


class Study(RuleBasedStateMachine):
    """A study with two places in each of two arms, and people who do as they please."""

    engine: Engine
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        engine, folder = self.engine, self.folder
        self.clock = Clock()
        self.store = make_store(engine, clock=self.clock)
        self.name = f"study-{next(STUDIES)}"
        parameters = {"practice": 1, "test": 2, "catch": 1}
        row = make_study(
            engine, folder, name=self.name, photos=6, parameters=parameters, participants_per_condition=2,
            settings={"device": {"touch": False}},
        )  # fmt: skip
        self.study_id = row.id
        self.walks: list[Walk] = []
        self.acknowledged: dict[str, Given] = {}

    def attempt(self, event: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """What comes of an event; None where it is refused."""
        try:
            return event(*arguments, **named)
        except Refused:
            return None

    def step(self, walk: Walk, event: Callable[..., Any], *arguments: Any) -> None:
        """Let somebody do something, and remember where they stand."""
        step = self.attempt(event, self.store, walk.ticket, *arguments)
        walk.step = step or walk.step

    @initialize()
    def somebody_begins(self) -> None:
        walk = come(self.store, self.name, id="ada").to_trials()
        self.walks.append(walk)

    @rule(name=st.sampled_from(NAMES), synthetic=st.booleans())
    def enter(self, name: str | None, synthetic: bool) -> None:
        query = {"id": name} if name else {}
        walk = self.attempt(come, self.store, self.name, synthetic="any" if synthetic else None, **query)
        if walk is not None:
            self.walks.append(walk)

    @rule(data=st.data(), change=st.sampled_from([{}, {}, {}, {"width": 9}, {"touch": True}, {"width": None}]))
    def check_device(self, data: st.DataObject, change: dict[str, Any]) -> None:
        self.step(self.who(data), sessions.device, {**DEVICE, **change})

    @rule(data=st.data(), version=st.sampled_from(["v1", "v1", "v0"]), agree=st.sampled_from([True, True, False]))
    def consent(self, data: st.DataObject, version: str, agree: bool) -> None:
        self.step(self.who(data), sessions.consent, version, agree)

    @rule(data=st.data(), event=st.sampled_from([sessions.begin, sessions.finish, sessions.leave, sessions.resume]))
    def go_on(self, data: st.DataObject, event: Callable[..., Any]) -> None:
        self.step(self.who(data), event)

    @rule(data=st.data())
    def hurry_to_the_trials(self, data: st.DataObject) -> None:
        walk = self.who(data)
        self.attempt(walk.to_trials)
        self.step(walk, sessions.resume)

    @rule(data=st.data(), words=st.sampled_from(["", "fun", "nul\x00"]))
    def comment(self, data: st.DataObject, words: str) -> None:
        self.step(self.who(data), sessions.comment, words)

    @rule(data=st.data())
    def tell(self, data: st.DataObject) -> None:
        self.attempt(sessions.events, self.store, self.who(data).ticket, [{"kind": "blur", "at_ms": 1}])

    @rule(data=st.data())
    def open_another_tab(self, data: st.DataObject) -> None:
        walk = self.who(data)
        ticket = Ticket(walk.ticket.token, f"tab-{next(TABS):020d}")
        step = self.attempt(sessions.resume, self.store, ticket)
        if step is not None:
            self.walks.append(Walk(self.store, ticket, step))

    @rule(
        data=st.data(),
        trials=st.integers(1, 4),
        seconds=st.sampled_from([4, 4, 4, 0]),
        hidden=st.sampled_from([False, False, True]),
        choice=st.sampled_from(["left", "left", "right", "up"]),
    )
    def answer(self, data: st.DataObject, trials: int, seconds: float, hidden: bool, choice: str) -> None:
        walk = self.who(data)
        for _ in range(trials):
            if walk.step.name == "trial":
                self.clock.go(seconds=seconds)
                self.put(walk, walk.step.facts["nonce"], seen(walk.step, choice, hidden=hidden))

    @rule(data=st.data())
    def take_it_to_the_end(self, data: st.DataObject) -> None:
        walk = self.who(data)
        while walk.step.name == "trial":
            self.clock.go(seconds=4)
            before = walk.step
            self.put(walk, walk.step.facts["nonce"], seen(walk.step))
            if walk.step is before:
                return
        self.step(walk, sessions.finish)

    @rule(data=st.data())
    @precondition(lambda self: self.acknowledged)
    def answer_again(self, data: st.DataObject) -> None:
        nonce = data.draw(st.sampled_from(sorted(self.acknowledged)))
        given = self.acknowledged[nonce]
        changes: list[dict[str, Any]] = [{}, {"answer": "right"}, {"rt_ms": 1.0}, {"elapsed_ms": 1.0}]
        change = data.draw(st.sampled_from(changes))
        self.put(self.who(data), nonce, replace(given, **change))

    @rule(data=st.data())
    def answer_with_a_clock_of_ones_own(self, data: st.DataObject) -> None:
        walk = self.who(data)
        if walk.step.name == "trial":
            given = replace(seen(walk.step), elapsed_ms=9000, synthetic_key=SYNTHETIC_KEY)
            self.put(walk, walk.step.facts["nonce"], given)

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        walk = self.who(data)
        for token in walk.step.images + walk.step.ahead:
            self.attempt(addresses.find, self.store, token)

    @rule(minutes=st.sampled_from([1, 20, 31, 3000]))
    def wait(self, minutes: float) -> None:
        self.clock.go(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        sweep(self.store.engine, self.store.clock)

    @rule(state=st.sampled_from(["live", "live", "live", "live", "paused", "closed"]))
    def change_state(self, state: str) -> None:
        set_state(self.engine, state)

    def who(self, data: st.DataObject) -> Walk:
        """Somebody, most often one of the last who came."""
        return self.walks[-1 - data.draw(st.integers(0, min(5, len(self.walks) - 1)))]

    def put(self, walk: Walk, nonce: str, given: Given) -> None:
        """Answer; what is acknowledged is remembered."""
        answered = self.attempt(answers.answer, self.store, walk.ticket, nonce, given)
        if answered is not None:
            walk.step = answered.step
            before = self.acknowledged.setdefault(nonce, given)
            assert (before.answer, before.rt_ms, before.exposure) == (given.answer, given.rt_ms, given.exposure)

    @invariant()
    def acknowledged_answers_are_there(self) -> None:
        with session_scope(self.engine, read_only=True) as db:
            query = (
                select(TrialRow.nonce, TrialRow.answer, TrialRow.rt_ms, TrialRow.exposure)
                .join(SessionRow, SessionRow.id == TrialRow.session_id)
                .where(SessionRow.study_id == self.study_id, TrialRow.state == "answered")
            )
            kept = {row.nonce: (row.answer, row.rt_ms, row.exposure) for row in db.execute(query)}
        assert kept == {nonce: (one.answer, one.rt_ms, one.exposure) for nonce, one in self.acknowledged.items()}

    @invariant()
    def places_are_conserved(self) -> None:
        with session_scope(self.engine, read_only=True) as db:
            db.expire_on_commit = False
            places = list(db.scalars(select(PlaceRow).where(PlaceRow.study_id == self.study_id)))
            rows = list(db.scalars(select(SessionRow).where(SessionRow.study_id == self.study_id)))
        for state, holding in (("taken", LIVE), ("done", ("finished",))):
            there = sorted(place.id for place in places if place.state == state)
            assert there == sorted(row.place_id or 0 for row in rows if row.state in holding)
        assert sum(not place.synthetic for place in places) == 4
        known = {place.id: place for place in places}
        for row in rows:
            assert (row.released_at is None) == (row.state in (*LIVE, "finished"))
            place = known[row.place_id or 0]
            assert (place.synthetic, place.arm) == (row.synthetic, row.arm)

    @invariant()
    def trials_are_answered_in_their_order(self) -> None:
        with session_scope(self.engine, read_only=True) as db:
            rows = list(db.scalars(select(SessionRow).where(SessionRow.study_id == self.study_id)))
            for row in rows:
                query = select(TrialRow).where(TrialRow.session_id == row.id).order_by(TrialRow.number)
                trials = list(db.scalars(query))
                states = [trial.state for trial in trials]
                answered = states.count("answered")
                rest = len(states) - answered
                assert states == ["answered"] * answered + (["open"] + ["planned"] * (rest - 1) if rest else [])
                assert (row.started_at is not None) == bool(trials)
                assert row.state != "finished" or rest == 0
                photos = [trial.photo for trial in trials]
                assert len(set(photos)) == len(photos)


@pytest.mark.slow
@pytest.mark.parametrize("examples", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_any_order_of_events_keeps_places_and_answers(engine: Engine, tmp_path: Path, examples: int) -> None:
    patient = settings(
        max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )

    here = type("Here", (Study,), {"engine": engine, "folder": tmp_path})
    run_state_machine_as_test(here, settings=patient)
