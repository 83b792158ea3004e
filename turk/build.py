"""Freezing a study: its images, rules and texts under one hash, in a folder of its own and in the database."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Engine, delete, func, select, text
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from evalsuite.images import write_atomically
from evalsuite.store import grow_data_version
from evalsuite.tables import RunRow
from turk import hosting
from turk.design import arms_of, plan_session
from turk.sources import Material, catch_is_made, material_of
from turk.stimuli import Made, Wish, describe, make_stimuli
from turk.studies import find_study, insert_study, study_of
from turk.study import Coloring, Study
from turk.study_file import Draft, read_study_file
from turk.tables import SessionRow, StudyRow
from turk.texts import filled, session_of

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a build.

    Attributes:
        study: As it was frozen.
        folder: Where its files are.
        new: Whether it was not there before.
        notes: What a researcher should know, in sentences.
    """

    study: Study
    folder: Path
    new: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a study that is not kept yet: a folder with its stimuli, and the study file's text."""

    folder: Path
    text: str
    run_sha256: str | None


def build_study(engine: Engine, file: Path, studies: Path, *, overwrite: bool = False) -> Built:
    """Freeze the study of a study file; building the same again changes nothing.

    Args:
        engine: A database whose tables are at the newest revision.
        file: The study file.
        studies: The folder of frozen studies.
        overwrite: Whether a study of that name that has not started may be replaced.

    Raises:
        UserError: The file or an image is wrong, photos are too few, or there is another study of that name.
    """
    draft = read_study_file(file)
    with _staging(studies) as staging:
        material = material_of(draft.source, int(draft.parameters["size"]))
        _check_truth(draft, material)
        made_here = draft.source.catch if catch_is_made(draft.source, material) else None
        wish = Wish(staging, draft.seed, draft.source.photos, made_here, _colored(draft))
        made = make_stimuli(material, wish)
        _check_enough(draft, material, made)
        study = _frozen(draft, material, made)
        kept = _keep(engine, study, _Files(staging, draft.text, material.run_sha256), studies, overwrite)
    return replace(kept, notes=tuple(_notes(draft, material, made, study)))


def copy_study(engine: Engine, old: str, name: str, studies: Path) -> Built:
    """Make a new study like another one, under another name; nobody has taken it yet.

    Raises:
        UserError: There is no such study, or its files are damaged, or there is another study of the new name.
    """
    with session_scope(engine, read_only=True) as session:
        row = find_study(session, old)
        study, folder = replace(study_of(row), name=name), Path(row.folder)
        run_sha256 = session.scalar(select(RunRow.sha256).where(RunRow.id == row.run_id))
    names = sorted({sha256 for files in study.stimuli.values() for sha256 in files.values()})
    wrong = hosting.damaged(folder, names)
    if wrong:
        raise UserError(
            f"study {old!r}: {len(wrong)} stimuli in {folder} are missing or damaged. Build it again first."
        )
    with _staging(studies) as staging:
        for sha256 in names:
            _link(hosting.path_of(folder, sha256), hosting.path_of(staging, sha256))
        text = f"# A copy of {old}, named {name}.\n" + (folder / "study.yaml").read_text()
        return _keep(engine, study, _Files(staging, text, run_sha256), studies, overwrite=False)


@contextmanager
def _staging(studies: Path) -> Iterator[Path]:
    staging = studies / f".building-{uuid.uuid4().hex}"
    try:
        (staging / "stimuli").mkdir(parents=True)
    except OSError as error:
        raise UserError(
            f"{studies}: the folder of studies cannot be made ({error.strerror}). Set STUDIES_DIR."
        ) from None
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _colored(draft: Draft) -> tuple[str, ...]:
    return draft.protocol.conditions if isinstance(draft.protocol, Coloring) else ()


def _frozen(draft: Draft, material: Material, made: Made) -> Study:
    study = Study(
        name=draft.name,
        protocol=draft.protocol.name,
        parameters=draft.parameters,
        conditions=_colored(draft) or tuple(draft.source.conditions),
        catch=draft.source.catch,
        photos=tuple(made.photos),
        stimuli=made.files,
        participants_per_condition=draft.participants_per_condition,
        recruiter=draft.recruiter,
        reward_usd=draft.reward_usd,
        exclusions=draft.exclusions,
        stopping=draft.stopping,
        analysis=draft.analysis,
        seed=draft.seed,
        settings={**draft.settings, "locales": list(draft.templates), "stimuli": describe(made, material)}
        | ({} if material.truth else {"truth": False}),
    )
    plan = plan_session(study, arms_of(study)[0], 0, 0)
    return replace(study, texts=filled(draft.templates, session_of(study, draft.protocol, plan)))


def _check_truth(draft: Draft, material: Material) -> None:
    """Refuse to show old black-and-white photos as real ones, or to make catch trials of their colors."""
    if material.truth:
        return
    where, asked = draft.source.entries["run"], draft.protocol
    if isinstance(asked, Coloring) or asked.measure == "fool_rate":
        rule = f"the photos of this run have no truth (--no-reference), and {asked.name} shows real photos"
        raise where.error(f"{rule}. Ask with naturalness, rating or pairwise.")
    if len(draft.source.conditions) < 2:
        raise where.error("without real photos, two conditions or more are compared; got one. Name another colorizer.")
    if catch_is_made(draft.source, material):
        raise where.error("catch trials get the colors of another photo, and these have none. Set catch: none.")


