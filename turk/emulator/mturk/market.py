"""The market's state, all in memory and behind one lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal

from turk.emulator.delivery import Delivery
from turk.emulator.faults import Faults
from turk.emulator.identifiers import Identifiers
from turk.emulator.ledger import Account, Entry, Ledger
from turk.emulator.mturk.records import (
    Assignment,
    Bonus,
    Hit,
    HitType,
    Notice,
    Qualification,
    QualificationRequest,
    QualificationType,
    Subscription,
    Worker,
)
from turk.emulator.mturk.sns import Topics
from turk.emulator.mturk.tokens import Tokens
from turk.emulator.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Options:
    """How the market is set up.

    Args:
        balance: What a new requester's account holds, in dollars.
        credentials: Access keys and their secrets; with None any key is a requester and signatures are not checked.
        worker_site: The origin of the worker's site, which pages get as turkSubmitTo.
    """

    balance: Decimal = Decimal("10000.00")
    credentials: dict[str, str] | None = None
    worker_site: str = "http://localhost"


@dataclass(slots=True)
class Market:
    """Everything that the servers of one emulated MTurk share; hold `lock` while reading or changing it."""

    time: Timeline
    faults: Faults
    delivery: Delivery
    ids: Identifiers
    options: Options
    topics: Topics
    lock: threading.RLock = field(default_factory=threading.RLock)
    ledger: Ledger = field(default_factory=Ledger)
    tokens: Tokens = field(default_factory=Tokens)
    accounts: dict[str, Account] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    hit_types: dict[str, HitType] = field(default_factory=dict)
    hits: dict[str, Hit] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    by_hit: dict[str, dict[str, Assignment]] = field(default_factory=dict)
    ended: list[Assignment] = field(default_factory=list)
    qualification_types: dict[str, QualificationType] = field(default_factory=dict)
    qualifications: dict[tuple[str, str], Qualification] = field(default_factory=dict)
    requests: dict[str, QualificationRequest] = field(default_factory=dict)
    blocks: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    bonuses: list[Bonus] = field(default_factory=list)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def now(self) -> datetime:
        """Tell the time."""
        return self.time.now()

    def account(self, key: str) -> Account:
        """Find a requester's account by access key, or open one."""
        if key not in self.accounts:
            account = Account(key, self.ids.capitals(14, "A"))
            self.accounts[key] = account
            self.ledger.post(account, Entry(self.now(), key, "deposit", available=self.options.balance))
        return self.accounts[key]

    def worker(self, worker_id: str) -> Worker:
        """Find a worker, or let one in who is new."""
        return self.workers.setdefault(worker_id, Worker(worker_id))

    def reset(self, seed: int) -> None:
        """Forget everything but the set-up, as if just started."""
        with self.lock:
            self.topics.topics.clear()
            fresh = Market(
                Timeline(self.time.clock), self.faults, self.delivery, Identifiers(seed), self.options, self.topics
            )
            for item in fields(self):
                if item.name != "lock":
                    setattr(self, item.name, getattr(fresh, item.name))

    def of_hit(self, hit_id: str) -> list[Assignment]:
        """List the assignments of a HIT that count: neither returned nor abandoned."""
        return list(self.by_hit.get(hit_id, {}).values())

    def add(self, assignment: Assignment) -> None:
        """Count an assignment."""
        self.assignments[assignment.id] = self.by_hit.setdefault(assignment.hit_id, {})[assignment.id] = assignment

    def drop(self, assignment: Assignment) -> None:
        """Count an assignment no more, but remember it."""
        del self.assignments[assignment.id], self.by_hit[assignment.hit_id][assignment.id]
        self.ended.append(assignment)
