"""The state of the emulated workspace, all in memory and behind one lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal

from turk.emulator.delivery import Delivery
from turk.emulator.faults import Faults
from turk.emulator.identifiers import Identifiers
from turk.emulator.ledger import Account, Entry, Ledger
from turk.emulator.prolific.errors import not_found
from turk.emulator.prolific.records import (
    PLACE_FREE,
    BonusBatch,
    Event,
    Group,
    Message,
    PaidBonus,
    Participant,
    Study,
    Submission,
    Subscription,
)
from turk.emulator.prolific.signing import Signer
from turk.emulator.timeline import Timeline

ID_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Options:
    """How the workspace is set up.

    Args:
        balance: What it holds at first.
        currency: Its currency's code.
        token: The API token; with None any token is let in.
        fee_share: The fee as a share of rewards and bonuses.
        settling: Seconds until bonuses and bulk approvals, which are worked off later, are done.
        site: The origin of the participant's site.
    """

    balance: Decimal = Decimal("10000.00")
    currency: str = "USD"
    token: str | None = None
    # "~33.33%": researcher-help.prolific.co, "How to resolve an underpaying study with bonus payments".
    fee_share: Decimal = Decimal("0.3333")
    settling: float = 60.0
    site: str = "http://localhost"


@dataclass(slots=True)
class Workspace:
    """Everything that the servers of one emulated workspace share; hold `lock` while reading or changing it."""

    time: Timeline
    faults: Faults
    delivery: Delivery
    ids: Identifiers
    options: Options
    signer: Signer = field(default_factory=Signer)
    lock: threading.RLock = field(default_factory=threading.RLock)
    id: str = field(init=False)
    researcher_id: str = field(init=False)
    project_id: str = field(init=False)
    account: Account = field(init=False)
    ledger: Ledger = field(default_factory=Ledger)
    studies: dict[str, Study] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)
    participants: dict[str, Participant] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    batches: dict[str, BonusBatch] = field(default_factory=dict)
    bonuses: list[PaidBonus] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    secrets: list[tuple[str, str]] = field(default_factory=list)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id, self.researcher_id, self.project_id = (self.new_id() for _ in range(3))
        self.account = Account(self.id, self.researcher_id)
        self.ledger.post(self.account, Entry(self.now(), self.id, "deposit", available=self.options.balance))

    def now(self) -> datetime:
        """Tell the time."""
        return self.time.now()

    def new_id(self) -> str:
        """Make an identifier."""
        return self.ids.hexadecimal(ID_LENGTH)

    def reset(self, seed: int) -> None:
        """Forget everything but the set-up, as if just started."""
        with self.lock:
            timeline, ids = Timeline(self.time.clock), Identifiers(seed)
            fresh = Workspace(timeline, self.faults, self.delivery, ids, self.options, self.signer)
            for item in fields(self):
                if item.name != "lock":
                    setattr(self, item.name, getattr(fresh, item.name))

    def study(self, study_id: str) -> Study:
        """Find a study."""
        if study_id not in self.studies:
            raise not_found("Study", study_id)
        return self.studies[study_id]

    def submission(self, submission_id: str) -> Submission:
        """Find a submission."""
        if submission_id not in self.submissions:
            raise not_found("Submission", submission_id)
        return self.submissions[submission_id]

    def group(self, group_id: str) -> Group:
        """Find a participant group that was not deleted."""
        found = self.groups.get(group_id)
        if found is None or found.deleted:
            raise not_found("Participant group", group_id)
        return found

    def participant(self, participant_id: str) -> Participant:
        """Find a participant, or let one in who is new."""
        return self.participants.setdefault(participant_id, Participant(participant_id))

    def of_study(self, study_id: str) -> list[Submission]:
        """List a study's submissions, first come first."""
        return [found for found in self.submissions.values() if found.study_id == study_id]

    def free_places(self, study: Study) -> int:
        """Count the places that nobody has; more submissions than places leave none."""
        taken = [found for found in self.of_study(study.id) if found.status not in PLACE_FREE]
        return max(0, study.places - len(taken))
