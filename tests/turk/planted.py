"""Answers with planted strengths, as data frames: people and photos differ on the logit scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit
from sqlalchemy import Engine, select

from evalsuite.db import session_scope
from turk.frames import RESPONSES, SESSIONS
from turk.study import Study
from turk.tables import ConditionRow, ParticipantRow, SessionRow, StudyRow, TrialRow


@dataclass(frozen=True)
class World:
    """What is true.

    Attributes:
        rates: Condition to fool rate, on average over all people and photos.
        people: Per condition.
        trials: Per person.
        photos: In the pool; everybody sees their own random choice.
        sp: Spread of people, in logits.
        si: Spread of photos, shared by all conditions, in logits.
        side: Added to the log odds of choosing right.
        catch: Catch trials per person, nearly always right.
        seed: Of everything.
    """

    rates: Mapping[str, float]
    people: int = 40
    trials: int = 40
    photos: int = 100
    sp: float = 0.5
    si: float = 1.0
    side: float = 0.0
    catch: int = 8
    seed: int = 0


def logit_of(rate: float, sd: float) -> float:
    """The logit whose average share under normal noise is `rate`."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    return float(brentq(lambda mu: expit(mu + sd * nodes) @ weights / weights.sum() - rate, -20, 20))


def planted(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses and sessions of a study of pairs, everybody finished and every exposure valid."""
    rng = np.random.default_rng(world.seed)
    photos = rng.normal(0, world.si, world.photos)
    sessions: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for condition, rate in world.rates.items():
        level = logit_of(rate, float(np.hypot(world.sp, world.si)))
        for rank in range(world.people):
            number = len(sessions)
            sessions.append(_session(number, condition, rank))
            person = level + rng.normal(0, world.sp)
            rows += _trials(world, rng, number, condition, person + photos)
    responses = pd.DataFrame(rows).astype(dict(RESPONSES))[list(RESPONSES)]
    return responses, pd.DataFrame(sessions).astype(dict(SESSIONS))[list(SESSIONS)]


def study_of(world: World, **fields: Any) -> Study:
    """A frozen study whose answers `planted` makes."""
    known = Study(
        name="street-2026",
        protocol="zhang2016",
        parameters={"practice": 0, "test": world.trials, "catch": world.catch, "exposure_ms": 1000, "size": 256},
        conditions=tuple(world.rates),
        catch="random" if world.catch else None,
        photos=tuple(f"photo-{k:04d}" for k in range(world.photos)),
        stimuli={},
        participants_per_condition=world.people,
        recruiter="link",
        reward_usd=Decimal("1.40"),
        exclusions={"catch_min_correct": 6} if world.catch else {},
        stopping={"participants": "all"},
        analysis={"draws": 2000},
    )
    return replace(known, **fields)


def _session(number: int, arm: str, rank: int) -> dict[str, Any]:
    start = pd.Timestamp("2026-11-02T10:00:00Z") + pd.Timedelta(minutes=number)
    end = start + pd.Timedelta(minutes=7)
    return {
        "session": number, "participant": f"p{number:04d}", "arm": arm, "rank": rank, "state": "finished",
        "synthetic": False, "observer": None, "locale": "en", "consent_version": "1", "device": {"dpr": 1.0},
        "color_vision": {"answers": ["no"]}, "comment": None, "created_at": start, "consented_at": start,
        "started_at": start, "finished_at": end,
    }  # fmt: skip


def _trials(
    world: World, rng: np.random.Generator, session: int, arm: str, logits: NDArray[np.float64]
) -> Sequence[dict[str, Any]]:
    chosen = rng.choice(world.photos, min(world.trials + world.catch, world.photos), replace=False)
    kinds = ["test"] * world.trials + ["catch"] * world.catch
    sides = np.resize(rng.permutation([0, 1]), len(kinds))
    turns = rng.permutation(np.resize([0, 1], len(kinds)))
    found = []
    for number, (kind, place, turn) in enumerate(zip(kinds, rng.permutation(sides), turns, strict=True)):
        photo = int(chosen[number % len(chosen)])
        right_fools = 1 if place == 0 else -1
        chance = expit(logits[photo] + right_fools * world.side) if kind == "test" else 0.02
        fooled = bool(rng.random() < chance)
        answer = "right" if (place == 1) != fooled else "left"
        found.append({
            "session": session, "participant": f"p{session:04d}", "arm": arm, "number": number, "kind": kind,
            "photo": f"photo-{photo:04d}", "condition": arm if kind == "test" else "random",
            "other_condition": None, "fake_place": place, "fake_turn": turn, "answer": answer,
            "correct": not fooled, "value": float(fooled), "rt_ms": float(rng.lognormal(6.8, 0.3)), "valid": True,
            "measured_ms": 1000.0, "refresh_hz": 60.0, "replaces": None,
            "answered_at": pd.Timestamp("2026-11-02T10:00:00Z") + pd.Timedelta(seconds=number),
        })  # fmt: skip
    return found


def keep(engine: Engine, study: StudyRow, frames: tuple[pd.DataFrame, pd.DataFrame], synthetic: bool = False) -> None:
    """Put planted answers into the database, as answers to a study that has the same conditions."""
    responses, sessions = frames
    with session_scope(engine) as db:
        known = select(ConditionRow.name, ConditionRow.id).where(ConditionRow.study_id == study.id)
        conditions = {name: key for name, key in db.execute(known)}
        for row in sessions.to_dict("records"):
            person = ParticipantRow(
                platform="synthetic" if synthetic else "link", key=f"{study.name} {synthetic} {row['participant']}",
                created_at=row["created_at"],
            )  # fmt: skip
            db.add(person)
            db.flush()
            kept = SessionRow(
                study_id=study.id, participant_id=person.id, place_id=None, synthetic=synthetic,
                observer="psychometric" if synthetic else None, tab="tab", seed=1, arrival={"source": "test"},
                token_sha256=f"{study.name} {synthetic} {row['session']}", seen_at=row["created_at"],
                **{name: row[name] for name in COPIED},
            )  # fmt: skip
            db.add(kept)
            db.flush()
            mine = responses[responses["session"] == row["session"]]
            db.add_all(_trial_row(kept.id, conditions, trial) for trial in mine.to_dict("records"))


COPIED = (
    "state", "arm", "rank", "locale", "device", "color_vision", "consent_version", "comment", "created_at",
    "consented_at", "started_at", "finished_at",
)  # fmt: skip


def _trial_row(session: int, conditions: Mapping[str, int], trial: Mapping[Any, Any]) -> TrialRow:
    left_fake = trial["fake_place"] == 0
    return TrialRow(
        session_id=session, nonce=f"{session} {trial['number']}", condition_id=conditions[trial["condition"]],
        other_condition_id=None, stimuli=[], turns=[0, 1] if left_fake == (trial["fake_turn"] == 0) else [1, 0],
        state="answered", replaces=None, released_at=trial["answered_at"], exposure={},
        **{name: trial[name] for name in (
            "number", "kind", "photo", "fake_place", "fake_turn", "answer", "correct", "value", "rt_ms", "valid",
            "measured_ms", "refresh_hz", "answered_at",
        )},
    )  # fmt: skip
