"""Small frozen studies for tests: real PNG files in a folder, and their rows in a database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import Engine

from evalsuite.db import now, session_scope
from turk import places
from turk.registry import protocol
from turk.store import Store
from turk.study import REAL, Study
from turk.tables import ConditionRow, StimulusRow, StudyRow

SECRET = "a secret of tests that is long enough to be one"
SYNTHETIC_KEY = "the key of synthetic participants"
SIZE = 32
LENGTH = 4096
"""Every file of a study is as long as every other."""

DEFAULTS: Mapping[str, Any] = {
    "name": "street",
    "protocol": "zhang2016",
    "conditions": ("ours", "theirs"),
    "participants_per_condition": 3,
    "recruiter": "link",
    "reward_usd": Decimal("1.40"),
    "texts": {"en": {"consent_version": "v1"}, "de": {"consent_version": "v1-de"}},
    "seed": 7,
}


def make_study(
    engine: Engine,
    folder: Path,
    *,
    state: str = "live",
    catch: str | None = "random",
    photos: int = 20,
    parameters: Mapping[str, Any] | None = None,
    **fields: Any,
) -> StudyRow:
    """Freeze a study of gray-to-color squares, put it into a database, and make its places.

    Args:
        engine: A database with all tables.
        folder: Where its `stimuli` folder is made.
        state: built, live, paused or closed.
        catch: The condition of catch trials.
        photos: How many.
        parameters: Of the protocol, instead of its defaults: by default 2 practice, 4 test and 2 catch trials.
        fields: Of turk.study.Study, instead of DEFAULTS.
    """
    named = [f"photo-{k:03d}" for k in range(photos)]
    chosen: dict[str, Any] = {**DEFAULTS, **fields}
    shown = [REAL, *chosen["conditions"], *([catch] if catch else [])]
    (folder / "stimuli").mkdir(parents=True, exist_ok=True)
    stimuli = {
        condition: {photo: _write(folder, k, turn) for k, photo in enumerate(named)}
        for turn, condition in enumerate(shown)
    }
    known = protocol(chosen["protocol"]).parameters
    small = {name: value for name, value in {"practice": 2, "test": 4, "catch": 2}.items() if name in known}
    study = Study(
        parameters={name: one.default for name, one in known.items()} | small | dict(parameters or {}),
        catch=catch,
        photos=tuple(named),
        stimuli=stimuli,
        **chosen,
    )
    return put_study(engine, study, folder, state)


def put_study(engine: Engine, study: Study, folder: Path, state: str = "live") -> StudyRow:
    """Put a frozen study into a database, with the places of people."""
    row = StudyRow(
        name=study.name,
        sha256=study.hash,
        protocol=study.protocol,
        recruiter=study.recruiter,
        state=state,
        folder=str(folder),
        config=study.to_json(),
        audit=None,
        created_at=now(),
        launched_at=None if state == "built" else now(),
    )
    kinds = {REAL: "real"} | ({study.catch: "catch"} if study.catch else {})
    with session_scope(engine) as db:
        db.expire_on_commit = False
        db.add(row)
        db.flush()
        for position, (name, files) in enumerate(study.stimuli.items()):
            condition = ConditionRow(study_id=row.id, position=position, name=name, kind=kinds.get(name, "test"))
            db.add(condition)
            db.flush()
            db.add_all(
                StimulusRow(condition_id=condition.id, photo=photo, sha256=sha256) for photo, sha256 in files.items()
            )
        places.create(db, row.id, study)
    return row


def make_store(engine: Engine, **settings: Any) -> Store:
    """A store with a known secret and key of synthetic participants."""
    return Store(engine, **{"secret": SECRET, "synthetic_key": SYNTHETIC_KEY, **settings})


def _write(folder: Path, photo: int, condition: int) -> str:
    """Write the PNG of a photo in a condition; return its hash."""
    sha256, data = _drawn(photo, condition)
    (folder / "stimuli" / f"{sha256}.png").write_bytes(data)
    return sha256


@cache
def _drawn(photo: int, condition: int) -> tuple[str, bytes]:
    """The hash and the bytes of a PNG that no other photo and condition has, padded behind its end."""
    rng = np.random.default_rng([photo, condition])
    pixels = np.full((SIZE, SIZE, 3), rng.integers(0, 256, 3), np.uint8)
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    data = stream.getvalue().ljust(LENGTH, b"\0")
    return hashlib.sha256(data).hexdigest(), data
