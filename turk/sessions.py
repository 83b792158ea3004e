"""A participant's way through a study: one function per event, one transaction each, safe to repeat."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from turk.design import plan_session
from turk.device import problems_of, read_device
from turk.refusals import Refused
from turk.steps import Step, consent_versions, show
from turk.store import Store
from turk.tables import EventRow, TrialRow
from turk.trials import renew, write
from turk.untrusted import KEY, fact, facts, flag, items, number, record, text
from turk.visits import Ticket, Visit, complete, end, is_before_trials, open_trial, visit

COMMENT_LENGTH = 5000
COLOR_VISION_ANSWERS = 20
EVENTS_AT_ONCE = 100
EVENTS = 2000
"""The most that is kept of a session's events."""


def resume(store: Store, ticket: Ticket, locale: str | None = None) -> Step:
    """Say where a session stands; the tab that asks becomes the session's, the newest wins.

    A language of the study that the page is shown in now becomes the session's.

    Raises:
        Refused: no_session, or no_place where it was abandoned and its place is taken.
    """
    with visit(store, ticket, take_over=True) as seen:
        if locale in seen.study.texts:
            seen.row.locale = str(locale)
        if seen.row.state == "running":
            renew(seen)
        return show(seen)


def device(store: Store, ticket: Ticket, given: Any) -> Step:
    """Keep what the browser tells of the device, and let the session in where images are seen as planned.

    What a participant can mend (a small window, a slow refresh) leaves the session where it is, and the step's facts
    name it in `problems`; a device that the study does not take ends it as refused.

    Args:
        store: Where the session is kept.
        ticket: Whose it is.
        given: width, height, refresh_hz, touch, dpr, user_agent and other plain facts.

    Raises:
        Refused: no_session, moved, bad, no_place.
    """
    known = read_device(given)
    with visit(store, ticket) as seen:
        if seen.row.state != "entered" or _over(seen):
            return show(seen)
        gate = problems_of(seen, known)
        if gate.refused:
            seen.row.device = known
            end(seen, "refused")
            return show(seen)
        if gate.problems:
            return Step("device", facts=gate.facts)
        seen.row.device = known
        return show(seen)


def consent(store: Store, ticket: Ticket, version: Any, agree: Any) -> Step:
    """Keep which text a participant agreed to; who declines gives the place back.

    Raises:
        Refused: no_session, moved, no_place, bad, step before the device, conflict where the text is another one.
    """
    agreed, version = flag(agree, "agree"), text(version, "version", 100)
    with visit(store, ticket) as seen:
        if seen.row.state != "entered" or _over(seen):
            return show(seen)
        if seen.row.device is None:
            raise Refused("step", "The screen is checked first. Load the page again.")
        if version not in consent_versions(seen).values():
            raise Refused("conflict", "This study's consent text is another one. Load the page again to read it.")
        if agreed:
            seen.row.state, seen.row.consent_version, seen.row.consented_at = "consented", version, seen.at
        else:
            end(seen, "declined")
        return show(seen)


def color_vision(store: Store, ticket: Ticket, answers: Any) -> Step:
    """Keep what a participant says of their color vision; it excludes nobody by itself.

    Raises:
        Refused: no_session, moved, no_place, bad, step before consent.
    """
    kept = [fact(one, "answers") for one in items(answers, "answers", COLOR_VISION_ANSWERS)]
    with visit(store, ticket) as seen:
        if seen.row.state == "entered" and not _over(seen):
            raise Refused("step", "Consent comes first. Load the page again.")
        if seen.row.state == "consented" and not _over(seen):
            seen.row.color_vision, seen.row.state = {"answers": kept}, "ready"
        return show(seen)


def begin(store: Store, ticket: Ticket) -> Step:
    """Plan the session, keep its trials and their images' addresses, and open the first trial.

    Raises:
        Refused: no_session, moved, no_place, step before the color-vision question.
    """
    with visit(store, ticket) as seen:
        row = seen.row
        if row.state in ("entered", "consented") and not _over(seen):
            raise Refused("step", "The questions before the instructions come first. Load the page again.")
        if row.state == "ready" and not _over(seen):
            plan = plan_session(seen.study, row.arm, row.rank, row.seed)
            first, *_ = write(seen, plan.trials, first=0)
            seen.db.execute(update(TrialRow).where(TrialRow.id == first).values(state="open", released_at=seen.at))
            row.state, row.started_at = "running", seen.at
        return show(seen)


def events(store: Store, ticket: Ticket, given: Any) -> None:
    """Keep what happened in the browser: {"kind", "at_ms", "facts"} each; one that was told before is kept once.

    Raises:
        Refused: no_session, moved, no_place, bad.
    """
    told = [_read_event(one) for one in items(given, "events", EVENTS_AT_ONCE)]
    with visit(store, ticket) as seen:
        known = seen.db.execute(select(EventRow.kind, EventRow.facts).where(EventRow.session_id == seen.row.id)).all()
        there = {(kind, kept.get("at_ms")) for kind, kept in known}
        fresh = {(kind, kept["at_ms"]): kept for kind, kept in told if (kind, kept["at_ms"]) not in there}
        rows = [
            {"session_id": seen.row.id, "at": seen.at, "kind": kind, "facts": kept}
            for (kind, _), kept in list(fresh.items())[: max(0, EVENTS - len(known))]
        ]
        if rows:
            seen.db.execute(insert(EventRow), rows)


def comment(store: Store, ticket: Ticket, words: Any) -> Step:
    """Keep a participant's comment; a later one takes its place until the session is finished.

    Raises:
        Refused: no_session, moved, no_place, bad, step before the last trial.
    """
    words = text(words, "text", COMMENT_LENGTH)
    with visit(store, ticket) as seen:
        if seen.row.state == "running":
            _after_trials(seen)
            seen.row.comment = words
        return show(seen)


def leave(store: Store, ticket: Ticket) -> Step:
    """End a session at the participant's wish and give its place back; answers that were given stay.

    Raises:
        Refused: no_session, moved, no_place.
    """
    with visit(store, ticket) as seen:
        end(seen, "left")
        return show(seen)


def finish(store: Store, ticket: Ticket) -> Step:
    """Finish a session whose trials are all answered: its place is done, and it gets its completion code.

    Raises:
        Refused: no_session, moved, no_place, step before the last trial.
    """
    with visit(store, ticket) as seen:
        row = seen.row
        if row.state in ("entered", "consented", "ready") and not _over(seen):
            raise Refused("step", "The study is not over yet. Load the page again.")
        if row.state == "running":
            _after_trials(seen)
            complete(seen)
        return show(seen)


def _over(seen: Visit) -> bool:
    return seen.study_state == "closed" and is_before_trials(seen.row)


def _after_trials(seen: Visit) -> None:
    if open_trial(seen) is not None:
        raise Refused("step", "There are trials left. Load the page again to go on.")


def _read_event(value: Any) -> tuple[str, dict[str, Any]]:
    given = record(value, "event")
    kind = text(given.get("kind"), "event.kind", 40)
    if not KEY.fullmatch(kind):
        raise Refused("bad", "event.kind: expected a word; got something else. Load the page again.")
    at_ms = number(given.get("at_ms"), "event.at_ms", 0, 1e15)
    return kind, facts(given.get("facts") or {}, "event.facts") | {"at_ms": at_ms}
