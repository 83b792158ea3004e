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

from tests.turk.emulator.prolific.studying import CODE, REASON, REVIEW, STUDY, person
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.faults import Rule
from turk.emulator.prolific.money import needed, with_fee
from turk.emulator.prolific.records import PLACE_FREE

PEOPLE = [person(number) for number in range(5)]
KINDS = ["throttle", "error_before", "error_after", "submit_twice", "return_after_finishing"]
START_BALANCE = Decimal("40.00")
CODES = [
    CODE,
    {"code": "AUTO", "code_type": "COMPLETED", "actions": [{"action": "AUTOMATICALLY_APPROVE"}]},
    {
        "code": "OUT",
        "code_type": "SCREENED_OUT",
        "actions": [{"action": "FIXED_SCREEN_OUT_PAYMENT", "fixed_screen_out_reward": 7, "slots": 2}],
    },
    {"code": "PART", "code_type": "OTHER", "actions": [{"action": "DYNAMIC_PAYMENT"}], "actor": "researcher"},
    {"code": "BACK", "code_type": "OTHER", "actions": [{"action": "REQUEST_RETURN", "return_reason": "R"}, REVIEW]},
]
ACTIONS = [
    {"action": "APPROVE"},
    {"action": "REJECT", "message": REASON, "rejection_category": "OTHER"},
    {"action": "COMPLETE", "completion_code": "PART", "completion_code_data": {"percentage_of_reward": 33}},
]


@cache
def emulator_without_servers() -> Emulator:
    """An emulator whose apps are called without a network."""
    return Emulator(Settings(balance=START_BALANCE, start=datetime(2026, 3, 2, tzinfo=UTC), frozen=True))


