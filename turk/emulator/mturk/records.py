"""What the market knows: HITs, assignments, qualifications, people and money."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from turk.emulator.mturk.questions import Question

ACCEPTED, SUBMITTED, APPROVED, REJECTED = "Accepted", "Submitted", "Approved", "Rejected"
RETURNED, ABANDONED = "Returned", "Abandoned"
ASSIGNABLE, UNASSIGNABLE, REVIEWABLE, REVIEWING, DISPOSED = (
    "Assignable", "Unassignable", "Reviewable", "Reviewing", "Disposed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A country, or a part of one."""

    country: str
    subdivision: str | None = None

    def within(self, other: Place) -> bool:
        """Tell whether this place lies in another."""
        return self.country == other.country and other.subdivision in (None, self.subdivision)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A qualification that a worker must have before an action."""

    type_id: str
    comparator: str
    integers: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()
    guarded: str = "Accept"


@dataclass(frozen=True, slots=True)
class HitType:
    """What HITs of a kind have in common."""

    id: str
    owner: str
    title: str
    description: str
    keywords: str
    reward: Decimal
    duration: int
    auto_approval_delay: int
    requirements: tuple[Requirement, ...]


@dataclass(slots=True)
class Hit:
    """A task that is offered to a number of workers."""

    id: str
    number: int
    owner: str
    type: HitType
    group_id: str
    question: Question
    annotation: str | None
    max_assignments: int
    created_at: datetime
    expires_at: datetime
    status: str = ASSIGNABLE
    expired: bool = False
    reviewable_at: datetime | None = None
    held: Decimal = Decimal(0)


@dataclass(slots=True)
class Assignment:
    """A worker's attempt at a HIT."""

    id: str
    number: int
    hit_id: str
    worker_id: str
    accepted_at: datetime
    deadline: datetime
    status: str = ACCEPTED
    answer: str | None = None
    submitted_at: datetime | None = None
    auto_approval_at: datetime | None = None
    decided_at: dict[str, datetime] = field(default_factory=dict)
    feedback: str | None = None


@dataclass(slots=True)
class QualificationType:
    """A property of workers that a requester has made up."""

    id: str
    number: int
    owner: str
    created_at: datetime
    name: str
    description: str
    keywords: str | None = None
    status: str = "Active"
    test: str | None = None
    test_duration: int | None = None
    answer_key: str | None = None
    retry_delay: int | None = None
    auto_granted: bool = False
    auto_value: int = 1
    requestable: bool = True
    deleted_at: datetime | None = None


@dataclass(slots=True)
class Qualification:
    """A property that a worker has, or had."""

    type_id: str
    worker_id: str
    number: int
    granted_at: datetime
    value: int | None
    status: str = "Granted"


@dataclass(slots=True)
class QualificationRequest:
    """A worker's wish for a qualification."""

    id: str
    number: int
    type_id: str
    worker_id: str
    submitted_at: datetime
    test: str | None
    answer: str | None
    status: str = "Pending"


@dataclass(frozen=True, slots=True)
class Bonus:
    """A payment besides the reward."""

    number: int
    owner: str
    hit_id: str
    assignment_id: str
    worker_id: str
    amount: Decimal
    reason: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail to a worker."""

    at: datetime
    sender: str
    subject: str
    text: str


@dataclass(slots=True)
class Worker:
    """A worker: what the platform knows of the person, with a past elsewhere."""

    id: str
    place: Place = Place("US", "CA")
    masters: bool = False
    adult: bool = True
    prior_approved: int = 1000
    prior_rejected: int = 10
    earned: Decimal = Decimal(0)
    inbox: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Subscription:
    """Where notifications about a HIT type go, and which."""

    destination: str
    transport: str
    version: str
    events: frozenset[str]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification that was due, and what became of it: sent, lost, doubled."""

    at: datetime
    event: str
    transport: str
    destination: str
    body: dict[str, Any]
    fate: str
