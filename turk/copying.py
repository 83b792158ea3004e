"""Stimuli on S3: as many copies as images will be shown, each at a random key and an address of its own.

What a browser can see of a copy tells nothing of what it shows: its key and its place in the order in which copies are
made and addresses are signed are random, so that neither times of change nor signatures name the photo. Copies that
nobody has had are therefore always replaced all together.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, sqrt
from pathlib import Path

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.orm import Session
from tqdm import tqdm

from evalsuite.db import now, session_scope
from turk import hosting
from turk.design import arms_of, plan_session
from turk.hosting import CONNECTIONS, Shelf
from turk.image_tables import CopyRow, HostingRow
from turk.keys import random_token
from turk.studies import find_study, study_of
from turk.study import Stimulus, Study
from turk.tables import ConditionRow, StimulusRow, StudyRow

DRAWS = 8
"""How often each place's session is drawn to see how often a stimulus is shown."""
SPARE = 3.0
"""Standard deviations above that, for chance, replaced trials and early ends; after that the site itself sends."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """What was put on S3: stimuli, copies of them, and until when their addresses open them."""

    stimuli: int
    copies: int
    origin: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Copy:
    stimulus_id: int
    sha256: str
    key: str
    source: str


def copies_needed(study: Study) -> Counter[Stimulus]:
    """How many copies of each stimulus are enough when all places are taken."""
    shown: Counter[Stimulus] = Counter()
    for arm in arms_of(study):
        for rank in range(study.participants_per_condition):
            for seed in range(DRAWS):
                for trial in plan_session(study, arm, rank, seed).trials:
                    shown.update(trial.stimuli)
    usual = {one: count / DRAWS for one, count in shown.items()}
    return Counter({one: ceil(mean + SPARE * sqrt(mean)) for one, mean in usual.items()})


def put_copies(engine: Engine, name: str, shelf: Shelf, life: timedelta) -> Hosted:
    """Make copies of a study's stimuli in place of those that nobody has had; the study is to be audited again.

    Args:
        engine: The study's database.
        name: The study.
        shelf: Where copies go.
        life: How long their addresses live; S3 allows seven days.

    Raises:
        UserError: There is no such study, or its folder lacks a stimulus.
    """
    with session_scope(engine) as db:
        row = find_study(db, name)
        wanted, folder = _wanted(db, row), Path(row.folder)
    sources = {copy.sha256: copy.source for copy in wanted}
    _each(shelf, [(source, hosting.read(folder, sha256)) for sha256, source in sources.items()], "stimuli")
    _each(shelf, [(copy.source, copy.key) for copy in wanted], "copies")
    at = now()
    rows = [
        {
            "stimulus_id": copy.stimulus_id,
            "key": copy.key,
            "address": shelf.address(copy.key, int(life.total_seconds())),
        }
        for copy in wanted
    ]
    with session_scope(engine) as db:
        row = find_study(db, name, lock=True)
        old = _replace(db, row, shelf, [each | {"study_id": row.id, "expires_at": at + life} for each in rows], at)
    shelf.delete([*old, *sources.values()])
    return Hosted(len(sources), len(wanted), shelf.origin, at + life)


def remove_copies(engine: Engine, name: str, shelf: Shelf) -> int:
    """Delete all copies of a study, also those that were shown; the site sends its images itself from now on."""
    with session_scope(engine) as db:
        row = find_study(db, name, lock=True)
        keys = list(db.scalars(select(CopyRow.key).where(CopyRow.study_id == row.id)))
        db.execute(delete(CopyRow).where(CopyRow.study_id == row.id))
        db.execute(delete(HostingRow).where(HostingRow.study_id == row.id))
    shelf.delete(keys)
    return len(keys)


def hosting_of(engine: Engine, name: str) -> tuple[str, str] | None:
    """The bucket and the prefix of a study's copies."""
    with session_scope(engine, read_only=True) as db:
        found = db.get(HostingRow, find_study(db, name).id)
        return None if found is None else (found.bucket, found.prefix)


def _wanted(db: Session, row: StudyRow) -> list[_Copy]:
    """The copies to make, in a random order."""
    needed = copies_needed(study_of(row))
    query = (
        select(StimulusRow.id, StimulusRow.photo, ConditionRow.name, StimulusRow.sha256)
        .join(ConditionRow, ConditionRow.id == StimulusRow.condition_id)
        .where(ConditionRow.study_id == row.id)
    )
    sources: dict[str, str] = {}
    wanted = [
        _Copy(key, sha256, f"{random_token()}.png", sources.setdefault(sha256, f"{random_token()}.png"))
        for key, photo, condition, sha256 in db.execute(query)
        for _ in range(needed[Stimulus(photo, condition)])
    ]
    random.SystemRandom().shuffle(wanted)
    return wanted


def _each(shelf: Shelf, jobs: Sequence[tuple[str, bytes]] | Sequence[tuple[str, str]], what: str) -> None:
    def do(job: tuple[str, bytes | str]) -> None:
        if isinstance(job[1], bytes):
            shelf.put(job[0], job[1])
        else:
            shelf.copy(job[0], job[1])

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in tqdm(pool.map(do, jobs), what, len(jobs), unit=" images", disable=None, delay=2):
            pass


def _replace(db: Session, row: StudyRow, shelf: Shelf, rows: list[dict[str, object]], at: datetime) -> list[str]:
    """Write the new copies' rows; return the keys of those that they replace."""
    free = (CopyRow.study_id == row.id, CopyRow.token.is_(None))
    old = list(db.scalars(select(CopyRow.key).where(*free)))
    db.execute(delete(CopyRow).where(*free))
    place = {"bucket": shelf.bucket, "prefix": shelf.prefix, "origin": shelf.origin, "made_at": at}
    if db.get(HostingRow, row.id) is None:
        # What browsers receive is another thing now.
        row.audit = None
    db.merge(HostingRow(study_id=row.id, **place))
    db.execute(insert(CopyRow), rows)
    return old
