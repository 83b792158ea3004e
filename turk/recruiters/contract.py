"""What every recruiter can be asked for, and the records that go to and fro.

A file of turk/recruiters ends in `RECRUITER = Recruiter(...)`, whose `open` gives a desk. Every method of a desk can be
repeated without doing anything twice. Methods that spend are told the ledger's `Call`, which was committed before; what
they learn on the way (the id of a draft, of a batch) they `keep` before the step that spends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeAlias

from evalsuite.errors import UserError
from turk.study import Study

WorkState: TypeAlias = Literal["active", "submitted", "approved", "rejected", "gone", "screened_out"]
"""What a recruiter says of somebody's work.

active: being done; submitted: handed in and undecided; approved: paid; rejected: refused; gone: returned, timed out or
never there; screened_out: paid a smaller sum and sent away.
"""
TaskState: TypeAlias = Literal["open", "paused", "closed"]
"""open: people can begin; paused: nobody can, for now; closed: for good."""


class NotDone(UserError):
    """The recruiter refused a call, and nothing of it was done."""


class Blocked(NotDone):
    """The recruiter does nothing for us just now, and asking for the next thing is useless: credentials, no funds."""


class Unsure(UserError):
    """Nobody knows whether a call was done: no answer, or the recruiter's own error. The reconciler asks later."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which of a recruiter's servers is meant.

    Attributes:
        live: Whether real money is spent; else the recruiter's sandbox, where it has one.
        endpoint: Another server that speaks its API, such as `turk emulate`'s.
        attempts: How often a call is tried before it is given up.
    """

    live: bool = False
    endpoint: str | None = None
    attempts: int = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """What people are offered.

    Attributes:
        study: As it was frozen; its settings say who may take part.
        address: Of the study's page on our site, without parameters.
        minutes: How long it takes, by a pilot or by the number of trials.
        facts: What the desk's `prepare` gave for this study.
    """

    study: Study
    address: str
    minutes: float
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that spends, as the ledger has it.

    Attributes:
        token: Deterministic, at most 64 characters of [a-z0-9-]; the same however often the call is tried.
        intended_at: When the row was first written.
        facts: What earlier tries kept.
        keep: Writes more facts into the row and commits them.
    """

    token: str
    intended_at: datetime
    facts: Mapping[str, Any]
    keep: Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Task:
    """A HIT, or a study of Prolific's, as we know it.

    Attributes:
        ref: What the recruiter calls it.
        places: How many people it is for.
        state: As we last knew it.
        token: Of the call that made it.
    """

    ref: str
    places: int
    state: TaskState
    token: str


@dataclass(frozen=True, slots=True)
class TaskFound:
    """A HIT, or a study of Prolific's, as the recruiter's own list has it.

    Attributes:
        ref: What the recruiter calls it.
        places: How many people it is for.
        pending: How many do it now.
        state: Whether people can begin.
        expires_at: When nobody can any more; None where it has no end.
    """

    ref: str
    places: int
    pending: int
    state: TaskState
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WorkFound:
    """An assignment or a submission, as the recruiter says it stands.

    Attributes:
        ref: What the recruiter calls it, and what came as `assignment` or `submission` in the arrival's facts.
        task: The ref of its task; None where the recruiter does not know the work.
        person: What the recruiter calls who does it; None where it does not say (MTurk before work is submitted).
        state: What became of it.
        code: The completion code that came with it, if any.
        submitted_at: When it was handed in.
        paid_usd: What was paid where that is not the reward (a screen-out).
    """

    ref: str
    task: str | None
    person: str | None
    state: WorkState
    code: str | None = None
    submitted_at: datetime | None = None
    paid_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """All that a recruiter knows of a study's tasks, every page of it."""

    tasks: tuple[TaskFound, ...]
    works: tuple[WorkFound, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """Somebody's work that is to be decided or paid.

    Attributes:
        ref: What the recruiter calls it.
        task: The ref of its task.
        person: What the recruiter calls who did it.
    """

    ref: str
    task: str
    person: str


@dataclass(frozen=True, slots=True)
class Done:
    """A call that was done; `ref` is what it made, where it makes something."""

    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Launching:
    """Making a task for so many people."""

    offer: Offer
    places: int


@dataclass(frozen=True, slots=True)
class Extending:
    """Giving a task room for so many people in all; `places` is not how many more."""

    task: Task
    places: int


@dataclass(frozen=True, slots=True)
class Approving:
    """Accepting work, and with it paying the reward; `override` where it had been rejected."""

    work: Work
    override: bool = False


@dataclass(frozen=True, slots=True)
class Paying:
    """Paying somebody more than the reward, with a reason that they read."""

    work: Work
    amount_usd: Decimal
    reason: str


Deed: TypeAlias = Launching | Extending | Approving | Paying
"""What spends money."""


class Desk(Protocol):
    """A recruiter's counter, opened with somebody's credentials; see turk.ledger for who calls it.

    Every method raises NotDone where the recruiter refuses, and Unsure where nobody knows.
    """

    def balance(self) -> Decimal | None:
        """Tell what can be spent; None where the recruiter does not say."""

    def prepare(self, offer: Offer) -> Mapping[str, Any]:
        """Make what a study needs and costs nothing (HIT type, qualification); return what is kept of it."""

    def do(self, deed: Deed, call: Call) -> Done:
        """Do what spends: launch, extend, approve or pay a bonus."""

    def happened(self, deed: Deed, call: Call) -> Done | None:
        """Ask what became of a call that was perhaps done; None where it was not and can be done now."""

    def sync(self, tasks: Sequence[Task], refs: Sequence[str]) -> Listing:
        """List every task and all work on it, paging to the end.

        Args:
            tasks: Those that are not over.
            refs: Work that somebody came with and that is not known to be over; each is among the works of the answer,
                as `gone` where the recruiter does not know it.
        """

    def reject(self, work: Work, reason: str) -> None:
        """Refuse somebody's work; only ever with a reason that a person wrote."""

    def message(self, people: Sequence[str], subject: str, text: str) -> None:
        """Write to people, by what the recruiter calls them."""

    def keep_out(self, facts: Mapping[str, Any], people: Sequence[str]) -> None:
        """Let nobody of these begin another task of the study; `facts` are those of `prepare`."""

    def pause(self, task: Task) -> None:
        """Let nobody new begin; who is in the middle goes on."""

    def resume(self, task: Task, until: datetime) -> None:
        """Let people begin again, or for longer."""

    def close(self, task: Task) -> bool:
        """Take a task off for good; False where that has to wait until its work is decided."""


@dataclass(frozen=True, slots=True)
class Recruiter:
    """A way to people, as one file of turk/recruiters ends in it.

    Attributes:
        name: As study files have it.
        title: As people call it.
        pays: Whether we pay through it; else launching costs nothing.
        fee: From a reward and the study's settings to what the recruiter takes for one person.
        bonus_fee: From a bonus to what the recruiter takes.
        fee_note: The rule of both, in a sentence for the bill.
        batch: From the study's settings to the most people of one task; 0: one task that is extended.
        arrival: The key of an arrival's facts that names the work, such as "assignment"; None where there is none.
        open: Opens the desk; credentials come from the environment and are kept by nobody.
        own_codes: Whether work comes with the session's own completion code; else a code is shared by all.
    """

    name: str
    title: str
    pays: bool
    fee: Callable[[Decimal, Mapping[str, Any]], Decimal]
    bonus_fee: Callable[[Decimal], Decimal]
    fee_note: str
    batch: Callable[[Mapping[str, Any]], int]
    arrival: str | None
    open: Callable[[Where], Desk]
    own_codes: bool = False
