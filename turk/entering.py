"""How somebody comes into a study, or comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from evalsuite.db import session_scope
from turk import places
from turk.arrivals import Arrival, arrive
from turk.keys import equal, nameless_key, person_key, random_seed, random_token, synthetic_seed, token_hash
from turk.leaving import Outcome, sent_back
from turk.people import keep_identity, participant, purge, purge_time
from turk.refusals import Refused
from turk.signed_addresses import check_signed
from turk.steps import Step, show
from turk.store import Store
from turk.study import Study
from turk.sweeping import sweep_study
from turk.tables import SessionRow, StudyRow
from turk.untrusted import nonce, text
from turk.visits import LIVE, Visit, revive

NAME = re.compile("[a-z0-9-]{1,100}")
LOCALE_LENGTH = 35
OBSERVER_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Synthetic:
    """What a synthetic participant says of itself: the server's key, and which observer it is."""

    key: str
    observer: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A request to take part.

    Attributes:
        query: The parameters of the study's address.
        tab: The random name of the browser's tab.
        locale: The language that the page is shown in; one that the study does not have becomes its first.
        synthetic: For synthetic participants alone.
    """

    query: Mapping[str, Any]
    tab: str
    locale: str = "en"
    synthetic: Synthetic | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """The session's token, which is told once, and where the session stands."""

    token: str
    step: Step


def enter(store: Store, name: str, entry: Entry) -> Entered:
    """Give a person a place and a session, or a new token for the session that they have.

    The same person comes back to the same step with the same images; a person without a name comes back by the same
    tab. Sessions that were abandoned lose their places first.

    Args:
        store: Where studies are kept.
        name: The study's name.
        entry: Who comes.

    Raises:
        Refused: unknown study (unknown), not open (closed), no place left (no_place), took part before (already), or
            parameters that are no recruiter's (bad).
    """
    nonce(entry.tab, "tab")
    token = random_token()
    with session_scope(store.engine) as db:
        door = _door(store, db, name, entry)
        sweep_study(db, door.row.id, door.study, door.at)
        purge(db, door.at)
        participant_id = _participant(store, db, door, entry)
        row = _session_of(db, door.row.id, participant_id)
        back = row is not None
        if door.row.recruiter == "prolific" and entry.synthetic is None:
            check_signed(db, door.row.id, name, entry.query, door.at, known=back)
        if row is None:
            _open_or_refuse(door, entry)
            row = _new_session(store, db, door, entry, participant_id)
        row.token_sha256, row.tab, row.seen_at, row.locale = token_hash(token), entry.tab, door.at, door.locale
        seen = Visit(store, db, row, door.study, door.row.sha256, door.row.state, door.row.recruiter, door.at)
        if back:
            _come_back(seen, door, entry)
        db.flush()
        return Entered(token, show(seen))


@dataclass(frozen=True, slots=True)
class _Door:
    """A study, and who stands before it."""

    row: StudyRow
    study: Study
    arrival: Arrival
    locale: str
    at: datetime


def _door(store: Store, db: Session, name: str, entry: Entry) -> _Door:
    found = select(StudyRow).where(StudyRow.name == name).options(defer(StudyRow.config))
    row = db.scalars(found).first() if NAME.fullmatch(name) else None
    if row is None:
        raise Refused("unknown", "There is no such study. Check the address.")
    arrival = arrive(row.recruiter, entry.query, store.submit_origins)
    if entry.synthetic is not None:
        arrival = _synthetic(store, arrival, entry.synthetic)
    elif arrival.preview:
        raise Refused("bad", "This is a preview. Accept the task to take part.")
    study = store.study(db, row.sha256, row.id)
    asked = text(entry.locale, "locale", LOCALE_LENGTH)
    locale = asked if asked in study.texts else next(iter(study.texts))
    return _Door(row, study, arrival, locale, store.clock())


def _synthetic(store: Store, arrival: Arrival, synthetic: Synthetic) -> Arrival:
    if store.synthetic_key is None or not equal(text(synthetic.key, "synthetic.key", 500), store.synthetic_key):
        raise Refused("bad", "synthetic.key: expected this server's own; got another. Let `turk simulate` start it.")
    text(synthetic.observer, "synthetic.observer", OBSERVER_LENGTH)
    return replace(arrival, platform="synthetic", preview=False)


def _participant(store: Store, db: Session, door: _Door, entry: Entry) -> int:
    arrival = door.arrival
    if arrival.person is not None:
        key = person_key(store.secret, arrival.platform, arrival.person)
    else:
        key = nameless_key(store.secret, door.row.name, entry.tab)
    participant_id = participant(db, arrival.platform, key, door.at)
    if arrival.person is not None and entry.synthetic is None:
        purge_at = purge_time(door.at, door.row.recruiter, door.study.settings)
        keep_identity(db, participant_id, arrival.person, purge_at)
    return participant_id


def _session_of(db: Session, study_id: int, participant_id: int) -> SessionRow | None:
    known = select(SessionRow).where(SessionRow.study_id == study_id, SessionRow.participant_id == participant_id)
    return db.scalars(known.with_for_update()).first()


def _open_or_refuse(door: _Door, entry: Entry) -> None:
    state = door.row.state
    if state == "closed" or (state != "live" and entry.synthetic is None):
        told = {"built": "has not started yet", "paused": "takes a break", "closed": "is over"}[state]
        raise Refused("closed", f"This study {told} and takes nobody in. Thank you for your interest.")


def _new_session(store: Store, db: Session, door: _Door, entry: Entry, participant_id: int) -> SessionRow:
    synthetic = entry.synthetic is not None
    place = places.claim(db, door.row.id, door.study, synthetic=synthetic)
    if place is None:
        sentence = "All places of this study are taken. Thank you for your interest."
        raise Refused("no_place", sentence, _way_back(store, db, door, "no_place"))
    row = SessionRow(
        study_id=door.row.id,
        participant_id=participant_id,
        place_id=place.id,
        synthetic=synthetic,
        observer=entry.synthetic.observer if entry.synthetic is not None else None,
        state="entered",
        arm=place.arm,
        rank=place.rank,
        seed=synthetic_seed(door.row.sha256, door.arrival.person or entry.tab) if synthetic else random_seed(),
        arrival=dict(door.arrival.facts),
        created_at=door.at,
    )
    db.add(row)
    return row


def _way_back(store: Store, db: Session, door: _Door, outcome: Outcome) -> dict[str, Any] | None:
    return sent_back(store, db, door.row.id, outcome) if door.row.recruiter == "prolific" else None


def _come_back(seen: Visit, door: _Door, entry: Entry) -> None:
    """Let somebody in again: who finished with another assignment took part before; who only left may try again."""
    row, facts = seen.row, dict(door.arrival.facts)
    if row.state == "finished":
        if row.arrival != facts:
            sentence = "You have taken part in this study before, and once is all we need. Thank you."
            raise Refused("already", sentence, _way_back(seen.store, seen.db, door, "screened_out"))
        return
    if row.started_at is None and (row.state not in LIVE or seen.study_state == "closed"):
        _open_or_refuse(door, entry)
    row.arrival = facts
    if row.state in ("refused", "declined", "left") and row.started_at is None:
        row.device = row.color_vision = row.consent_version = row.consented_at = None
        revive(seen)
    elif row.state == "abandoned" and seen.study_state != "closed":
        revive(seen)
