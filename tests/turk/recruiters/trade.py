"""A study that pays, the emulated MTurk, and workers who take the study by the store's own functions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import Engine, delete, select

from evalsuite.db import session_scope
from tests.turk.studies_made import SECRET, make_store, make_study
from tests.turk.walking import Walk, come
from turk import sessions
from turk.billing import Bill, check_bill
from turk.books import open_books
from turk.caps import Used, used
from turk.emulator.emulator import Emulator
from turk.emulator.mturk.worker_client import Task
from turk.hiring import Wish, draw_up, hire
from turk.paying_tables import LedgerRow, WorkRow
from turk.recruiters.contract import Recruiter, Where
from turk.recruiters.registry import recruiter
from turk.store import Store
from turk.studies import find_study
from turk.tables import PlaceRow, SessionRow

SITE = "http://127.0.0.1:8000"
SETTINGS: Mapping[str, Any] = {"wage_floor_usd": "8.00"}
PARAMETERS = {"practice": 0, "test": 1, "catch": 0}


@dataclass
class WorkersClock:
    """The emulator's time, which the site and our commands go by too."""

    emulator: Emulator

    def __call__(self) -> datetime:
        return self.emulator.controls.clock.now()

    def go(self, **span: float) -> None:
        self.emulator.admin.advance(seconds=span.get("seconds", 0), hours=span.get("hours", 0))


@cache
def desk_of(where: Where, *_credentials: str | None) -> Any:
    """A desk that is opened once: loading boto3's model of the service takes longer than a test."""
    return recruiter("mturk").open(where)


def quick_recruiter(name: str) -> Recruiter:
    """A recruiter whose desks are opened once for the same credentials."""
    keys = [os.environ.get(key) for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE")]
    return replace(recruiter(name), open=lambda where: desk_of(where, *keys))


@dataclass
class Trade:
    """A study at the emulated MTurk."""

    engine: Engine
    emulator: Emulator
    name: str = "street"
    attempts: int = 3
    recruiters: Any = quick_recruiter
    tasks: dict[str, Task] = field(default_factory=dict)

    @property
    def clock(self) -> WorkersClock:
        return WorkersClock(self.emulator)

    @property
    def store(self) -> Store:
        return make_store(self.engine, clock=self.clock, submit_origins=(self.emulator.worker_site_url,))

    @property
    def where(self) -> Where:
        return Where(endpoint=self.emulator.endpoint_url, attempts=self.attempts)

    def bill(self, **changes: Any) -> Bill:
        return draw_up(self.engine, self.wish(**changes), self.recruiters)

    def wish(self, **changes: Any) -> Wish:
        return Wish(**{"name": self.name, "url": SITE, "where": self.where, **changes})

    def launch(self, **changes: Any) -> Bill:
        wish = self.wish(**changes)
        bill = draw_up(self.engine, wish, self.recruiters)
        check_bill(bill)
        hire(self.engine, wish, bill, SECRET, self.recruiters, self.clock)
        return bill

    def books(self) -> Any:
        return open_books(self.engine, self.name, SECRET, self.with_attempts, self.clock)

    def with_attempts(self, name: str) -> Recruiter:
        found: Recruiter = self.recruiters(name)
        return replace(found, open=lambda where: found.open(replace(where, attempts=self.attempts)))

    def accept(self, worker: str) -> Task:
        """Let a worker accept what is on offer."""
        client = self.emulator.worker(worker)
        hit = next(hit for hit in client.hits() if not hit["taken"] and hit["accept"] is None)
        self.tasks[worker] = client.accept(str(hit["hit_id"]))
        return self.tasks[worker]

    def visit(self, task: Task) -> Walk:
        """Come to the study's page as the frame opens it."""
        return come(self.store, self.name, **dict(parse_qsl(urlsplit(task.url).query)))

    def finish(self, walk: Walk, minutes: float = 7) -> Mapping[str, str]:
        """Take the study to its end; what the page then posts."""
        walk.to_trials()
        while walk.step.name == "trial":
            self.clock.go(seconds=minutes * 60)
            walk.answer()
        walk.step = sessions.finish(walk.store, walk.ticket)
        fields: Mapping[str, str] = walk.step.facts["departure"]["fields"]
        return {name: value for name, value in fields.items() if name != "assignmentId"}

    def work(self, worker: str, minutes: float = 7) -> str:
        """Accept, take the study, submit; the assignment's identifier."""
        task = self.accept(worker)
        fields = self.finish(self.visit(task), minutes)
        self.emulator.worker(worker).submit(task, fields)
        return task.assignment_id

    def used(self) -> Used:
        with session_scope(self.engine, read_only=True) as db:
            return used(db, find_study(db, self.name).id)

    def entries(self) -> list[LedgerRow]:
        return self._all(LedgerRow)

    def works(self) -> dict[str, str]:
        return {row.ref: row.state for row in self._all(WorkRow)}

    def places(self) -> list[str]:
        return sorted(row.state for row in self._all(PlaceRow) if not row.synthetic)

    def sessions(self) -> list[str]:
        return [row.state for row in self._all(SessionRow)]

    def account(self) -> Any:
        """The requester's account at the emulator."""
        [account] = self.emulator.market.accounts.values()
        return account

    def agrees(self) -> None:
        """Hold our ledger against the server's, to the cent."""
        used, account = self.used(), self.account()
        assert used.spent_usd == account.spent
        assert used.promised_usd == account.held

    def _all(self, table: Any) -> list[Any]:
        with session_scope(self.engine, read_only=True) as db:
            db.expire_on_commit = False
            return list(db.scalars(select(table).order_by(table.id)))


def make_trade(engine: Engine, emulator: Emulator, folder: Path, **fields: Any) -> Trade:
    """A study that was built and audited, for as many people as are asked for."""
    settings = {**SETTINGS, **fields.pop("settings", {})}
    parameters = fields.pop("parameters", PARAMETERS)
    chosen = {"recruiter": "mturk", "state": "built", "catch": None, "conditions": ("ours",), **fields}
    make_study(engine, folder, settings=settings, parameters=parameters, **chosen)
    name = str(chosen.get("name", "street"))
    with session_scope(engine) as db:
        row = find_study(db, name)
        row.audit = {"sha256": row.sha256, "passed": True, "auc": 0.501, "limit": 0.53}
        db.execute(delete(PlaceRow).where(PlaceRow.study_id == row.id))
    return Trade(engine, emulator, name)
