"""Where a session stands, and what its page may know of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Literal, TypeAlias

from sqlalchemy import Row, ScalarSelect, Select, bindparam, func, select

from turk.coloring_tables import ColoringRow, PointEventRow
from turk.design import plan_session
from turk.exposure import PLACES
from turk.image_tables import AddressRow
from turk.leaving import Outcome, finished, turned_away
from turk.painting import Event, points_after
from turk.registry import colorings
from turk.study import Screen, Task
from turk.tables import TrialRow
from turk.trials import trial_of
from turk.visits import Visit, is_before_trials

AHEAD = 3
"""How many trials after the open one have images that may be fetched already."""
BORDER, GAP, MARGIN, PROMPT = 1, 24, 16, 120
"""Around an image, between two, beside the stage, and the room below for the question: as the page's style has them."""
EDITOR = (320, 480)
"""The least window in which a photo can be colored: a small phone's."""

OUTCOMES: Mapping[str, Outcome] = {"refused": "device_refused", "declined": "screened_out"}
"""States of sessions that end before a trial to what the recruiter is told."""

Name: TypeAlias = Literal[
    "device", "consent", "color_vision", "instructions", "trial", "photo", "comment", "finished", "left", "refused",
    "declined", "closed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """Where a session stands.

    Attributes:
        name: What the page shows next.
        done: Trials that are answered.
        total: Trials that are planned, replacements too; 0 before there is a plan.
        facts: What that page may know beside its texts.
        images: Tokens of the open trial's images, by place; of a photo that is colored, its gray image.
        ahead: Tokens of images that may be fetched already, trial by trial, in an order that tells nothing.
    """

    name: Name
    done: int = 0
    total: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()

    def to_json(self, address: Callable[[str], str]) -> dict[str, Any]:
        """What the browser is sent; `address` makes an image's address of its token."""
        known: dict[str, Any] = {"name": self.name, "progress": {"done": self.done, "total": self.total}}
        if self.name in ("trial", "photo"):
            known["images"] = [address(token) for token in self.images]
            known["ahead"] = [address(token) for token in self.ahead]
        return known | dict(self.facts)


def show(seen: Visit) -> Step:
    """Where the session stands now."""
    row = seen.row
    if seen.study_state == "closed" and (row.state == "abandoned" or is_before_trials(row)):
        return Step("closed")
    if row.state == "running":
        return _running(seen)
    if row.state == "finished":
        return _finished(seen)
    if row.state == "entered":
        return _before_consent(seen)
    if row.state == "consented":
        return Step("color_vision")
    if row.state in ("refused", "declined"):
        return Step(row.state, facts=turned_away(seen, OUTCOMES[row.state]))  # type: ignore[arg-type]  # a page of that name
    return Step("instructions" if row.state == "ready" else row.state)  # type: ignore[arg-type]  # what is left are pages' names


def consent_versions(seen: Visit) -> dict[str, str]:
    """Locale to the version of the text that a participant agrees to."""
    return {locale: texts["consent_version"] for locale, texts in seen.study.texts.items()}


def smallest_window(seen: Visit) -> tuple[int, int, bool]:
    """The width and height, in CSS pixels, that the study's images need, and whether their time is limited."""
    row = seen.row
    if seen.study.protocol in colorings():
        return *EDITOR, False
    plan = plan_session(seen.study, row.arm, row.rank, row.seed)
    screen = seen.protocol.screen(plan.trials[0], seen.study.parameters)
    across = len(screen.order)
    width = across * (screen.size + 2 * BORDER) + (across - 1) * GAP + 2 * MARGIN
    return width, screen.size + PROMPT, screen.exposure_ms is not None


def screen_of(seen: Visit, row: Any) -> Screen:
    """What the browser may know of a trial that a row keeps."""
    return seen.protocol.screen(trial_of(row.kind, row.stimuli, row.turns), seen.study.parameters)


def _before_consent(seen: Visit) -> Step:
    if seen.row.device is None:
        return Step("device")
    return Step("consent", facts={"version": consent_versions(seen)[seen.row.locale]})


def _finished(seen: Visit) -> Step:
    return Step("finished", facts={"departure": finished(seen)})


def _running(seen: Visit) -> Step:
    rows = _window(seen)
    if not rows:
        total = seen.db.scalars(select(_total()), {"session": seen.row.id}).one()
        return Step("comment", total, total, {"commented": seen.row.comment is not None})
    tokens: dict[int, list[str]] = {}
    for row in rows:
        tokens.setdefault(row.number, []).append(row.token)
    opened, total = rows[0], rows[0].total
    if seen.study.protocol in colorings():
        return Step("photo", opened.number, total, _photo(seen, opened), tuple(tokens[opened.number]))
    facts = {
        "nonce": opened.nonce,
        "block": "practice" if opened.kind == "practice" else "test",
        "screen": asdict(screen_of(seen, opened)),
        "number": opened.number + 1,
        "total": total,
    }
    later = sorted(number for number in tokens if opened.number < number <= opened.number + AHEAD)
    ahead = tuple(token for number in later for token in sorted(tokens[number]))
    return Step("trial", opened.number, total, facts, tuple(tokens[opened.number]), ahead)


def _photo(seen: Visit, row: Any) -> dict[str, Any]:
    """What the browser may know of a photo that is colored, and how far that is."""
    parameters = seen.study.parameters
    task = colorings()[seen.study.protocol].task(trial_of(row.kind, row.stimuli, row.turns), parameters)
    begun = seen.db.get(ColoringRow, row.id)
    events = events_of(seen, row.id)
    return {
        "nonce": row.nonce,
        "block": "practice" if row.kind == "practice" else "test",
        "task": asdict(task),
        "point_size": parameters["point_size"],
        "number": row.number + 1,
        "total": row.total,
        "begun": begun is not None,
        "colorizer": None if begun is None else begun.colorizer,
        "remaining_ms": remaining_ms(seen, task, begun),
        "events": len(events),
        "points": [{"point": key, **asdict(point)} for key, point in points_after(events).items()],
    }


def remaining_ms(seen: Visit, task: Task, begun: ColoringRow | None) -> int:
    """How long a participant still has for a photo, by the server's clock."""
    whole = task.seconds * 1000
    return whole if begun is None else max(0, whole - round((seen.at - begun.begun_at).total_seconds() * 1000))


def events_of(seen: Visit, trial_id: int) -> list[Event]:
    """What was done to a photo's points, in order."""
    rows = select(PointEventRow).where(PointEventRow.trial_id == trial_id).order_by(PointEventRow.number)
    return [Event.of(row) for row in seen.db.scalars(rows)]


def _window(seen: Visit) -> Sequence[Row[Any]]:
    """The images of the trials that are not answered, as many as may be fetched, by trial and place."""
    return seen.db.execute(_waiting(), {"session": seen.row.id}).all()


@cache
def _waiting() -> Select[Any]:
    trial = (TrialRow.id, TrialRow.number, TrialRow.nonce, TrialRow.kind, TrialRow.stimuli, TrialRow.turns)
    waiting = (TrialRow.session_id == bindparam("session"), TrialRow.state.in_(("open", "planned")))
    return (
        select(*trial, AddressRow.token, _total().label("total"))
        .join(AddressRow, AddressRow.trial_id == TrialRow.id)
        .where(*waiting)
        .order_by(TrialRow.number, AddressRow.place)
        .limit(PLACES * (1 + AHEAD))
    )


@cache
def _total() -> ScalarSelect[int]:
    return select(func.count()).where(TrialRow.session_id == bindparam("session")).scalar_subquery()
