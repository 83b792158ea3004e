"""Studies of the runs of tests with answers that are known: one that is done, one that is blinded, one that is new."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, select, update

from evalsuite.db import session_scope
from evalsuite.tables import RunRow
from tests.turk.planted import World, keep, planted
from tests.turk.studies_made import put_study
from tests.webapp.runs import PHOTOS
from turk import frames
from turk.agreement import agreement
from turk.analysis import analyze
from turk.commands.agree import scores_of
from turk.kept import keep as keep_analysis
from turk.kept import keep_agreement
from turk.sample import sample
from turk.study import REAL, Study
from turk.sweeping import sweep
from turk.tables import SessionRow, StudyRow, TrialRow

CONDITIONS = {"good": 0.45, "gray": 0.1}
WORLD = World(CONDITIONS, people=6, trials=16, photos=PHOTOS, catch=4, seed=5)
MANY = 18
"""People per condition of the study that is done: enough for ten views of most photos."""
DONE, BLINDED, NEW = 1, 2, 3
"""The studies' keys."""
RULES = {"catch_min_correct": 3, "practice_min_correct": None, "min_median_rt_ms": 300}


def add_studies(engine: Engine, folder: Path) -> None:
    """Add the studies of the run "first", which is imported from that folder."""
    done = _study(engine, folder, "done", MANY)
    keep(engine, done, answers(replace(WORLD, people=MANY)))
    keep(engine, done, answers(replace(WORLD, seed=6)), synthetic=True)
    blinded = _study(engine, folder, "blinded", 40)
    keep(engine, blinded, answers(replace(WORLD, seed=7)))
    _study(engine, folder, "new", 40, state="built")
    finish(engine)
    for synthetic in (False, True):
        analyze_now(engine, done, synthetic)


def answers(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the people of a world answer, about photos called as those of the runs."""
    responses, sessions = planted(world)
    responses["photo"] = responses["photo"].str.replace("photo-00", "p", regex=False)
    late = responses["number"].eq(3)
    responses.loc[late, ["valid", "measured_ms"]] = [False, 1033.4]
    return responses, sessions


def finish(engine: Engine) -> None:
    """Keep digests, and what trials looked like."""
    with session_scope(engine) as db:
        for trial, arm in db.execute(select(TrialRow, SessionRow.arm).join(SessionRow)):
            fake = "gray" if trial.kind == "catch" else arm
            pair = [[trial.photo, fake], [trial.photo, REAL]]
            trial.stimuli = pair if trial.fake_place == 0 else pair[::-1]
            shown = [(place, 500.0 + 1600 * turn) for turn, place in enumerate(trial.turns)]
            trial.exposure = {"hidden": False, "shown": [
                {"place": place, "on_ms": on, "off_ms": on + (trial.measured_ms or 0), "frames": 60,
                 "long_frames": int(not trial.valid)} for place, on in shown
            ]}  # fmt: skip
    sweep(engine)


def analyze_now(engine: Engine, study: StudyRow, synthetic: bool = False) -> None:
    """Keep an analysis, as `turk analyze` and `turk agree` do."""
    made = [getattr(frames, name)(engine, study.id, synthetic=synthetic) for name in ("responses", "sessions")]
    known = Study.from_json(study.config)
    found = analyze(made[0], made[1], known)
    keep_analysis(engine, study.id, found, (made[0], made[1]))
    with session_scope(engine) as db:
        agreed = agreement(scores_of(db, study), sample(made[0], made[1], found.excluded).trials, draws=100)
        keep_agreement(db, study.id, synthetic, agreed)


def _study(engine: Engine, folder: Path, name: str, people: int, state: str = "live") -> StudyRow:
    """A study of the run's outputs, which are its stimuli as they are."""
    kept = folder / "studies" / name
    (kept / "stimuli").mkdir(parents=True)
    sources = {REAL: folder / "photos", **{each: folder / "first" / "outputs" / each for each in CONDITIONS}}
    stimuli = {each: {p.stem: _copy(p, kept) for p in sorted(where.iterdir())} for each, where in sources.items()}
    study = Study(
        name=name, protocol="zhang2016", parameters=_parameters(), conditions=tuple(CONDITIONS), catch="random",
        photos=tuple(stimuli[REAL]), stimuli=stimuli | {"random": stimuli["gray"]}, participants_per_condition=people,
        recruiter="link", reward_usd=Decimal("1.40"), texts={"en": {"consent_version": "v1"}}, exclusions=RULES,
        analysis={"draws": 1000}, seed=7,
    )  # fmt: skip
    row = put_study(engine, study, kept, state)
    with session_scope(engine) as db:
        run = db.scalars(select(RunRow.id).where(RunRow.name == "first")).one()
        db.execute(update(StudyRow).where(StudyRow.id == row.id).values(run_id=run))
    row.run_id = run
    return row


def _parameters() -> dict[str, Any]:
    return {
        "practice": 0, "test": WORLD.trials, "catch": WORLD.catch, "exposure_ms": 1000, "size": 256,
        "fixation_ms": 500, "gap_ms": 600, "mask_ms": 120,
    }  # fmt: skip


def _copy(source: Path, study: Path) -> str:
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    shutil.copyfile(source, study / "stimuli" / f"{sha256}.png")
    return sha256
