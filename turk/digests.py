"""Finished sessions in numbers, written once when they finish: what pages count, without reading answers again.

A digest says how a session went and nothing of how conditions fare, so it may be shown at any time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from statistics import median
from typing import Any, cast

import numpy as np
from sqlalchemy import Select, Table, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from turk.checks import Columns
from turk.result_tables import DigestRow
from turk.rules import RULES
from turk.study import Study
from turk.tables import COMPLETED, SessionRow, StudyRow, TrialRow

DIGESTS = cast("Table", DigestRow.__table__)
HOUR, MINUTE = 3600, 60.0
BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung", "Firefox/": "Firefox", "Chrome/": "Chrome",
            "Safari/": "Safari"}  # fmt: skip
"""What a browser calls itself to its name, the particular before those whose names they also carry."""


def digest(db: Session, row: SessionRow, study: Study) -> None:
    """Keep a session that has finished in numbers; what was kept of it before is replaced.

    Args:
        db: An open transaction that writes.
        row: The session, finished.
        study: As it was frozen.
    """
    answered = db.execute(_answered(), {"session": row.id}).all()
    db.execute(delete(DigestRow).where(_of(row)))
    db.execute(insert(DIGESTS), _digest(row, study, answered))


def digest_missing(db: Session, study: StudyRow) -> int:
    """Keep finished sessions in numbers that were not when they finished; return how many."""
    there = select(DigestRow.session_id).where(DigestRow.study_id == study.id)
    finished = (SessionRow.study_id == study.id, SessionRow.state.in_(COMPLETED))
    missing = db.scalars(select(SessionRow).where(*finished, SessionRow.id.not_in(there))).all()
    frozen = Study.from_json(study.config) if missing else None
    for row in missing if frozen else ():
        digest(db, row, cast("Study", frozen))
    return len(missing)


def exposures(trials: Sequence[Any], planned_ms: float | None, device: Mapping[str, Any] | None) -> dict[str, Any]:
    """Count exposures of a session by how far they were off the plan, in tenths of a millisecond, and by validity.

    Args:
        trials: Answered test and catch trials: valid, measured_ms.
        planned_ms: None where exposures have no limit.
        device: What the browser told of itself.

    Returns:
        off: "valid" and "invalid" to tenths of a millisecond, as text, to how many; browser: its name, "other".
    """
    off: dict[str, Counter[str]] = {"valid": Counter(), "invalid": Counter()}
    for trial in trials:
        if trial.measured_ms is not None and planned_ms is not None:
            off["valid" if trial.valid else "invalid"][f"{trial.measured_ms - planned_ms:.1f}"] += 1
    return {"off": {name: dict(found) for name, found in off.items()}, "browser": browser_of(device)}


def browser_of(device: Mapping[str, Any] | None) -> str:
    """Name a browser by what it calls itself.

    Example:
        >>> browser_of({"user_agent": "Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0"})
        'Edge'
    """
    told = str((device or {}).get("user_agent") or "")
    return next((name for mark, name in BROWSERS.items() if mark in told), "other")


def broken_rules(trials: Sequence[Any], rules: Mapping[str, Any]) -> list[str]:
    """Name the rules of the frozen study that a session's answered trials break."""
    columns = _columns(trials)
    held = {name: float(threshold) for name, threshold in rules.items() if threshold is not None}
    return [name for name, threshold in held.items() if RULES[name].broken(columns, threshold) is not None]


@cache
def _answered() -> Select[Any]:
    read = (
        TrialRow.kind, TrialRow.valid, TrialRow.correct, TrialRow.rt_ms, TrialRow.answer, TrialRow.replaces,
        TrialRow.measured_ms, TrialRow.refresh_hz, TrialRow.exposure,
    )  # fmt: skip
    mine = (TrialRow.session_id == bindparam("session"), TrialRow.state == "answered")
    return select(*read).where(*mine).order_by(TrialRow.number)


def _of(row: SessionRow) -> Any:
    return (
        (DigestRow.study_id == row.study_id) & (DigestRow.synthetic == row.synthetic) & (DigestRow.session_id == row.id)
    )


def _digest(row: SessionRow, study: Study, answered: Sequence[Any]) -> dict[str, Any]:
    seen = [trial for trial in answered if trial.kind != "practice"]
    test = [trial for trial in seen if trial.kind == "test"]
    catch = [trial for trial in seen if trial.kind == "catch" and trial.valid]
    rates = [trial.refresh_hz for trial in answered if trial.refresh_hz]
    times = [trial.rt_ms for trial in test if trial.valid and trial.rt_ms is not None]
    valid = sum(bool(trial.valid) for trial in test)
    return {
        "study_id": row.study_id, "synthetic": row.synthetic, "session_id": row.id,
        "hour": _hour(row.finished_at), "minutes": _minutes(row), "test": len(test), "valid": valid,
        "invalid": len(test) - valid, "replaced": sum(trial.replaces is not None for trial in answered),
        "catch_right": sum(bool(trial.correct) for trial in catch), "catch_shown": len(catch),
        "long_frames": sum(map(_long_frames, seen)), "refresh_hz": round(median(rates)) if rates else None,
        "rt_ms": median(times) if times else None, "rules": ",".join(broken_rules(answered, study.exclusions)),
        "exposures": exposures(test, study.parameters.get("exposure_ms") or None, row.device),
    }  # fmt: skip


def _columns(trials: Sequence[Any]) -> Columns:
    numbers = [np.nan if trial.rt_ms is None else trial.rt_ms for trial in trials]
    return {
        "kind": np.array([trial.kind for trial in trials], object),
        "valid": np.array([bool(trial.valid) for trial in trials], np.bool_),
        "correct": np.array([bool(trial.correct) for trial in trials], np.bool_),
        "rt_ms": np.array(numbers, np.float64),
        "answer": np.array([trial.answer for trial in trials], object),
        "replaces": np.array([trial.replaces is not None for trial in trials], np.bool_),
    }


def _long_frames(trial: Any) -> int:
    return int(sum(one.get("long_frames") or 0 for one in (trial.exposure or {}).get("shown", ())))


def _hour(at: datetime | None) -> int:
    return int(at.timestamp() // HOUR) if at else 0


def _minutes(row: SessionRow) -> float | None:
    if row.started_at is None or row.finished_at is None:
        return None
    return (row.finished_at - row.started_at).total_seconds() / MINUTE
