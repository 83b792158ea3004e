"""A session's trials as rows: written from its plan, replaced, read back, and shown by random addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from turk.hosted import hand_out
from turk.image_tables import AddressRow, HostingRow
from turk.keys import random_token
from turk.study import REAL, Stimulus, Trial
from turk.tables import ConditionRow, StimulusRow, TrialRow
from turk.visits import Visit

ADDRESS_LIFE = timedelta(days=1)

Stimuli: TypeAlias = Mapping[Stimulus, tuple[int, int]]
"""Stimulus to the keys of its condition and its image."""


def write(seen: Visit, trials: Sequence[Trial], first: int, replaces: int | None = None) -> list[int]:
    """Keep trials and a random address for each of their images; return the trials' keys.

    Args:
        seen: The session's open transaction.
        trials: In their order.
        first: The number of the first one.
        replaces: The number of the trial that they replace.
    """
    known, hosted = _stimuli(seen.db, seen.row.study_id, trials)
    rows = [
        _row(trial, known) | {"session_id": seen.row.id, "number": number, "replaces": replaces}
        for number, trial in enumerate(trials, first)
    ]
    # RETURNING would take a statement for each row: SQLite does not promise its order.
    seen.db.execute(insert(TrialRow), rows)
    written = (TrialRow.session_id == seen.row.id, TrialRow.number >= first)
    keys = list(seen.db.scalars(select(TrialRow.id).where(*written).order_by(TrialRow.number)))
    expires_at = seen.at + ADDRESS_LIFE
    addresses: list[dict[str, Any]] = [
        {"token": random_token(), "trial_id": key, "place": place, "expires_at": expires_at}
        | {"stimulus_id": known[stimulus][1]}
        for key, trial in zip(keys, trials, strict=True)
        for place, stimulus in enumerate(trial.stimuli)
    ]
    seen.db.execute(insert(AddressRow), addresses)
    if hosted:
        images = [(row["token"], row["trial_id"], row["stimulus_id"]) for row in addresses]
        hand_out(seen.db, seen.row.study_id, images, seen.at)
    return keys


def renew(seen: Visit) -> None:
    """Keep the addresses of a session alive that has come far in their life."""
    waiting = select(TrialRow.id).where(TrialRow.session_id == seen.row.id, TrialRow.state != "answered")
    late = (AddressRow.trial_id.in_(waiting), AddressRow.expires_at < seen.at + ADDRESS_LIFE / 2)
    seen.db.execute(update(AddressRow).where(*late).values(expires_at=seen.at + ADDRESS_LIFE))


def trial_of(kind: Any, stimuli: Sequence[Any], turns: Sequence[Any]) -> Trial:
    """The trial that a row's columns keep."""
    return Trial(kind, tuple(Stimulus(photo, condition) for photo, condition in stimuli), tuple(turns))


def _row(trial: Trial, known: Stimuli) -> dict[str, Any]:
    fakes = [place for place, stimulus in enumerate(trial.stimuli) if stimulus.condition != REAL]
    fake = fakes[0] if len(fakes) == 1 else None
    named = trial.stimuli[fakes[0] if fakes else 0]
    other = trial.stimuli[1] if len(fakes) == 2 else None
    return {
        "nonce": random_token(),
        "kind": trial.kind,
        "photo": named.photo,
        "condition_id": known[named][0],
        "other_condition_id": known[other][0] if other is not None else None,
        "stimuli": [[stimulus.photo, stimulus.condition] for stimulus in trial.stimuli],
        "turns": list(trial.order),
        "fake_place": fake,
        "fake_turn": trial.order.index(fake) if fake is not None else None,
        "state": "planned",
    }


def _stimuli(db: Session, study_id: int, trials: Iterable[Trial]) -> tuple[Stimuli, bool]:
    """The keys of what these trials show, and whether copies of it lie elsewhere."""
    photos = sorted({photo for trial in trials for photo in trial.photos})
    query = (
        select(StimulusRow.photo, ConditionRow.name, ConditionRow.id, StimulusRow.id, HostingRow.study_id)
        .join(ConditionRow, ConditionRow.id == StimulusRow.condition_id)
        .outerjoin(HostingRow, HostingRow.study_id == ConditionRow.study_id)
        .where(ConditionRow.study_id == study_id, StimulusRow.photo.in_(photos))
    )
    rows = db.execute(query).all()
    known = {Stimulus(photo, condition): (kind, image) for photo, condition, kind, image, _ in rows}
    return known, any(hosting is not None for *_, hosting in rows)