def _check_enough(draft: Draft, material: Material, made: Made) -> None:
    needed = draft.protocol.photos_needed(draft.parameters)
    if len(made.photos) >= needed:
        return
    entry = draft.source.entries.get("photos") or draft.source.entries.get("real") or draft.source.entries["run"]
    left_out = f" and {len(made.left_out)} left out ({'; '.join(_reasons(made)[:3])})" if made.left_out else ""
    raise entry.error(
        f"a session of {draft.protocol.name} needs {needed} photos under these parameters; got {len(made.photos)}"
        f"{left_out}. Add photos, or ask for fewer trials."
    )


def _notes(draft: Draft, material: Material, made: Made, study: Study) -> Iterator[str]:
    reasons, entry = _reasons(made), draft.source.entries.get("real") or draft.source.entries["run"]
    yield from (str(entry.error(f"left out {reason}")) for reason in reasons[:SHOWN])
    if len(reasons) > SHOWN:
        yield str(entry.error(f"left out {len(reasons) - SHOWN} more, listed in study.json"))
    yield from material.notes
    yield from _notes_on_colorings(made) if _colored(draft) else _notes_on_images(draft, material, made, study)
    if not study.settings["contact"]:
        yield "contact: nobody is named to whom participants can write; add contact: to the study file"


def _notes_on_colorings(made: Made) -> Iterator[str]:
    if made.gray:
        have = "1 photo has" if made.gray == 1 else f"{made.gray} photos have"
        yield f"{have} no color: what people make of it cannot be scored, but be judged"


def _notes_on_images(draft: Draft, material: Material, made: Made, study: Study) -> Iterator[str]:
    trip = made.round_trip
    yield (
        f"real photos through Lab and 8 bits: {trip.differing:,} of {trip.pixels:,} pixels changed, "
        f"by {trip.largest} of 255 at most"
    )
    if made.resized:
        measured = "; people see other pixels than those that the run measured" if material.run_sha256 else ""
        size = f"{material.resize.size} x {material.resize.size} ({material.resize.policy})"
        yield f"{made.resized} photos and their outputs were brought to {size}{measured}"
    spare = len(made.photos) - draft.protocol.photos_needed(draft.parameters)
    if spare < study.settings["replacements"]:
        spares = "1 photo is spare" if spare == 1 else f"{spare} photos are spare"
        yield f"{spares}: so many trials of a session can be replaced when their exposure fails"


def _reasons(made: Made) -> list[str]:
    return [f"{photo} ({reason})" for photo, reason in made.left_out.items()]


def _keep(engine: Engine, study: Study, files: _Files, studies: Path, overwrite: bool) -> Built:
    """Move the files to their place and write the rows, in one transaction."""
    write_atomically(files.folder / "study.yaml", files.text.encode())
    frozen = json.dumps({"sha256": study.hash, "study": study.to_json()}, indent=1, ensure_ascii=False)
    write_atomically(files.folder / "study.json", frozen.encode())
    folder = studies / f"{study.name}-{study.hash[:12]}"
    with session_scope(engine) as session:
        _wait_for_other_builds(session)
        row = session.scalar(select(StudyRow).where(StudyRow.name == study.name))
        _place(files.folder, folder)
        if row is not None and row.sha256 == study.hash:
            row.folder = str(folder)
            return Built(study, folder, new=False)
        if row is not None:
            _check_replaceable(session, row, overwrite)
            _delete(session, row)
        insert_study(session, study, folder, files.run_sha256)
    return Built(study, folder, new=True)


def _check_replaceable(session: Session, row: StudyRow, overwrite: bool) -> None:
    people = select(func.count()).where(SessionRow.study_id == row.id, SessionRow.synthetic.is_(False))
    if row.state != "built" or session.scalar(people):
        rule = f"study {row.name!r}: a study that was started cannot be changed, and this one is {row.state}"
        raise UserError(f"{rule}. Give the file another name to build it beside, or close the old one.")
    if not overwrite:
        rule = f"study {row.name!r}: there is another study of this name, with hash {row.sha256[:12]}"
        raise UserError(f"{rule}. Give the file another name, or say --replace while it has not started.")


def _delete(session: Session, row: StudyRow) -> None:
    # Trials name conditions, which PostgreSQL would delete before them: sessions and their trials go first.
    session.execute(delete(SessionRow).where(SessionRow.study_id == row.id))
    session.delete(row)
    session.flush()
    grow_data_version(session)  # what its synthetic participants said goes with it


def _place(staging: Path, folder: Path) -> None:
    """Put a study's files where they stay; those that are there already, under the same hash, are made whole."""
    for path in [*sorted((staging / "stimuli").iterdir()), staging / "study.yaml", staging / "study.json"]:
        target = folder / path.relative_to(staging)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:  # another file system, or one without links
        shutil.copyfile(old, new)


def _wait_for_other_builds(session: Session) -> None:
    # SQLite has one writer at a time by itself. This mode of PostgreSQL's lock excludes itself and no reader.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE studies IN SHARE ROW EXCLUSIVE MODE"))
