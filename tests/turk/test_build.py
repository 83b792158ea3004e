import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select

from evalsuite.db import make_engine, now, session_scope
from evalsuite.errors import UserError
from evalsuite.results import open_run
from evalsuite.store import data_version, identity_of
from evalsuite.tables import DatasetRow, RunRow
from tests.turk.images_made import FOLDERS, RUN, write_file, write_folders, write_run
from turk import hosting
from turk.build import Built, build_study, copy_study
from turk.cli import group
from turk.design import arms_of, plan_session
from turk.image_tables import AddressRow
from turk.studies import find_study, study_of
from turk.study import Study
from turk.tables import (
    ConditionRow,
    ParticipantRow,
    PlaceRow,
    SessionRow,
    StimulusRow,
    StudyRow,
    TrialRow,
)


def build(engine: Engine, root: Path, source: str = FOLDERS, more: str = "", overwrite: bool = False) -> Built:
    if not (root / "photos").exists():
        write_folders(root)
    return build_study(engine, write_file(root, source, more), root / "studies", overwrite=overwrite)


def rows(engine: Engine, model: type[object]) -> int:
    with session_scope(engine, read_only=True) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def take(engine: Engine, synthetic: bool) -> None:
    """Let somebody begin the study "street"."""
    with session_scope(engine) as session:
        study = find_study(session, "street")
        person = ParticipantRow(platform="link", key=f"k{synthetic}", created_at=now())
        place = PlaceRow(study_id=study.id, synthetic=synthetic, position=0, arm="ours", rank=0, state="taken")
        session.add_all([person, place])
        session.flush()
        someone = SessionRow(
            study_id=study.id, participant_id=person.id, place_id=place.id, synthetic=synthetic, token_sha256="t",
            tab="x", state="running", arm="ours", rank=0, seed=1, locale="en", arrival={}, created_at=now(),
            seen_at=now(),
        )  # fmt: skip
        session.add(someone)
        session.flush()
        condition = session.scalars(select(ConditionRow.id).where(ConditionRow.study_id == study.id)).first()
        trial = TrialRow(
            session_id=someone.id, number=0, nonce="n", kind="test", photo="p00", condition_id=condition, stimuli=[],
            turns=[], state="open",
        )  # fmt: skip
        session.add(trial)
        session.flush()
        stimulus = session.scalars(select(StimulusRow.id)).first()
        session.add(AddressRow(token="a", trial_id=trial.id, place=0, stimulus_id=stimulus, expires_at=now()))


@pytest.mark.slow
def test_a_study_is_frozen_in_a_folder_and_in_the_database(engine: Engine, tmp_path: Path) -> None:
    built = build(engine, tmp_path)

    with session_scope(engine, read_only=True) as session:
        row = find_study(session, "street")
        kinds = {c.name: (c.position, c.kind) for c in session.scalars(select(ConditionRow))}
        assert (row.state, row.sha256, row.protocol, row.recruiter) == ("built", built.study.hash, "zhang2016", "link")
        assert study_of(row) == built.study
        assert (Path(row.folder), row.audit, row.run_id) == (built.folder, None, None)
    assert kinds == {"ours": (0, "test"), "theirs": (1, "test"), "random": (2, "catch"), "real": (3, "real")}
    assert rows(engine, StimulusRow) == 4 * 12
    frozen = json.loads((built.folder / "study.json").read_text())
    assert frozen["sha256"] == built.study.hash == Study.from_json(frozen["study"]).hash
    assert (built.folder / "study.yaml").read_text() == (tmp_path / "study.yaml").read_text()
    files = {sha256 for by_photo in built.study.stimuli.values() for sha256 in by_photo.values()}
    assert {path.stem for path in (built.folder / "stimuli").iterdir()} == files
    assert [path.name for path in (tmp_path / "studies").iterdir()] == [built.folder.name]


