"""Participants of tests, who walk through a study by the store's own functions, and their clock."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from evalsuite.db import session_scope
from turk import answers, sessions
from turk.answers import Answered, Given
from turk.entering import Entry, Synthetic, enter
from turk.refusals import Refused
from turk.steps import Step
from turk.store import Store
from turk.tables import StudyRow
from turk.visits import Ticket

DEVICE: Mapping[str, Any] = {"width": 1280, "height": 720, "refresh_hz": 60.0, "touch": False, "dpr": 2}
TABS = itertools.count()


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def go(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Walk:
    """Somebody in a study."""

    store: Store
    ticket: Ticket
    step: Step
    answered: list[tuple[str, Given]] = field(default_factory=list)

    def to_instructions(self) -> Walk:
        self.step = sessions.device(self.store, self.ticket, DEVICE)
        self.step = sessions.consent(self.store, self.ticket, "v1", True)
        self.step = sessions.color_vision(self.store, self.ticket, ["no"])
        return self

    def to_trials(self) -> Walk:
        self.to_instructions()
        self.step = sessions.begin(self.store, self.ticket)
        return self

    def answer(self, choice: str = "left", **exposure: Any) -> Answered:
        given = seen(self.step, choice, **exposure)
        nonce = self.step.facts["nonce"]
        answered = answers.answer(self.store, self.ticket, nonce, given)
        self.answered.append((nonce, given))
        self.step = answered.step
        return answered

    def to_comment(self, clock: Clock) -> Walk:
        while self.step.name == "trial":
            clock.go(seconds=4)
            self.answer()
        return self


def come(store: Store, name: str = "street", *, synthetic: str | None = None, **query: str) -> Walk:
    """Enter a study in a tab of one's own."""
    tab = f"tab-{next(TABS):020d}"
    key = store.synthetic_key or ""
    entry = Entry(query, tab, synthetic=Synthetic(key, synthetic) if synthetic else None)
    entered = enter(store, name, entry)
    return Walk(store, Ticket(entered.token, tab), entered.step)


def seen(step: Step, choice: str = "left", **exposure: Any) -> Given:
    """An answer after exposures that were as planned, but for what is said."""
    length = step.facts["screen"]["exposure_ms"] or 500
    shown = [{"place": place, "on_ms": 10.5, "off_ms": 10.5 + length} for place in range(len(step.images))]
    return Given(choice, 420.5, {"shown": shown, "hidden": False, "decoded": True, "refresh_hz": 60.0} | exposure)


def rows(engine: Engine, table: Any) -> list[Any]:
    """All rows of a table, in order."""
    with session_scope(engine, read_only=True) as db:
        db.expire_on_commit = False
        return list(db.scalars(select(table).order_by(*table.__table__.primary_key.columns)))


def set_state(engine: Engine, state: str) -> None:
    """Bring all studies into a state."""
    with session_scope(engine) as db:
        db.execute(update(StudyRow).values(state=state))


def refusal(event: Any, *arguments: Any, **named: Any) -> Refused:
    """What an event is refused with."""
    with pytest.raises(Refused) as caught:
        event(*arguments, **named)
    return caught.value
