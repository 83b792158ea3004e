"""What a plan says: what numbers of people buy, what is recommended, and what no number of people can buy."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evalsuite.typesetting import Cell, Table, latex, markdown, number
from turk.cost import FEES, MTURK_LARGE, Price, affordable, price
from turk.planning import Design

USUAL = (20, 30, 40, 60, 100, 200, 400)
HEADS = (
    "people_per_condition", "people", "trials", "half_width", "detectable", "equivalent", "rewards_usd", "fees_usd",
    "total_usd", "hours",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A plan as it was asked for.

    Attributes:
        design: All but the number of people.
        recruiter: Whose fees are added.
        reward_usd: For a session.
        minutes: Of a session.
        effect: The difference of two conditions that shall be found, a fraction; None where none was named.
        half_width: The half-width that is wanted, a fraction; None where none was named.
        budget_usd: The most that may be spent; None without limit.
        people: A number of people per condition to look at.
        trials_in_all: Of a session, practice and catch trials included.
        origin: Where the spreads come from, for a note.
    """

    design: Design
    recruiter: str
    reward_usd: Decimal
    minutes: float
    effect: float | None = None
    half_width: float | None = None
    budget_usd: Decimal | None = None
    people: int | None = None
    trials_in_all: int = 0
    origin: str = "the suite's usual values, which no published study of colorization has fitted"

    def price(self, people: int) -> Price:
        """What so many people per condition cost."""
        return price(people * self.design.conditions, self.reward_usd, self.minutes, FEES[self.recruiter].share)

    @property
    def affordable(self) -> int | None:
        """People per condition that the budget pays; None without a budget or a reward."""
        if self.budget_usd is None:
            return None
        everybody = affordable(self.budget_usd, self.reward_usd, FEES[self.recruiter].share)
        return None if everybody is None else everybody // self.design.conditions

    @property
    def needed(self) -> int | None:
        """People per condition for the effect and the half-width; None where none was named, or none suffice."""
        found = [self.design.people_for(measure, wanted) for measure, wanted in self.goals]
        return max(people for people in found if people) if found and all(found) else None

    @property
    def goals(self) -> list[tuple[Any, float]]:
        """What is to be reached: measures of the design and the values wanted."""
        pairs = ((self.design.detectable, self.effect), (self.design.half_width, self.half_width))
        return [(measure, wanted) for measure, wanted in pairs if wanted is not None]


def plan_report(asked: Asked, form: str) -> str:
    """Print a plan as markdown, latex, csv (fractions) or json."""
    options = _options(asked)
    if form == "json":
        return json.dumps(_record(asked, options), indent=1, allow_nan=False)
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADS)
        writer.writerows(option.values() for option in options)
        return out.getvalue().rstrip("\n")
    table = _table(asked, options)
    return markdown(table) if form == "markdown" else "% \\usepackage{booktabs}\n\n" + latex(table, "plan")


def _options(asked: Asked) -> list[dict[str, Any]]:
    people = {*USUAL} if asked.people is None else {asked.people}
    people |= {number for number in (asked.needed, asked.affordable) if number}
    return [_option(asked, count) for count in sorted(people)]


def _option(asked: Asked, people: int) -> dict[str, Any]:
    cost, design = asked.price(people), asked.design
    values = (
        people, people * design.conditions, people * design.conditions * design.trials, design.half_width(people),
        design.detectable(people), design.equivalent(people), str(cost.rewards_usd), str(cost.fees_usd),
        str(cost.total_usd), cost.hours,
    )  # fmt: skip
    return dict(zip(HEADS, values, strict=True))


def _record(asked: Asked, options: Sequence[dict[str, Any]]) -> dict[str, Any]:
    design = asked.design
    return {
        "conditions": design.conditions, "photos": design.photos, "trials": design.trials, "rate": design.rate,
        "spreads": {"sp": design.spreads.sp, "si": design.spreads.si, "rho": design.spreads.rho},
        "comparisons": design.comparisons, "recruiter": asked.recruiter, "reward_usd": str(asked.reward_usd),
        "minutes": asked.minutes, "needed": asked.needed, "affordable": asked.affordable,
        "limits": {name: design.limit(measure) for name, measure in _measures(design)},
        "options": list(options), "notes": list(notes(asked)),
    }  # fmt: skip


