"""Room for sessions: made in permuted blocks, claimed by who comes, given back once, done at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.orm import Session

from turk.design import arms_of, block_order
from turk.study import Study
from turk.tables import PlaceRow, StudyRow


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was claimed: what its session is planned from."""

    id: int
    arm: str
    rank: int


def create(db: Session, study_id: int, study: Study, *, synthetic: bool = False, blocks: int | None = None) -> int:
    """Make places up to a number of permuted blocks, each of which has every arm once; those that exist stay.

    Args:
        db: An open transaction that writes.
        study_id: The study's key.
        study: The study as it was frozen.
        synthetic: Whether they are for synthetic participants.
        blocks: How many in all; the study's participants per condition where it is left out.

    Returns:
        How many places were made.
    """
    _lock(db, study_id)
    arms = arms_of(study)
    there = _count(db, study_id, synthetic)
    wanted = len(arms) * (study.participants_per_condition if blocks is None else blocks)
    order = block_order(study, wanted)
    rows = [
        {"study_id": study_id, "synthetic": synthetic, "position": k, "arm": order[k], "rank": k // len(arms)}
        | {"state": "free"}
        for k in range(there, wanted)
    ]
    if rows:
        db.execute(insert(PlaceRow), rows)
    return len(rows)


def claim(db: Session, study_id: int, study: Study, *, synthetic: bool = False, arm: str | None = None) -> Place | None:
    """Take the lowest free place, of an arm where one is named; None where all are taken.

    Synthetic participants get new places where none is free.
    """
    place = _take_lowest(db, study_id, synthetic, arm)
    if place is None and synthetic:
        _lock(db, study_id)
        place = _take_lowest(db, study_id, synthetic, arm)
        if place is None:
            blocks = _count(db, study_id, synthetic) // len(arms_of(study)) + 1
            create(db, study_id, study, synthetic=True, blocks=blocks)
            place = _take_lowest(db, study_id, synthetic, arm)
    return place


def reclaim(db: Session, place_id: int) -> bool:
    """Take a certain place again, if nobody has it."""
    return _move(db, place_id, "free", "taken")


def give_back(db: Session, place_id: int) -> bool:
    """Free a place that is taken; the caller holds the session that has it."""
    return _move(db, place_id, "taken", "free")


def reopen(db: Session, place_id: int) -> bool:
    """Free a place that was done; the caller holds the session that did it."""
    return _move(db, place_id, "done", "free")


def _take_lowest(db: Session, study_id: int, synthetic: bool, arm: str | None) -> Place | None:
    free = select(PlaceRow.id, PlaceRow.arm, PlaceRow.rank).where(
        PlaceRow.study_id == study_id, PlaceRow.synthetic == synthetic, PlaceRow.state == "free"
    )
    if arm is not None:
        free = free.where(PlaceRow.arm == arm)
    # PostgreSQL passes over rows that another transaction is just taking; SQLite has one writer at a time.
    row = db.execute(free.order_by(PlaceRow.position).limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    _move(db, row.id, "free", "taken")
    return Place(row.id, row.arm, row.rank)


def _move(db: Session, place_id: int, state: str, to: str) -> bool:
    moved = update(PlaceRow).where(PlaceRow.id == place_id, PlaceRow.state == state).values(state=to)
    return cast("CursorResult[Any]", db.execute(moved)).rowcount == 1


def _count(db: Session, study_id: int, synthetic: bool) -> int:
    of_study = select(func.count()).where(PlaceRow.study_id == study_id, PlaceRow.synthetic == synthetic)
    return db.scalars(of_study).one()


def _lock(db: Session, study_id: int) -> None:
    # Rows that point to the study may be written meanwhile: key_share.
    db.execute(select(StudyRow.id).where(StudyRow.id == study_id).with_for_update(key_share=True))