@pytest.mark.slow
def test_the_same_again_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    first = build(engine, tmp_path)
    before = {path: path.read_bytes() for path in first.folder.rglob("*") if path.is_file()}

    again = build(engine, tmp_path)

    assert (first.new, again.new, again.study) == (True, False, first.study)
    assert {path: path.read_bytes() for path in first.folder.rglob("*") if path.is_file()} == before
    assert (rows(engine, StudyRow), rows(engine, StimulusRow)) == (1, 48)


@pytest.mark.slow
def test_building_again_mends_a_damaged_folder(engine: Engine, tmp_path: Path) -> None:
    built = build(engine, tmp_path)
    victims = [built.study.stimuli["ours"][photo] for photo in ("p01", "p02")]
    hosting.path_of(built.folder, victims[0]).unlink()
    hosting.path_of(built.folder, victims[1]).write_bytes(b"painted over")

    build(engine, tmp_path)

    assert hosting.damaged(built.folder, victims) == []


@pytest.mark.slow
def test_texts_are_frozen_with_the_studys_facts(sqlite_engine: Engine, tmp_path: Path) -> None:
    texts = build(sqlite_engine, tmp_path, more="reward_usd: 2.50\nlocales: [en, zh]\n").study.texts

    assert list(texts) == ["en", "zh"]
    assert "You will look at 8 pairs" in texts["en"]["consent_text"]
    assert "$2.50" in texts["en"]["consent_text"]
    assert re.fullmatch("[0-9a-f]{12}", texts["zh"]["consent_version"])


@pytest.mark.slow
def test_every_session_can_be_planned_from_the_frozen_study(sqlite_engine: Engine, tmp_path: Path) -> None:
    built = build(sqlite_engine, tmp_path)

    for arm in arms_of(built.study):
        for trial in plan_session(built.study, arm, 3, 5).trials:
            assert all(built.study.stimuli[shown.condition][shown.photo] for shown in trial.stimuli)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "source"),
    [("seed: 5\n", FOLDERS), ("contact: me\n", FOLDERS), ("", FOLDERS.replace("{ours: ours/, ", "{")),
     ("texts: {en: {title: x}}\n", FOLDERS), ("exclusions: {catch_min_correct: 1}\n", FOLDERS)],
)  # fmt: skip
def test_the_hash_covers_everything_that_a_study_file_says(
    sqlite_engine: Engine, tmp_path: Path, more: str, source: str
) -> None:
    before = build(sqlite_engine, tmp_path).study.hash

    after = build(sqlite_engine, tmp_path, source, more, overwrite=True)

    assert after.study.hash != before
    assert after.new


