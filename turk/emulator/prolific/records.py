"""What one workspace on Prolific keeps: studies, submissions, participants, groups, bonuses, messages, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

# Of studies.
UNPUBLISHED, SCHEDULED, PAUSED, COMPLETED = "UNPUBLISHED", "SCHEDULED", "PAUSED", "COMPLETED"
# Of both.
ACTIVE, AWAITING = "ACTIVE", "AWAITING REVIEW"
# Of submissions.
RESERVED, TIMED_OUT, RETURNED, REJECTED = "RESERVED", "TIMED-OUT", "RETURNED", "REJECTED"
APPROVED, PARTLY, SCREENED_OUT = "APPROVED", "PARTIALLY APPROVED", "SCREENED OUT"

STUDY_STATES = (UNPUBLISHED, SCHEDULED, ACTIVE, PAUSED, AWAITING, COMPLETED)
SUBMISSION_STATES = (
    RESERVED,
    ACTIVE,
    TIMED_OUT,
    AWAITING,
    APPROVED,
    PARTLY,
    RETURNED,
    REJECTED,
    SCREENED_OUT,
)
ON_OFFER = (ACTIVE, PAUSED)
"""Of studies whose free places are kept, and paid for in advance."""
PENDING = (RESERVED, ACTIVE, AWAITING)
"""Of submissions that may still have to be paid."""
PLACE_FREE = (RETURNED, TIMED_OUT, REJECTED, SCREENED_OUT)
"""Of submissions that take up no place."""
CENTS = Decimal(100)
SCREEN_OUT = "FIXED_SCREEN_OUT_PAYMENT"


@dataclass(slots=True)
class Study:
    """A study; `fields` are those of the API, checked."""

    id: str
    number: int
    fields: dict[str, Any]
    created_at: datetime
    status: str = UNPUBLISHED
    published_at: datetime | None = None
    publish_at: datetime | None = None
    held: Decimal = Decimal(0)

    @property
    def name(self) -> str:
        """The name that participants see."""
        return str(self.fields["name"])

    @property
    def reward(self) -> Decimal:
        """The reward in whole currency units."""
        return Decimal(self.fields["reward"]) / CENTS

    @property
    def places(self) -> int:
        """How many participants are wanted."""
        return int(self.fields["total_available_places"])

    @property
    def codes(self) -> list[dict[str, Any]]:
        """The completion codes."""
        return list(self.fields["completion_codes"])

    def code(self, text: str | None) -> dict[str, Any] | None:
        """Find a completion code."""
        return next((code for code in self.codes if code["code"] == text), None)

    @property
    def screen_out(self) -> Mapping[str, Any] | None:
        """The action that screens participants out for a fixed payment, if a code has it."""
        return next((found for code in self.codes if (found := action_of(code, SCREEN_OUT))), None)


def action_of(code: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """Find an action of a completion code."""
    return next((action for action in code["actions"] if action["action"] == kind), None)


@dataclass(slots=True)
class Submission:
    """A participant's part in a study.

    Args:
        id: The identifier that the study's page gets as SESSION_ID.
        number: Its place in the order of reservations.
        study_id: The study.
        participant_id: Who takes part.
        started_at: When the place was reserved, and later when the work was begun.
        deadline: When the reservation, and later the time for the work, ends.
        status: One of `SUBMISSION_STATES`.
        completed_at: When the participant came back.
        code: What the participant, or the researcher, entered.
        approve_at: When it is approved by itself.
        return_requested: When the researcher asked to return it.
        feedback: What the researcher wrote with a rejection.
        category: The rejection's category.
    """

    id: str
    number: int
    study_id: str
    participant_id: str
    started_at: datetime
    deadline: datetime
    status: str = RESERVED
    completed_at: datetime | None = None
    code: str | None = None
    approve_at: datetime | None = None
    return_requested: datetime | None = None
    feedback: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What one person wrote to another."""

    id: str
    sent_at: datetime
    sender_id: str
    recipient_id: str
    body: str
    study_id: str | None = None


@dataclass(slots=True)
class Participant:
    """A participant, with what was paid to them."""

    id: str
    earned: Decimal = Decimal(0)


@dataclass(slots=True)
class Group:
    """A participant group: members with the time when they were added."""

    id: str
    number: int
    name: str
    description: str | None = None
    members: dict[str, datetime] = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Bonus:
    """A bonus in a batch."""

    submission_id: str
    participant_id: str
    amount: Decimal
    fee: Decimal


@dataclass(slots=True)
class BonusBatch:
    """Bonuses that were set up together; `payments` counts how often they were ordered to be paid."""

    id: str
    study_id: str
    bonuses: tuple[Bonus, ...]
    payments: int = 0

    @property
    def total(self) -> Decimal:
        """What one payment costs."""
        return sum((bonus.amount + bonus.fee for bonus in self.bonuses), Decimal(0))


@dataclass(frozen=True, slots=True)
class PaidBonus:
    """A bonus that arrived."""

    at: datetime
    batch_id: str
    study_id: str
    submission_id: str
    participant_id: str
    amount: Decimal


@dataclass(slots=True)
class Subscription:
    """A webhook."""

    id: str
    event_type: str
    target_url: str
    secret: str
    confirmed: bool = False
    enabled: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """An event for a webhook; `fate` says whether it was sent, doubled or lost."""

    id: str
    at: datetime
    subscription_id: str
    event_type: str
    resource_id: str
    payload: dict[str, Any]
    fate: str
