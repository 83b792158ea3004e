"""What a rehearsal is to show: that both ledgers agree to the cent, and that planted rates are found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from evalsuite.db import session_scope
from turk import frames
from turk.analysis import analyze
from turk.analysis_record import record
from turk.caps import used
from turk.observers import make_population
from turk.paying_tables import LedgerRow
from turk.registry import protocol
from turk.rehearsal import Stage, Wish
from turk.studies import find_study

ZERO = Decimal(0)
WIDE = 3.29 / 1.96
"""From a 95% interval to one of 99.9%, by which a planted rate counts as recovered."""


@dataclass(frozen=True, slots=True)
class Money:
    """What a rehearsal cost, as both sides have it: paid, bonuses of that, and still set aside; and whom."""

    ours_usd: Decimal
    servers_usd: Decimal
    promised_usd: Decimal
    held_usd: Decimal
    people: int
    our_bonuses_usd: Decimal = ZERO
    servers_bonuses_usd: Decimal = ZERO

    @property
    def agree(self) -> bool:
        """Whether both sides agree to the cent."""
        ours = (self.ours_usd, self.promised_usd, self.our_bonuses_usd)
        return ours == (self.servers_usd, self.held_usd, self.servers_bonuses_usd)


@dataclass(frozen=True, slots=True)
class Found:
    """A fool rate as a fraction, with its interval for these photos."""

    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Recovered:
    """A condition's planted and found fool rate; none is found where too few people finished for an interval."""

    condition: str
    planted: float
    found: Found | None

    @property
    def close(self) -> bool:
        """Whether the planted rate lies in a 99.9% interval around the one that was found, or none was."""
        if self.found is None:
            return True
        reach = WIDE * max(self.found.high - self.found.rate, self.found.rate - self.found.low)
        return abs(self.planted - self.found.rate) <= reach

    def __str__(self) -> str:
        """One line for the screen."""
        if self.found is None:
            return f"{self.condition}: planted {self.planted:.1%}; too few people finished to find it again"
        found = f"{self.found.rate:.1%} [{self.found.low:.1%}, {self.found.high:.1%}]"
        told = "recovered" if self.close else "NOT recovered"
        return f"{self.condition}: planted {self.planted:.1%}, found {found}: {told}"


def money_of(stage: Stage) -> Money | None:
    """Hold our ledger against the recruiter's; None for a link, which pays nobody."""
    if stage.endpoint is None:
        return None
    with session_scope(stage.engine, read_only=True) as db:
        key = find_study(db, stage.study.name).id
        ours, paid = used(db, key), (LedgerRow.kind == "bonus", LedgerRow.state == "settled")
        bonuses = db.scalars(select(LedgerRow.amount_usd).where(LedgerRow.study_id == key, *paid)).all()
    emulator = stage.hall.emulator
    by_prolific = stage.endpoint == emulator.prolific_url
    accounts = [emulator.workspace.account] if by_prolific else [*emulator.market.accounts.values()]
    theirs, held = (sum((getattr(one, part) for one in accounts), ZERO) for part in ("spent", "held"))
    admin = emulator.prolific_admin if by_prolific else emulator.admin
    people = {row["person_id"] for row in admin.rows("ledger", kind="reward")}
    given = sum((Decimal(row["spent"]) for row in admin.rows("ledger", kind="bonus")), ZERO)
    return Money(ours.spent_usd, theirs, ours.promised_usd, held, len(people), sum(bonuses, ZERO), given)


def recovered(stage: Stage, wish: Wish) -> list[Recovered]:
    """Analyze what people answered, and hold it against what was planted."""
    study = stage.study
    if protocol(study.protocol).measure != "fool_rate":
        return []
    with session_scope(stage.engine, read_only=True) as db:
        key = find_study(db, study.name).id
    responses = frames.responses(stage.engine, key, synthetic=False)
    sessions = frames.sessions(stage.engine, key, synthetic=False)
    found = record(analyze(responses, sessions, study, frames.decisions(stage.engine, key), False))["conditions"]
    planted = make_population(study, wish.rates, wish.seed).rates
    return [_recovered(name, planted[name], found.get(name)) for name in study.conditions]


def _recovered(name: str, planted: float, found: Mapping[str, Any] | None) -> Recovered:
    ends = found and found["fool_rate"]["ci95_these_photos"]
    return Recovered(name, planted, Found(found["fool_rate"]["value"], *ends) if found and ends else None)
