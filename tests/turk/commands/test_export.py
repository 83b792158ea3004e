"""The command `turk export`, and what its files say."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from tests.turk.planted import World, keep, planted
from tests.turk.studies_made import make_study
from turk.codebook import CODEBOOK
from turk.commands.export import command
from turk.export import RUN_BY_SPREADSHEETS, harmless
from turk.study import Study
from turk.tables import DecisionRow, IdentityRow, ParticipantRow, SessionRow, StudyRow

WORLD = World({"ours": 0.5, "theirs": 0.2}, people=8, trials=20, photos=60, seed=2)
COMMENT = '=HYPERLINK("http://x")'


def said(engine: Engine, *arguments: str) -> str:
    """What the command prints; what it raises is raised."""
    url = engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(command, [*arguments, "--db", url], catch_exceptions=False, standalone_mode=False).output


def make(engine: Engine, folder: Path, people: int = WORLD.people, **kept: Any) -> StudyRow:
    """A study that WORLD's people took, one of whom failed the catch trials and one of whom wrote a formula."""
    row = make_study(
        engine, folder / "street", photos=60, parameters={"practice": 0, "test": 20, "catch": 8},
        participants_per_condition=people, exclusions={"catch_min_correct": 6}, analysis={"draws": 1000},
    )  # fmt: skip
    responses, sessions = planted(WORLD)
    responses.loc[responses["session"].eq(0) & responses["kind"].eq("catch"), "correct"] = False
    sessions["comment"] = sessions["comment"].astype(object)
    sessions.loc[1, "comment"] = COMMENT
    keep(engine, row, (responses, sessions), **kept)
    return row


@pytest.fixture
def exported(sqlite_engine: Engine, tmp_path: Path) -> Path:
    """The files of an export."""
    make(sqlite_engine, tmp_path)
    said(sqlite_engine, "street", "--out", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.slow
def test_every_column_has_its_meaning_in_the_codebook(exported: Path) -> None:
    book = (exported / "codebook.md").read_text()

    for name in ("responses", "exposures", "sessions", "exclusions", "decisions"):
        table = pd.read_parquet(exported / f"{name}.parquet")
        assert list(table.columns) == list(CODEBOOK[name])
        assert list(pd.read_csv(exported / f"{name}.csv").columns) == list(table.columns)
        assert f"## {name} ({len(table):,} rows)" in book
        assert all(f"| {column} | {meaning} |" in book for column, meaning in CODEBOOK[name].items())


@pytest.mark.slow
def test_the_frozen_study_and_its_hash_are_in_every_export(exported: Path) -> None:
    frozen = json.loads((exported / "study.json").read_text())
    sha256 = frozen.pop("hash")

    assert Study.from_json(frozen).hash == sha256
    for name in ("codebook.md", "methods.md", "model.R", "analysis.json"):
        assert sha256 in (exported / name).read_text()


@pytest.mark.slow
def test_people_have_pseudonyms_and_nothing_leads_back_to_them(exported: Path, sqlite_engine: Engine) -> None:
    with session_scope(sqlite_engine) as db:
        keys = list(db.scalars(select(ParticipantRow.key)))

    everything = b"".join(file.read_bytes() for file in exported.iterdir())

    assert not any(key.encode() in everything for key in keys)
    assert not (exported / "identities.csv").exists()
    assert pd.read_csv(exported / "responses.csv")["participant"].astype(str).str.fullmatch("[0-9a-f]{12}").all()
    assert b"token" not in everything.replace(b"take", b"")


@pytest.mark.slow
def test_identities_come_only_when_asked_for(sqlite_engine: Engine, tmp_path: Path) -> None:
    row = make(sqlite_engine, tmp_path)
    with session_scope(sqlite_engine) as db:
        person = db.scalars(select(ParticipantRow.id).order_by(ParticipantRow.id)).first()
        db.add(IdentityRow(participant_id=person, name="5f1b8a0c", purge_at=None))
        first = db.scalars(select(SessionRow.id).where(SessionRow.study_id == row.id).order_by(SessionRow.id)).first()

    said(sqlite_engine, "street", "--out", str(tmp_path / "named"), "--identities")

    [identity] = pd.read_csv(tmp_path / "named" / "identities.csv").to_dict("records")
    sessions = pd.read_csv(tmp_path / "named" / "sessions.csv").set_index("session")
    assert identity["name"] == "5f1b8a0c"
    assert identity["participant"] == sessions["participant"].to_dict()[first]


@pytest.mark.slow
def test_cells_that_a_spreadsheet_would_run_are_made_harmless_in_csv_and_kept_in_parquet(exported: Path) -> None:
    assert pd.read_csv(exported / "sessions.csv")["comment"].dropna().tolist() == [f"'{COMMENT}"]
    assert pd.read_parquet(exported / "sessions.parquet")["comment"].dropna().tolist() == [COMMENT]


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.text(max_size=20))
def test_no_text_begins_with_what_spreadsheets_run(text: str) -> None:
    [cell] = harmless(pd.DataFrame({"a": [text]}, dtype=object))["a"]

    assert not cell.startswith(RUN_BY_SPREADSHEETS)
    assert cell in (text, f"'{text}")


