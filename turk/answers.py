"""Answers: each is kept once, before it is acknowledged, and never lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import Row, Select, Table, Update, bindparam, func, select, update

from turk.design import plan_session
from turk.exposure import judge, read_exposure
from turk.keys import equal
from turk.refusals import Refused
from turk.registry import colorings
from turk.steps import Step, screen_of, show
from turk.store import Store
from turk.study import Screen, Trial
from turk.tables import TrialRow
from turk.trials import trial_of, write
from turk.untrusted import nonce as checked_nonce
from turk.untrusted import number, text
from turk.visits import Ticket, Visit, visit

TRIALS = cast("Table", TrialRow.__table__)
TOLERANCE_MS = 100.0
"""How much earlier than planned an honest answer can come: each part of a screen may be a frame (20 ms) short."""
LONGEST_RT_MS = 86_400_000.0
REPLACEMENTS = 20
"""The most trials of a session that are replaced, where settings.replacements says nothing."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as the browser sent it.

    Attributes:
        answer: One of the screen's choices.
        rt_ms: From the question to the answer.
        exposure: What the browser measured.
        elapsed_ms: The virtual time since the trial was released; synthetic participants alone may say it.
        synthetic_key: The server's own, with elapsed_ms.
    """

    answer: Any
    rt_ms: Any
    exposure: Any
    elapsed_ms: Any = None
    synthetic_key: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What practice tells after the answer."""

    correct: bool | None
    truth: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What comes back for an answer: where the session stands, and in practice whether it was right."""

    step: Step
    feedback: Feedback | None


def answer(store: Store, ticket: Ticket, nonce: str, given: Given) -> Answered:
    """Keep an answer and open the next trial; the same again gives the same result.

    A test or catch trial that was not seen as planned is kept as invalid and replaced by one with a fresh photo at the
    session's end, as long as photos last.

    Args:
        store: Where the session is kept.
        ticket: Whose it is.
        nonce: The trial's.
        given: What the browser sent.

    Raises:
        Refused: no_session, moved, no_place; unknown: no trial of this session; conflict: answered otherwise before;
            step: it is not the open trial; early: faster than its images were shown; bad: no choice of this trial.
    """
    checked_nonce(nonce, "trial")
    kept = _checked(given)
    with visit(store, ticket) as seen:
        row = _trial(seen, nonce)
        if seen.study.protocol in colorings():
            raise Refused("step", "This photo is colored and has no answer. Load the page again.")
        trial = trial_of(row.kind, row.stimuli, row.turns)
        screen = screen_of(seen, row)
        if row.state == "answered":
            _same_or_conflict(row, kept)
            correct = row.correct
        else:
            _may_answer(seen, row, screen, given, kept)
            correct = _keep(seen, row, trial, screen, kept)
        feedback = Feedback(correct, seen.protocol.truth(trial)) if screen.feedback else None
        return Answered(show(seen), feedback)


def _checked(given: Given) -> dict[str, Any]:
    return {
        "answer": text(given.answer, "answer", 100),
        "rt_ms": number(given.rt_ms, "rt_ms", 0, LONGEST_RT_MS),
        "exposure": read_exposure(given.exposure),
    }


def _trial(seen: Visit, nonce: str) -> Row[Any]:
    row = seen.db.execute(_mine(), {"nonce_given": nonce, "session": seen.row.id}).first()
    if row is None:
        raise Refused("unknown", "There is no such trial in this session. Load the page again.")
    return row


@cache
def _mine() -> Select[Any]:
    mine = (TRIALS.c.nonce == bindparam("nonce_given"), TRIALS.c.session_id == bindparam("session"))
    return select(TRIALS).where(*mine)


def _same_or_conflict(row: Row[Any], kept: Mapping[str, Any]) -> None:
    if (row.answer, row.rt_ms, row.exposure) != (kept["answer"], kept["rt_ms"], kept["exposure"]):
        raise Refused("conflict", "This trial was answered before, and the first answer counts. Load the page again.")


def _may_answer(seen: Visit, row: Row[Any], screen: Screen, given: Given, kept: Mapping[str, Any]) -> None:
    if seen.row.state != "running" or row.state != "open" or row.released_at is None:
        raise Refused("step", "This trial is not the one that is open. Load the page again.")
    if kept["answer"] not in screen.choices:
        raise Refused("bad", f"answer: one of {', '.join(screen.choices)}; got another. Load the page again.")
    elapsed = (seen.at - row.released_at).total_seconds() * 1000
    if given.elapsed_ms is not None:
        elapsed = _virtual(seen, given)
    if elapsed < screen.shortest_ms - TOLERANCE_MS:
        raise Refused("early", "The answer came before the images could be seen. Look at them first.")


def _virtual(seen: Visit, given: Given) -> float:
    key = seen.store.synthetic_key
    allowed = seen.row.synthetic or seen.store.rehearsal
    if not allowed or key is None or not equal(given.synthetic_key or "", key):
        raise Refused("bad", "elapsed_ms: for synthetic participants alone. Leave it out.")
    return number(given.elapsed_ms, "elapsed_ms", 0, LONGEST_RT_MS)


def _keep(seen: Visit, row: Row[Any], trial: Trial, screen: Screen, kept: Mapping[str, Any]) -> bool | None:
    """Write the answer and open the next trial; return whether the answer was right."""
    verdict = judge(screen.exposure_ms, kept["exposure"], len(trial.stimuli))
    outcome = seen.protocol.score(trial, kept["answer"])
    meant = {"correct": outcome.correct, "value": outcome.value, "valid": verdict.valid}
    measured = {"measured_ms": verdict.measured_ms, "refresh_hz": verdict.refresh_hz}
    written = {"state": "answered", "answered_at": seen.at, **kept, **meant, **measured}
    connection = seen.db.connection()
    connection.execute(_answered(), {"trial": row.id, **written})
    if not verdict.valid and row.kind != "practice":
        _replace(seen, row, trial)
    following = {"session": row.session_id, "next": row.number + 1}
    connection.execute(_opened(), {"state": "open", "released_at": seen.at, **following})
    return outcome.correct


@cache
def _answered() -> Update:
    return update(TRIALS).where(TRIALS.c.id == bindparam("trial"))


@cache
def _opened() -> Update:
    following = (TRIALS.c.session_id == bindparam("session"), TRIALS.c.number == bindparam("next"))
    return update(TRIALS).where(*following)


def _replace(seen: Visit, row: Row[Any], trial: Trial) -> None:
    session = seen.row
    trials, replaced = seen.db.execute(
        select(func.count(), func.count(TrialRow.replaces)).where(TrialRow.session_id == session.id)
    ).one()
    spare = plan_session(seen.study, session.arm, session.rank, session.seed).spare
    if replaced < min(len(spare), seen.study.settings.get("replacements", REPLACEMENTS)):
        write(seen, [seen.protocol.replace(trial, spare[replaced])], first=trials, replaces=row.number)
