"""Copies of stimuli that lie elsewhere: each at a random address of its own, for one image of one trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias, cast

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from turk.image_tables import CopyRow, HostingRow
from turk.tables import ConditionRow, StimulusRow, StudyRow

COPIES = cast("Table", CopyRow.__table__)
LEAST_LIFE = timedelta(hours=3)
"""A copy is given to a trial only if its address lives for so long: much longer than a session takes."""

Images: TypeAlias = Sequence[tuple[str, int, int]]
"""Token of an image's address, the trial's key, the stimulus's key."""
Elsewhere: TypeAlias = tuple[str, datetime, Sequence[tuple[str, str, str, datetime]]]
"""Origin of a study's copies, when they were made; condition, photo, address and end of each that nobody has had."""


def hand_out(db: Session, study_id: int, images: Images, at: datetime) -> None:
    """Give each image of these trials a copy that nobody has had; a trial gets copies for all its images or for none.

    An image without a copy is sent by the site itself.
    """
    hosting = db.get(HostingRow, study_id, with_for_update=True)
    if hosting is None:
        return
    free = _free(db, {stimulus for _, _, stimulus in images}, at)
    without = {trial for _, trial, stimulus in images if stimulus not in free}
    given = [{"copy": free[stimulus], "given": token} for token, trial, stimulus in images if trial not in without]
    if given:
        copy = update(COPIES).where(COPIES.c.id == bindparam("copy")).values(token=bindparam("given"))
        db.connection().execute(copy, given)


def _free(db: Session, stimuli: set[int], at: datetime) -> Mapping[int, int]:
    """Stimulus to a copy of it that is free."""
    free = (CopyRow.token.is_(None), CopyRow.stimulus_id.in_(stimuli), CopyRow.expires_at > at + LEAST_LIFE)
    found = select(CopyRow.stimulus_id, func.min(CopyRow.id)).where(*free).group_by(CopyRow.stimulus_id)
    return {stimulus: copy for stimulus, copy in db.execute(found)}


def elsewhere(db: Session, row: StudyRow) -> Elsewhere | None:
    """The copies of a study's stimuli that nobody has had; None where the site sends them itself."""
    hosting = db.get(HostingRow, row.id)
    if hosting is None:
        return None
    named = (ConditionRow.name, StimulusRow.photo, CopyRow.address, CopyRow.expires_at)
    query = (
        select(*named)
        .select_from(CopyRow)
        .join(StimulusRow, StimulusRow.id == CopyRow.stimulus_id)
        .join(ConditionRow, ConditionRow.id == StimulusRow.condition_id)
        .where(CopyRow.study_id == row.id, CopyRow.token.is_(None))
        .order_by(CopyRow.id)
    )
    return hosting.origin, hosting.made_at, [(c, photo, address, end) for c, photo, address, end in db.execute(query)]


def lend(db: Session, row: StudyRow, copies: Elsewhere) -> None:
    """Let a copy of a study in another database show the same copies: they are read there, and used up by nobody."""
    origin, made_at, found = copies
    query = (
        select(ConditionRow.name, StimulusRow.photo, StimulusRow.id)
        .join(ConditionRow, ConditionRow.id == StimulusRow.condition_id)
        .where(ConditionRow.study_id == row.id)
    )
    keys = {(condition, photo): key for condition, photo, key in db.execute(query)}
    db.add(HostingRow(study_id=row.id, bucket="", prefix="", origin=origin, made_at=made_at))
    rows = [
        {"study_id": row.id, "stimulus_id": keys[condition, photo], "key": "", "address": address, "expires_at": end}
        for condition, photo, address, end in found
    ]
    if rows:
        db.execute(insert(CopyRow), rows)