class Rehearsal(RuleBasedStateMachine):
    """A researcher and five participants who do anything in any order, on a platform where much goes wrong."""

    @initialize(
        rates=st.lists(st.sampled_from([0.0, 0.2, 0.5]), min_size=len(KINDS), max_size=len(KINDS)),
        seed=st.integers(0, 99),
    )
    def start(self, rates: list[float], seed: int) -> None:
        """Start with faults, and a study."""
        rules = [Rule(kind, rate=rate) for kind, rate in zip(KINDS, rates, strict=True) if rate]
        self.emulator = emulator_without_servers()
        self.emulator.reset()
        self.emulator.controls.faults.replace(rules, seed)
        self.workspace = self.emulator.workspace
        self.api = self.emulator.prolific.api.app.test_client()
        self.sites = {participant: self.log_in(participant) for participant in PEOPLE}
        self.create(2, 150, True)

    def log_in(self, participant_id: str) -> FlaskClient:
        """Log a participant in."""
        site = self.emulator.prolific.site.app.test_client()
        site.post("/login", data={"participant_id": participant_id})
        return site

    def call(self, method: str, path: str, **body: Any) -> Any:
        """Call the API; None when it refused or failed, but never because of a bug."""
        headers = {"Authorization": "Token LOCAL"}
        answer = self.api.open(f"/api/v1{path}", method=method, data=json.dumps(body), headers=headers)
        assert answer.status_code != 500, answer.data
        return json.loads(answer.data) if answer.status_code < 300 else None

    def visit(self, participant: str, method: str, path: str) -> None:
        """Use the participant's site, where nothing is a bug."""
        assert self.sites[participant].open(path, method=method).status_code < 500

    def study(self, index: int) -> str:
        """One of the studies, or one that is not there."""
        ids = list(self.workspace.studies)
        return ids[index % len(ids)] if ids else "none"

    def submission(self, index: int) -> str:
        """One of the submissions, or one that is not there."""
        ids = list(self.workspace.submissions)
        return ids[index % len(ids)] if ids else "none"

    @rule(places=st.integers(1, 4), reward=st.sampled_from([8, 33, 150, 1500]), publish=st.booleans())
    def create(self, places: int, reward: int, publish: bool) -> None:
        """Make a study, and perhaps publish it."""
        config = {"max_submissions_per_participant": -1}
        changes = {"total_available_places": places, "reward": reward, "completion_codes": CODES}
        made = self.call("POST", "/studies/", **{**STUDY, **changes, "submissions_config": config})
        if made and publish:
            self.call("POST", f"/studies/{made['id']}/transition/", action="PUBLISH")

    @rule(index=st.integers(0, 5), more=st.integers(1, 6))
    def grow(self, index: int, more: int) -> None:
        """Want more participants."""
        self.call("PATCH", f"/studies/{self.study(index)}/", total_available_places=more)

    @rule(index=st.integers(0, 5), slots=st.integers(1, 5))
    def screen_more(self, index: int, slots: int) -> None:
        """Want more screen-out slots."""
        codes = [{"code": "OUT", "actions": [{"action": "FIXED_SCREEN_OUT_PAYMENT", "slots": slots}]}]
        self.call("PATCH", f"/studies/{self.study(index)}/", completion_codes=codes)

    @rule(index=st.integers(0, 5), action=st.sampled_from(["PUBLISH", "PAUSE", "START", "STOP"]))
    def move(self, index: int, action: str) -> None:
        """Move a study."""
        self.call("POST", f"/studies/{self.study(index)}/transition/", action=action)

    @rule(participant=st.sampled_from(PEOPLE), index=st.integers(0, 5), begin=st.booleans())
    def reserve(self, participant: str, index: int, begin: bool) -> None:
        """Reserve a place, and perhaps begin."""
        self.visit(participant, "POST", f"/studies/{self.study(index)}/reserve")
        for item in list(self.workspace.submissions.values()) if begin else []:
            if item.participant_id == participant and item.status == "RESERVED":
                self.visit(participant, "GET", f"/submissions/{item.id}/open")

    @rule(participant=st.sampled_from(PEOPLE), code=st.sampled_from(["C0FFEE", "AUTO", "OUT", "PART", "BACK", "X", ""]))
    def complete(self, participant: str, code: str) -> None:
        """Come back with some code."""
        self.visit(participant, "GET", f"/submissions/complete?cc={code}")

    @rule(participant=st.sampled_from(PEOPLE), index=st.integers(0, 5), code=st.sampled_from(["C0FFEE", "AUTO", "OUT"]))
    def take_part(self, participant: str, index: int, code: str) -> None:
        """Go through a study."""
        self.reserve(participant, index, True)
        self.complete(participant, code)

    @rule(participant=st.sampled_from(PEOPLE), index=st.integers(0, 30))
    def give_back(self, participant: str, index: int) -> None:
        """Return a submission, one's own or not."""
        self.visit(participant, "POST", f"/submissions/{self.submission(index)}/return")

    @rule(index=st.integers(0, 30), action=st.sampled_from(ACTIONS), times=st.integers(1, 2))
    def decide(self, index: int, action: dict[str, Any], times: int) -> None:
        """Decide about a submission in any state, and perhaps again."""
        for _ in range(times):
            self.call("POST", f"/submissions/{self.submission(index)}/transition/", **action)

    @rule(indices=st.lists(st.integers(0, 30), min_size=1, max_size=4))
    def bulk_approve(self, indices: list[int]) -> None:
        """Approve several, some of them twice."""
        ids = [self.submission(index) for index in indices]
        self.call("POST", "/submissions/bulk-approve/", submission_ids=ids)

    @rule(index=st.integers(0, 30), amount=st.sampled_from(["0.01", "0.55", "9.00"]), times=st.integers(0, 2))
    def bonus(self, index: int, amount: str, times: int) -> None:
        """Set a bonus up, and pay it never, once or twice."""
        found = self.workspace.submissions.get(self.submission(index))
        table = {"study_id": found.study_id, "csv_bonuses": f"{found.id},{amount}"} if found else {}
        made = self.call("POST", "/submissions/bonus-payments/", **table)
        for _ in range(times if made else 0):
            self.call("POST", f"/bulk-bonus-payments/{made['id']}/pay/")

    @rule(seconds=st.sampled_from([60, 600, 3_600, 22 * 86_400]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.emulator.controls.clock.advance(seconds)
        self.emulator.controls.catch_up()

    @invariant()
    def money_is_conserved(self) -> None:
        """Every cent is available, held or spent; what is held is what open places and ordered bonuses cost."""
        account, entries = self.workspace.account, self.workspace.ledger.entries
        assert min(account.available, account.held, account.spent) >= 0
        assert account.available + account.held + account.spent == START_BALANCE
        assert account.available == sum(entry.available for entry in entries)
        paid = Counter(bonus.batch_id for bonus in self.workspace.bonuses)
        ordered = [batch.total * (batch.payments - paid[batch.id]) for batch in self.workspace.batches.values()]
        studies = [study.held for study in self.workspace.studies.values()]
        assert account.held == sum(studies, Decimal(0)) + sum(ordered, Decimal(0))

    @invariant()
    def what_is_held_is_what_is_open(self) -> None:
        """Each study holds what it can still cost, and has no more people than places."""
        for study in self.workspace.studies.values():
            assert study.held == needed(self.workspace, study)
            taken = [item for item in self.workspace.of_study(study.id) if item.status not in PLACE_FREE]
            assert len(taken) <= study.places

    @invariant()
    def nobody_is_paid_twice_or_not_at_all(self) -> None:
        """Who is approved or screened out was paid once, others never; bonuses as often as ordered."""
        paid = Counter(entry.work_id for entry in self.workspace.ledger.entries if entry.kind == "reward")
        decided = {"APPROVED", "PARTIALLY APPROVED", "SCREENED OUT"}
        assert paid == Counter(item.id for item in self.workspace.submissions.values() if item.status in decided)
        for batch in self.workspace.batches.values():
            assert sum(bonus.batch_id == batch.id for bonus in self.workspace.bonuses) <= batch.payments
        people = sum((found.earned for found in self.workspace.participants.values()), Decimal(0))
        kinds = ("reward", "bonus")
        assert people == sum(
            (entry.spent for entry in self.workspace.ledger.entries if entry.kind in kinds), Decimal(0)
        )
        for entry in self.workspace.ledger.entries:
            study = self.workspace.studies.get(entry.task_id or "")
            if entry.kind == "reward" and study:
                assert entry.spent <= study.reward <= with_fee(self.workspace, study.reward)

    @invariant()
    def a_participant_is_in_one_study_at_a_time(self) -> None:
        """Nobody reserves two places."""
        busy = Counter(
            item.participant_id for item in self.workspace.submissions.values() if item.status in ("RESERVED", "ACTIVE")
        )
        assert all(times == 1 for times in busy.values())


Rehearsal.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestRehearsal = pytest.mark.slow(Rehearsal.TestCase)
