"""How people go back to the recruiter: the way that is right for how it ended."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from turk.arrivals import PROLIFIC_COMPLETE, departure
from turk.paying_tables import RecruitmentRow
from turk.store import Store
from turk.visits import Visit

Outcome: TypeAlias = Literal["complete", "screened_out", "device_refused", "no_place"]


def finished(seen: Visit) -> dict[str, Any]:
    """The way back of somebody who has finished."""
    code = seen.row.code or ""
    if seen.recruiter == "prolific":
        return sent_back(seen.store, seen.db, seen.row.study_id, "complete") or {"kind": "code", "code": code}
    return departure(seen.recruiter, seen.row.arrival, code)


def turned_away(seen: Visit, outcome: Outcome) -> dict[str, Any]:
    """What a page may know of the way back of somebody who does not take part; nothing where there is none."""
    back = sent_back(seen.store, seen.db, seen.row.study_id, outcome) if seen.recruiter == "prolific" else None
    return {} if back is None else {"departure": back}


def sent_back(store: Store, db: Session, study_id: int, outcome: Outcome) -> dict[str, Any] | None:
    """The address that tells Prolific how it ended; None where the study is not on offer there."""
    recruitment = db.get(RecruitmentRow, study_id)
    code = recruitment.facts.get("codes", {}).get(outcome) if recruitment is not None else None
    if code is None:
        return None
    address = f"{store.prolific_site}{PROLIFIC_COMPLETE}?{urlencode({'cc': code})}"
    return {"kind": "redirect", "url": address, "code": code}