@pytest.mark.slow
def test_the_hash_covers_every_pixel_and_no_path_of_this_machine(sqlite_engine: Engine, tmp_path: Path) -> None:
    built = build(sqlite_engine, tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b", ignore=lambda *_: ["studies"])

    elsewhere = build(sqlite_engine, tmp_path / "b")

    assert (elsewhere.new, elsewhere.study.hash) == (False, built.study.hash)
    assert str(tmp_path) not in json.dumps(built.study.to_json())


@pytest.mark.slow
def test_another_study_of_the_name_is_refused_and_replaced_only_on_demand(engine: Engine, tmp_path: Path) -> None:
    first = build(engine, tmp_path)

    with pytest.raises(UserError, match=f"there is another study of this name, with hash {first.study.hash[:12]}"):
        build(engine, tmp_path, more="seed: 5\n")
    with session_scope(engine, read_only=True) as session:
        assert find_study(session, "street").sha256 == first.study.hash

    take(engine, synthetic=True)
    with session_scope(engine, read_only=True) as session:
        before = data_version(session)
    second = build(engine, tmp_path, more="seed: 5\n", overwrite=True)
    with session_scope(engine, read_only=True) as session:
        assert data_version(session) == before + 1  # pages may have shown what was said of the first
        assert find_study(session, "street").sha256 == second.study.hash
    assert (rows(engine, StimulusRow), rows(engine, SessionRow), rows(engine, TrialRow)) == (48, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["live", "paused", "closed"])
def test_a_started_study_cannot_be_changed(sqlite_engine: Engine, tmp_path: Path, state: str) -> None:
    build(sqlite_engine, tmp_path)
    with session_scope(sqlite_engine) as session:
        find_study(session, "street").state = state

    with pytest.raises(UserError, match=f"a study that was started cannot be changed, and this one is {state}"):
        build(sqlite_engine, tmp_path, more="seed: 5\n", overwrite=True)
    assert not build(sqlite_engine, tmp_path).new


@pytest.mark.slow
def test_a_study_that_somebody_took_cannot_be_changed(sqlite_engine: Engine, tmp_path: Path) -> None:
    build(sqlite_engine, tmp_path)
    take(sqlite_engine, synthetic=False)

    with pytest.raises(UserError, match="a study that was started cannot be changed"):
        build(sqlite_engine, tmp_path, more="seed: 5\n", overwrite=True)
    assert rows(sqlite_engine, SessionRow) == 1


@pytest.mark.slow
def test_a_study_knows_its_run_where_it_was_imported(sqlite_engine: Engine, tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path))
    with session_scope(sqlite_engine) as session:
        dataset = DatasetRow(name="photos", sha256="0" * 64, images=12)
        session.add(dataset)
        session.flush()
        session.add(
            RunRow(dataset_id=dataset.id, sha256=identity_of(run), name="run", folder="", size=64, resize="squash",
                   scores=0, facts={}, created_at=now(), imported_at=now())
        )  # fmt: skip

    build(sqlite_engine, tmp_path, RUN)

    with session_scope(sqlite_engine, read_only=True) as session:
        assert find_study(session, "street").run_id == session.scalar(select(RunRow.id))


@pytest.mark.slow
def test_a_condition_may_be_the_catch_condition_too(sqlite_engine: Engine, tmp_path: Path) -> None:
    built = build(sqlite_engine, tmp_path, FOLDERS + "  catch: theirs\n")

    with session_scope(sqlite_engine, read_only=True) as session:
        kinds = {c.name: c.kind for c in session.scalars(select(ConditionRow))}
    assert kinds == {"ours": "test", "theirs": "test", "real": "real"}
    assert built.study.catch == "theirs"


def test_too_few_photos_are_counted_with_those_that_were_left_out(sqlite_engine: Engine, tmp_path: Path) -> None:
    write_folders(tmp_path, 8)
    shutil.copy(tmp_path / "photos" / "p01.png", tmp_path / "photos" / "p06.png")

    with pytest.raises(UserError) as caught:
        build(sqlite_engine, tmp_path)

    assert str(caught.value) == (
        "study.yaml, line 3, source.real: a session of zhang2016 needs 8 photos under these parameters; got 7 and 1 "
        "left out (p06 (the same as p01)). Add photos, or ask for fewer trials."
    )
    assert not list((tmp_path / "studies").iterdir())
    assert rows(sqlite_engine, StudyRow) == 0


@pytest.mark.slow
def test_a_build_says_what_a_researcher_should_know(sqlite_engine: Engine, tmp_path: Path) -> None:
    write_folders(tmp_path)
    shutil.copy(tmp_path / "photos" / "p01.png", tmp_path / "photos" / "p06.png")

    notes = build(sqlite_engine, tmp_path).notes

    assert notes[0] == "study.yaml, line 3, source.real: left out p06 (the same as p01)"
    assert notes[1].startswith("real photos through Lab and 8 bits: 0 of 45,056 pixels changed, by 0 of 255 at most")
    assert notes[2].startswith("3 photos are spare")
    assert notes[3].startswith("contact: nobody is named")


@pytest.mark.slow
def test_resized_images_of_a_run_are_told(sqlite_engine: Engine, tmp_path: Path) -> None:
    write_run(tmp_path, size=80)

    notes = build(sqlite_engine, tmp_path, RUN).notes

    resized = "12 photos and their outputs were brought to 64 x 64 (squash)"
    assert f"{resized}; people see other pixels than those that the run measured" in notes


