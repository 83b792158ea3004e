"""The bill before anybody is asked: what it costs with fees, what people earn per hour, and what the account holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.errors import UserError
from turk.caps import Caps, Used, caps_of, check
from turk.cost import CENT, minutes_of, reward_for
from turk.recruiters.contract import Recruiter, Where
from turk.recruiting_terms import wage_floor
from turk.study import Study
from turk.tables import SessionRow

MINUTE = 60.0
HOUR = 60


@dataclass(frozen=True, slots=True)
class Length:
    """How long a session takes, and how that is known."""

    minutes: float
    origin: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What asking for people costs.

    Attributes:
        study: As it was frozen.
        recruiter: Through whom.
        where: On which server.
        sizes: Places of each task that is to be made, or how many more a task gets.
        length: How long a session takes.
        used: What of the caps is used already.
        balance_usd: What the account holds; None where the recruiter does not say.
    """

    study: Study
    recruiter: Recruiter
    where: Where
    sizes: tuple[int, ...]
    length: Length
    used: Used
    balance_usd: Decimal | None

    @property
    def places(self) -> int:
        """How many people are asked."""
        return sum(self.sizes)

    @property
    def fee_usd(self) -> Decimal:
        """What the recruiter takes for one person."""
        return self.recruiter.fee(self.study.reward_usd, self.study.settings)

    @property
    def each_usd(self) -> Decimal:
        """What one person costs."""
        return self.study.reward_usd + self.fee_usd

    @property
    def total_usd(self) -> Decimal:
        """What all of them cost."""
        return self.places * self.each_usd

    @property
    def wage_usd(self) -> Decimal:
        """What people earn per hour."""
        return (self.study.reward_usd * HOUR / Decimal(str(self.length.minutes))).quantize(CENT, ROUND_HALF_UP)

    @property
    def caps(self) -> Caps:
        """What is never exceeded."""
        return caps_of(self.study, self.each_usd)


def check_bill(bill: Bill) -> None:
    """Refuse what pays too little, costs more than the account holds, or exceeds a cap.

    Raises:
        UserError: It does; nothing was spent.
    """
    floor = wage_floor(bill.study.settings)
    if bill.wage_usd < floor:
        enough = reward_for(bill.length.minutes, floor)
        raise UserError(
            f"study {bill.study.name!r}: wage_floor_usd in its file is ${floor} per hour, and "
            f"${bill.study.reward_usd} for {bill.length.minutes:g} minutes are ${bill.wage_usd}. "
            f"Nothing was spent. Pay ${enough}, or ask less."
        )
    if bill.balance_usd is not None and bill.balance_usd < bill.total_usd:
        raise UserError(
            f"{bill.recruiter.title}: the account holds ${bill.balance_usd}, and ${bill.total_usd} are needed. "
            "Nothing was spent. Put money into the account first."
        )
    then = Used(bill.used.people + bill.places, bill.used.spent_usd, bill.used.promised_usd + bill.total_usd)
    check(bill.caps, then)


def bill_lines(bill: Bill) -> Iterator[str]:
    """Print a bill."""
    server = bill.where.endpoint or ("live" if bill.where.live else "sandbox, play money")
    yield f"{bill.study.name} through {bill.recruiter.title} ({server})"
    people = f"{bill.places} x (${bill.study.reward_usd} + ${bill.fee_usd} fee)"
    yield f"  reward     ${bill.study.reward_usd} for about {bill.length.minutes:g} minutes ({bill.length.origin})"
    floor = wage_floor(bill.study.settings)
    yield f"  wage       ${bill.wage_usd} per hour; people are topped up to ${floor} should it take longer"
    yield f"  fees       {bill.recruiter.fee_note}"
    yield f"  places     {bill.places}{_tasks(bill)}"
    yield f"  total      ${bill.total_usd} = {people}"
    if bill.balance_usd is not None:
        yield f"  balance    ${bill.balance_usd} before"
    part = f"used so far: {bill.used.people} and ${bill.used.usd}" if bill.used.people else "nothing used so far"
    yield f"  caps       {bill.caps.people} people and ${bill.caps.usd}; {part}"


def length_of(db: Session, study: Study, study_id: int, name: str) -> Length:
    """How long a session takes: as people show it who finished, or else by the number of its trials.

    Args:
        db: An open transaction.
        study: The study that is to be launched.
        study_id: The key of the pilot, which may be the study itself.
        name: The pilot's name.
    """
    took = minutes_taken(db, study_id)
    if took:
        return Length(round(median(took), 1), f"the median of {len(took)} people in {name}")
    trials = sum(int(study.parameters.get(kind) or 0) for kind in ("practice", "test", "catch"))
    return Length(round(minutes_of(trials), 1), f"by its {trials} trials; a pilot would tell")


def minutes_taken(db: Session, study_id: int) -> list[float]:
    """From the first page to the last: the minutes of everyone who finished."""
    query = select(SessionRow.created_at, SessionRow.finished_at).where(
        SessionRow.study_id == study_id, SessionRow.synthetic.is_(False), SessionRow.state == "finished"
    )
    return [(end - start).total_seconds() / MINUTE for start, end in db.execute(query) if end is not None]


def _tasks(bill: Bill) -> str:
    if len(bill.sizes) <= 1:
        return ""
    return f", in {len(bill.sizes)} tasks of at most {max(bill.sizes)}"
