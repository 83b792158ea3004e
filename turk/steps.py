"""Where a session stands, and what its page may know of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Literal, TypeAlias

from sqlalchemy import Row, ScalarSelect, Select, bindparam, func, select

from turk.design import plan_session
from turk.exposure import PLACES
from turk.leaving import Outcome, finished, turned_away
from turk.study import Screen
from turk.tables import AddressRow, TrialRow
from turk.trials import trial_of
from turk.visits import Visit, is_before_trials

AHEAD = 3
"""How many trials after the open one have images that may be fetched already."""
BORDER, GAP, MARGIN, PROMPT = 1, 24, 16, 120
"""Around an image, between two, beside the stage, and the room below for the question: as the page's style has them."""

OUTCOMES: Mapping[str, Outcome] = {"refused": "device_refused", "declined": "screened_out"}
"""States of sessions that end before a trial to what the recruiter is told."""

Name: TypeAlias = Literal[
    "device", "consent", "color_vision", "instructions", "trial", "comment", "finished", "left", "refused",
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
        images: Tokens of the open trial's images, by place.
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
        if self.name == "trial":
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
        return Step(row.state, facts=turned_away(seen, OUTCOMES[row.state]))  # type: ignore[arg-type]
    return Step("instructions" if row.state == "ready" else row.state)  # type: ignore[arg-type]


def consent_versions(seen: Visit) -> dict[str, str]:
    """Locale to the version of the text that a participant agrees to."""
    return {locale: texts["consent_version"] for locale, texts in seen.study.texts.items()}


def smallest_window(seen: Visit) -> tuple[int, int, bool]:
    """The width and height, in CSS pixels, that the study's images need, and whether their time is limited."""
    row = seen.row
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


def _window(seen: Visit) -> Sequence[Row[Any]]:
    """The images of the trials that are not answered, as many as may be fetched, by trial and place."""
    return seen.db.execute(_waiting(), {"session": seen.row.id}).all()


@cache
def _waiting() -> Select[Any]:
    shown = (TrialRow.number, TrialRow.nonce, TrialRow.kind, TrialRow.stimuli, TrialRow.turns, AddressRow.token)
    waiting = (TrialRow.session_id == bindparam("session"), TrialRow.state.in_(("open", "planned")))
    return (
        select(*shown, _total().label("total"))
        .join(AddressRow, AddressRow.trial_id == TrialRow.id)
        .where(*waiting)
        .order_by(TrialRow.number, AddressRow.place)
        .limit(PLACES * (1 + AHEAD))
    )


@cache
def _total() -> ScalarSelect[int]:
    return select(func.count()).where(TrialRow.session_id == bindparam("session")).scalar_subquery()
