"""Money is conserved and nobody is paid twice, whatever people, time and faults do."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.turk.emulator.calling import HIT
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.faults import Rule
from turk.emulator.mturk.fees import bonus_fee, reward_fee
from turk.emulator.mturk.places import count, needed

WORKERS = [f"A{number}" for number in range(5)]
KINDS = ["throttle", "error_before", "error_after", "reuse_assignment", "submit_twice", "return_after_finishing"]
START_BALANCE = Decimal("40.00")


@cache
def emulator_without_servers() -> Emulator:
    """An emulator whose apps are called without a network."""
    return Emulator(Settings(balance=START_BALANCE, start=datetime(2026, 3, 2, tzinfo=UTC), frozen=True))


class Rehearsal(RuleBasedStateMachine):
    """A requester and five workers who do anything in any order, at a market where much goes wrong."""

    @initialize(
        rates=st.lists(st.sampled_from([0.0, 0.2, 0.5]), min_size=len(KINDS), max_size=len(KINDS)),
        seed=st.integers(0, 99),
    )
    def start(self, rates: list[float], seed: int) -> None:
        """Start with faults."""
        rules = [Rule(kind, rate=rate) for kind, rate in zip(KINDS, rates, strict=True) if rate]
        self.emulator = emulator_without_servers()
        self.emulator.reset()
        self.emulator.controls.faults.replace(rules, seed)
        self.market = self.emulator.market
        self.api = self.emulator.mturk.api.app.test_client()
        self.sites = {worker: self.log_in(worker) for worker in WORKERS}
        self.said_paid: Counter[str] = Counter()
        self.call("GetAccountBalance")
        self.create(3, "2.50", 86_400, None)

    def log_in(self, worker_id: str) -> FlaskClient:
        """Log a worker in."""
        site = self.emulator.mturk.site.app.test_client()
        site.post("/login", data={"worker_id": worker_id})
        return site

    def call(self, operation: str, **parameters: Any) -> dict[str, Any] | None:
        """Call the API; None when it refused or failed."""
        headers = {"X-Amz-Target": f"MTurkRequesterServiceV20170117.{operation}"}
        answer = self.api.post("/", data=json.dumps(parameters), headers=headers)
        return json.loads(answer.data) if answer.status_code == 200 else None

    def pick(self, ids: list[str], index: int) -> str:
        """One of the identifiers, or one that is not there."""
        return ids[index % len(ids)] if ids else "3NONE"

    def hits(self) -> list[str]:
        """All HITs."""
        return list(self.market.hits)

    def assignments(self) -> list[str]:
        """All assignments that are not given up."""
        return list(self.market.assignments)

    def handed_in(self) -> list[str]:
        """The assignments that were submitted at some time."""
        return [item.id for item in self.market.assignments.values() if item.status != "Accepted"]

    @rule(
        places=st.sampled_from([1, 3, 10]),
        reward=st.sampled_from(["0.01", "0.33", "2.50"]),
        delay=st.sampled_from([0, 86_400]),
        token=st.sampled_from(["x", "y", None]),
    )
    def create(self, places: int, reward: str, delay: int, token: str | None) -> None:
        """Offer a HIT."""
        changes = {"MaxAssignments": places, "Reward": reward, "AutoApprovalDelayInSeconds": delay}
        tokens = {"UniqueRequestToken": token} if token else {}
        self.call("CreateHIT", **{**HIT, **changes, **tokens})

    @rule(index=st.integers(0, 9), more=st.integers(0, 3))
    def grow(self, index: int, more: int) -> None:
        """Give a HIT more places."""
        self.call(
            "CreateAdditionalAssignmentsForHIT", HITId=self.pick(self.hits(), index), NumberOfAdditionalAssignments=more
        )

    @rule(index=st.integers(0, 9), hours=st.sampled_from([None, 1, 100]))
    def change_expiration(self, index: int, hours: int | None) -> None:
        """End a HIT or prolong it."""
        at = 0 if hours is None else self.market.now().timestamp() + 3600 * hours
        self.call("UpdateExpirationForHIT", HITId=self.pick(self.hits(), index), ExpireAt=at)

    @rule(index=st.integers(0, 9))
    def delete(self, index: int) -> None:
        """Delete a HIT."""
        self.call("DeleteHIT", HITId=self.pick(self.hits(), index))

    @rule(worker=st.sampled_from(WORKERS), index=st.integers(0, 9))
    def accept(self, worker: str, index: int) -> None:
        """Accept a HIT."""
        self.sites[worker].post(f"/hits/{self.pick(self.hits(), index)}/accept")

    @rule(worker=st.sampled_from(WORKERS), index=st.integers(0, 30))
    def submit(self, worker: str, index: int) -> None:
        """Submit something, one's own or not."""
        fields = {"assignmentId": self.pick(self.assignments(), index), "answer": "left"}
        self.sites[worker].post("/mturk/externalSubmit", data=fields)

    @rule(worker=st.sampled_from(WORKERS), index=st.integers(0, 9))
    def work(self, worker: str, index: int) -> None:
        """Accept a HIT and submit it."""
        self.accept(worker, index)
        for item in list(self.market.assignments.values()):
            if item.worker_id == worker and item.status == "Accepted":
                self.sites[worker].post("/mturk/externalSubmit", data={"assignmentId": item.id, "answer": "left"})

    @rule(worker=st.sampled_from(WORKERS), index=st.integers(0, 30))
    def give_back(self, worker: str, index: int) -> None:
        """Return a HIT."""
        self.sites[worker].post(f"/work/{self.pick(self.assignments(), index)}/return")

    @rule(index=st.integers(0, 30), override=st.booleans(), times=st.integers(1, 2))
    def approve(self, index: int, override: bool, times: int) -> None:
        """Approve work in any state, and perhaps again."""
        assignment = self.pick(self.handed_in(), index)
        for _ in range(times):
            done = self.call("ApproveAssignment", AssignmentId=assignment, OverrideRejection=override)
            self.said_paid[assignment] += done is not None

    @rule(index=st.integers(0, 30))
    def reject(self, index: int) -> None:
        """Reject work in any state."""
        self.call("RejectAssignment", AssignmentId=self.pick(self.handed_in(), index), RequesterFeedback="No.")

    @rule(index=st.integers(0, 30), amount=st.sampled_from(["0.01", "0.55", "9.00"]))
    def bonus(self, index: int, amount: str) -> None:
        """Pay a bonus under a token of the assignment's, twice."""
        assignment = self.market.assignments.get(self.pick(self.handed_in(), index))
        if assignment:
            ids = {"AssignmentId": assignment.id, "WorkerId": assignment.worker_id}
            for _ in range(2):
                self.call("SendBonus", **ids, BonusAmount=amount, Reason="R", UniqueRequestToken=assignment.id)

    @rule(hours=st.sampled_from([1, 24, 3000]))
    def wait(self, hours: int) -> None:
        """Let time pass."""
        self.emulator.controls.clock.advance(3600 * hours)
        self.emulator.controls.catch_up()

    @invariant()
    def money_is_conserved(self) -> None:
        """Every cent is available, held or spent, and the ledger says so."""
        for account in self.market.accounts.values():
            lines = [entry for entry in self.market.ledger.entries if entry.account == account.id]
            assert min(account.available, account.held, account.spent) >= 0
            assert account.available + account.held + account.spent == START_BALANCE
            assert account.available == sum(line.available for line in lines)
            assert (
                account.held == sum(line.held for line in lines) == sum(hit.held for hit in self.market.hits.values())
            )

    @invariant()
    def what_is_held_is_what_is_open(self) -> None:
        """Each HIT holds what its open places can cost, and has no more people than places."""
        for hit in self.market.hits.values():
            assert hit.held == needed(self.market, hit)
            assert count(self.market, hit).available >= 0

    @invariant()
    def nobody_is_paid_twice_or_not_at_all(self) -> None:
        """Approved work was paid exactly once, other work never; a bonus token pays once a day."""
        paid = Counter(entry.work_id for entry in self.market.ledger.entries if entry.kind == "reward")
        approved = {item.id for item in self.market.assignments.values() if item.status == "Approved"}
        assert paid == Counter(approved)
        assert all(times <= 1 for times in self.said_paid.values())
        spent = sum((reward_fee(self.market.hits[item.hit_id]) + self.market.hits[item.hit_id].type.reward
                     for item in self.market.assignments.values() if item.id in approved), Decimal(0))  # fmt: skip
        bonuses = sum((bonus.amount + bonus_fee(bonus.amount) for bonus in self.market.bonuses), Decimal(0))
        assert sum((account.spent for account in self.market.accounts.values()), Decimal(0)) == spent + bonuses
        days = Counter((bonus.assignment_id, bonus.granted_at) for bonus in self.market.bonuses)
        assert all(times == 1 for times in days.values())

    @invariant()
    def a_worker_has_a_hit_once(self) -> None:
        """No worker counts twice in a HIT."""
        pairs = Counter((item.hit_id, item.worker_id) for item in self.market.assignments.values())
        assert all(times == 1 for times in pairs.values())


Rehearsal.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestRehearsal = pytest.mark.slow(Rehearsal.TestCase)