def _measures(design: Design) -> tuple[tuple[str, Any], ...]:
    return ("half_width", design.half_width), ("detectable", design.detectable), ("equivalent", design.equivalent)


def _table(asked: Asked, options: Sequence[dict[str, Any]]) -> Table:
    design = asked.design
    heads = (
        "People per condition", "People", "Trials", "Half-width", "Smallest difference", "Smallest margin", "Total",
        "Hours",
    )  # fmt: skip
    rows = []
    for option in options:
        people = option["people_per_condition"]
        marks = [mark for mark, at in (("needed", asked.needed), ("budget", asked.affordable)) if at == people]
        points = [Cell(number(option[name], "fraction", 1)) for name, _ in _measures(design)]
        money = Cell(f"${Decimal(option['total_usd']):,.2f}"), Cell(f"{option['hours']:,.1f}")
        name = f"{people:,}" + (f" ({', '.join(marks)})" if marks else "")
        counts = (Cell(f"{option[count]:,}") for count in ("people", "trials"))
        rows.append((name, (*counts, *points, *money)))
    caption = (
        f"{design.conditions} conditions, {design.photos:,} photos, {design.trials} test trials each, fool rates near "
        f"{number(design.rate, 'fraction', 0)}%; in points"
    )
    return Table(caption, heads, tuple(rows), tuple(notes(asked)))


def notes(asked: Asked) -> Iterator[str]:
    """Say what the numbers mean, what is needed, and what more people cannot buy."""
    design, fee = asked.design, FEES[asked.recruiter]
    smallest = f", the smallest of {design.comparisons} p values after Holm's correction"
    yield (
        "Half-width: of the 95% interval of a fool rate, for new photos. Smallest difference of two conditions: found "
        f"with 80% power at 5%, two-sided{smallest if design.comparisons > 1 else ''}. "
        "Smallest margin: within which a condition that fools half of the time is shown to be there, with 80% power."
    )
    yield from _goals(asked)
    yield from _limits(design)
    if asked.affordable is not None:
        yield f"${asked.budget_usd:,} pays {asked.affordable:,} people per condition."
    hourly = float(asked.reward_usd) * 60 / asked.minutes
    yield f"${asked.reward_usd} for {asked.minutes:.1f} minutes is ${hourly:.2f} an hour; {fee.note}."
    if asked.trials_in_all > design.photos:
        yield (
            f"A session has {asked.trials_in_all} trials with practice and catch trials, and nobody sees a photo "
            f"twice: {design.photos:,} photos are too few to run it."
        )
    if asked.recruiter == "mturk":
        people = (asked.needed or asked.people or 40) * design.conditions
        larger = price(people, asked.reward_usd, asked.minutes, MTURK_LARGE).total_usd
        yield f"In one HIT, {people:,} people would cost ${larger:,} instead."
    spreads = design.spreads
    yield (
        f"Spreads in logits: people {spreads.sp:.2f}, photos {spreads.si:.2f}, the latter correlated {spreads.rho:.2f} "
        f"between conditions: {asked.origin}. A pilot and `turk analyze NAME --plan` tell your own."
    )


def _goals(asked: Asked) -> Iterator[str]:
    for measure, wanted in asked.goals:
        people, points = asked.design.people_for(measure, wanted), number(wanted, "fraction", 1)
        what = "A difference" if wanted is asked.effect else "A half-width"
        if people is None:
            least = number(asked.design.limit(measure), "fraction", 1)
            yield f"{what} of {points} points: no number of people suffices, for the photos leave {least}. Add photos."
        else:
            yield f"{what} of {points} points needs {people:,} people per condition."


def _limits(design: Design) -> Iterator[str]:
    floor = design.limit(design.half_width)
    forty = design.half_width(40)
    if floor > forty / 2:
        more = Design(design.conditions, 10 * design.photos, design.trials, design.rate, design.spreads)
        yield (
            f"Photos are few: with {design.photos:,} no number of people brings the half-width below "
            f"{number(floor, 'fraction', 1)} points. Ten times as many photos bring that of 40 people from "
            f"{number(forty, 'fraction', 1)} to {number(more.half_width(40), 'fraction', 1)}."
        )
