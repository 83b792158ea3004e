"""A study of the runs' methods with an analysis that may be seen, its numbers planted, for tests of pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from evalsuite.db import now, session_scope
from evalsuite.tables import ColorizerRow, EntryRow, RunRow
from tests.webapp.runs import PHOTOS
from turk.registry import protocol
from turk.result_tables import AnalysisRow, FoolRateRow, PhotoRateRow
from turk.study import Study
from turk.tables import ConditionRow, StudyRow

STUDY = "people-of-street"
RATES = {"good": 0.30, "rival": 0.28, "gray": 0.05}
VIEWS = 20
RARE = 5
"""The photo that few people saw."""
DIFFERENCES = (("good", "rival", 0.02, 0.6), ("good", "gray", 0.25, 1e-6), ("rival", "gray", 0.23, 1e-5))


def add_study(engine: Engine) -> int:
    """Keep what people said of three methods, as `turk analyze` would have."""
    with session_scope(engine) as session:
        key = _study(session)
        conditions = {name: _condition(session, key, name, k) for k, name in enumerate(RATES)}
        for name, condition in conditions.items():
            rate = {"value": RATES[name], "participants": 40, "trials": 480, "photos": PHOTOS}
            ends = {f"{target}_{end}": RATES[name] + reach for target, width in (("these", 0.03), ("new", 0.05))
                    for end, reach in (("low", -width), ("high", width))}  # fmt: skip
            entry = _entry(session, name)
            session.add(
                FoolRateRow(study_id=key, synthetic=False, condition_id=condition, entry_id=entry, **rate, **ends)
            )
            session.add_all(PhotoRateRow(condition_id=condition, synthetic=False, **_seen(name, k))
                            for k in range(PHOTOS))  # fmt: skip
        session.add(
            AnalysisRow(
                study_id=key,
                synthetic=False,
                made_at=now(),
                finished=120,
                record=record(),
                tables=[
                    {"caption": "People", "columns": ["Condition"], "rows": [[name, []] for name in RATES], "notes": []}
                ],
                methods="",
                agreement=None,
            )
        )
        return key


def record() -> dict[str, Any]:
    """What the analysis says of rates, of differences and of how well fakes are told."""
    conditions = {
        name: {"fool_rate": {"value": rate, "ci95_these_photos": [rate - 0.03, rate + 0.03],
                             "ci95_new_photos": [rate - 0.05, rate + 0.05], "participants": 40, "trials": 480,
                             "photos": PHOTOS}}
        for name, rate in RATES.items()
    }  # fmt: skip
    return {
        "measure": "fool_rate", "stopping_rule_met": True, "excluded": [], "conditions": conditions,
        "everyone": {"participants": 120, "conditions": conditions, "differences": []},
        "differences": [
            {"a": a, "b": b, "value": value, "ci95": [value - 0.06, value + 0.06],
             "ci95_these_photos": [value - 0.04, value + 0.04], "p": p, "p_holm": p}
            for a, b, value, p in DIFFERENCES
        ],
        "pairs": [{"condition": "good", "d_prime": 0.74, "d_prime_low": 0.6, "d_prime_high": 0.9}],
    }  # fmt: skip


def fooled_by(name: str, photo: int) -> tuple[int, int]:
    """How many of how many a photo of a method fooled: those of high numbers the more."""
    views = 4 if photo == RARE else VIEWS
    return min(views, round(views * RATES[name] * 2 * photo / PHOTOS)), views


def _seen(name: str, photo: int) -> dict[str, Any]:
    fooled, views = fooled_by(name, photo)
    shrunk = (fooled + 1) / (views + 4)
    return {
        "photo": f"p{photo:02}", "views": views, "fooled": fooled, "shrunk": shrunk, "low": max(0, shrunk - 0.1),
        "high": min(1, shrunk + 0.1), "ranked": views >= 10,
    }  # fmt: skip


def _study(session: Session) -> int:
    known = protocol("zhang2016").parameters
    study = Study(
        name=STUDY, protocol="zhang2016", parameters={name: one.default for name, one in known.items()},
        conditions=tuple(RATES), catch=None, photos=tuple(f"p{k:02}" for k in range(PHOTOS)), stimuli={},
        participants_per_condition=40, recruiter="link", reward_usd=Decimal("1.40"),
    )  # fmt: skip
    row = StudyRow(
        name=STUDY, sha256=study.hash, protocol="zhang2016", recruiter="link", state="closed", folder="/gone",
        config=study.to_json(), audit=None, run_id=session.scalar(select(RunRow.id).where(RunRow.name == "first")),
        created_at=now(), launched_at=now(), closed_at=now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def _condition(session: Session, study: int, name: str, position: int) -> int:
    row = ConditionRow(study_id=study, position=position, name=name, kind="test")
    session.add(row)
    session.flush()
    return row.id


def _entry(session: Session, name: str) -> int:
    """The method in the first run that has it."""
    found = select(EntryRow.id).join(ColorizerRow).where(ColorizerRow.name == name).order_by(EntryRow.id).limit(1)
    return session.scalars(found).one()