def test_numbers_stay_numbers() -> None:
    assert harmless(pd.DataFrame({"a": [-1.5, 2.0]}))["a"].tolist() == [-1.5, 2.0]


@pytest.mark.slow
def test_who_is_left_out_is_marked_and_listed(exported: Path) -> None:
    sessions = pd.read_csv(exported / "sessions.csv")

    assert sessions.loc[sessions["excluded"], "session"].tolist() == [1]
    assert pd.read_csv(exported / "exclusions.csv")["rule"].tolist() == ["catch_min_correct"]
    answers = pd.read_csv(exported / "responses.csv")
    assert answers.loc[answers["excluded"], "session"].unique().tolist() == [1]


@pytest.mark.slow
def test_the_methods_have_the_studys_real_numbers(exported: Path) -> None:
    text = (exported / "methods.md").read_text()

    for words in (
        "16 participants came", "16 finished", "the median session took 7.0 minutes, $12.00 an hour",
        "20 test trials and 8 catch trials", "60 photos", "Rules fixed before data were collected left out 1",
        "100.0% of 320 test exposures", "1,000 draws", "Holm's correction for 1 comparison.", "ours - theirs:",
        "ours - theirs: +", "Zhang, Isola and Efros 2016",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R with lme4")
def test_the_r_script_runs_and_fits_the_same_rates(exported: Path) -> None:
    done = subprocess.run(["Rscript", "model.R"], cwd=exported, capture_output=True, text=True, check=False)
    if "there is no package called" in done.stderr:
        pytest.skip("needs R with lme4")

    assert done.returncode == 0, done.stderr
    fitted = json.loads((exported / "analysis.json").read_text())["model"]["conditions"]
    printed = [float(number) for number in done.stdout.strip().splitlines()[-1].split()]
    assert printed == pytest.approx([row["rate"] for row in fitted], abs=2e-3)


@pytest.mark.slow
def test_synthetic_exports_say_so(sqlite_engine: Engine, tmp_path: Path) -> None:
    make(sqlite_engine, tmp_path, synthetic=True)

    said(sqlite_engine, "street", "--out", str(tmp_path / "data"), "--synthetic")

    assert "SYNTHETIC PARTICIPANTS" in (tmp_path / "data" / "codebook.md").read_text()
    assert "SYNTHETIC PARTICIPANTS" in (tmp_path / "data" / "methods.md").read_text()
    assert pd.read_csv(tmp_path / "data" / "sessions.csv")["synthetic"].all()
    with pytest.raises(UserError, match="0 of 16 sessions are finished"):
        said(sqlite_engine, "street", "--out", str(tmp_path / "people"))


@pytest.mark.slow
def test_answers_stay_closed_until_the_stopping_rule_is_met(sqlite_engine: Engine, tmp_path: Path) -> None:
    make(sqlite_engine, tmp_path, people=9)

    with pytest.raises(UserError, match="16 of 18 sessions are finished"):
        said(sqlite_engine, "street", "--out", str(tmp_path / "data"))
    assert not (tmp_path / "data").exists()

    said(sqlite_engine, "street", "--out", str(tmp_path / "data"), "--unblind", "--reason", "a check of the files")
    with session_scope(sqlite_engine) as db:
        [reason] = db.scalars(select(DecisionRow.reason).where(DecisionRow.kind == "unblind"))
    assert reason.endswith(": a check of the files")
    assert "unblind" in pd.read_csv(tmp_path / "data" / "decisions.csv")["kind"].tolist()


@pytest.mark.slow
def test_a_folder_with_files_and_one_that_cannot_be_made_are_refused(sqlite_engine: Engine, tmp_path: Path) -> None:
    make(sqlite_engine, tmp_path)
    (tmp_path / "file").write_text("mine")

    with pytest.raises(UserError, match="this one has files"):
        said(sqlite_engine, "street", "--out", str(tmp_path))
    with pytest.raises(UserError, match="the folder cannot be made"):
        said(sqlite_engine, "street", "--out", str(tmp_path / "file" / "data"))
    assert (tmp_path / "file").read_text() == "mine"


def test_a_study_that_nobody_took_has_nothing_to_export(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street")
    with session_scope(sqlite_engine) as db:
        db.execute(update(StudyRow).values(state="closed"))

    with pytest.raises(UserError, match="nothing to export"):
        said(sqlite_engine, "street", "--out", str(tmp_path / "data"))