@pytest.mark.slow
def test_a_copy_is_a_study_of_its_own_that_nobody_has_taken(engine: Engine, tmp_path: Path) -> None:
    built = build(engine, tmp_path)
    with session_scope(engine) as session:
        row = find_study(session, "street")
        row.state, row.audit = "closed", {"passed": True}

    copy = copy_study(engine, "street", "street-again", tmp_path / "studies")

    assert copy.study == replace(built.study, name="street-again")
    with session_scope(engine, read_only=True) as session:
        row = find_study(session, "street-again")
        assert (row.state, row.audit, row.sha256) == ("built", None, copy.study.hash)
    shutil.rmtree(built.folder)
    assert hosting.damaged(copy.folder, list(copy.study.stimuli["ours"].values())) == []
    assert (copy.folder / "study.yaml").read_text().startswith("# A copy of street, named street-again.\n")


@pytest.mark.slow
def test_a_damaged_study_is_not_copied(sqlite_engine: Engine, tmp_path: Path) -> None:
    built = build(sqlite_engine, tmp_path)
    hosting.path_of(built.folder, built.study.stimuli["ours"]["p03"]).unlink()

    with pytest.raises(UserError, match=r"1 stimuli in .* are missing or damaged. Build it again first"):
        copy_study(sqlite_engine, "street", "other", tmp_path / "studies")
    with pytest.raises(UserError, match=r"study 'stret' is unknown. Did you mean 'street'"):
        copy_study(sqlite_engine, "stret", "other", tmp_path / "studies")


def test_a_studies_folder_that_cannot_be_made_is_named(sqlite_engine: Engine, tmp_path: Path) -> None:
    write_folders(tmp_path)
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match=r"the folder of studies cannot be made .*Set STUDIES_DIR"):
        build_study(sqlite_engine, write_file(tmp_path), tmp_path / "file" / "studies")


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["side_by_side", "pairwise", "single", "naturalness", "rating"])
def test_every_protocol_builds(sqlite_engine: Engine, tmp_path: Path, protocol: str) -> None:
    catch = protocol == "side_by_side"
    parameters = f"parameters: {{size: 64, practice: 2, test: 6{', catch: 2' if catch else ''}}}\n"
    file = write_file(write_folders(tmp_path), more=f"protocol: {protocol}\n", small=parameters)

    built = build_study(sqlite_engine, file, tmp_path / "studies")

    assert built.study.protocol == protocol
    assert set(built.study.stimuli) == {"real", "ours", "theirs"} | ({"random"} if catch else set())


def run(*words: str) -> str:
    done = CliRunner().invoke(group, ["build", *words], catch_exceptions=False, standalone_mode=False)
    assert done.exit_code == 0
    return done.output


@pytest.mark.slow
def test_the_command_builds_copies_and_tells(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STUDIES_DIR", raising=False)
    file = str(write_file(write_folders(tmp_path)))

    told = run(file, "--db", sqlite_url)
    again = run(file, "--db", sqlite_url)
    copied = run("--copy", "street", "--name", "street-2", "--db", sqlite_url)

    assert "street: built\n  12 photos, 48 stimuli (ours, theirs; catch trials: random)" in told
    assert told.endswith("Next: turk audit street\n")
    assert "street: is already there, nothing changed" in again
    assert "street-2: built" in copied
    engine = make_engine(sqlite_url)
    with session_scope(engine, read_only=True) as session:
        assert Path(find_study(session, "street-2").folder).parent == tmp_path / "studies"
    engine.dispose()


def test_the_command_prints_an_example(tmp_path: Path) -> None:
    assert run("--example").startswith("# A study file.")
    assert "protocol: pairwise" in run("--example", "--protocol", "pairwise")


@pytest.mark.parametrize(
    "words", [[], ["x.yaml", "--copy", "a", "--name", "b"], ["--copy", "a"], ["x.yaml", "--name", "b"]]
)
def test_the_command_asks_for_one_thing(words: list[str]) -> None:
    with pytest.raises(UserError, match="Give one of the three"):
        run(*words)
