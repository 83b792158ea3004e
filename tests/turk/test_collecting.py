"""What people colored becomes pictures and points; a rule that hangs on nothing takes one of several."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import Engine

from evalsuite.cli import group as evalsuite
from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from evalsuite.hint_files import read_points
from evalsuite.points import Point
from tests.turk.coloring_made import CONDITIONS, make_coloring_study, place
from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import Clock, Walk, come
from turk import places, sessions
from turk.cli import group
from turk.collected import judge_file
from turk.collecting import Colored, choose, colored, events_table, table_of
from turk.coloring import hand_in, keep_events, open_photo
from turk.study import Study
from turk.tables import DecisionRow, StudyRow

pytestmark = pytest.mark.slow

WITHOUT, WITH = CONDITIONS


@pytest.fixture
def painted(sqlite_engine: Engine, tmp_path: Path) -> StudyRow:
    """A study that two couples have finished: every photo has each condition from them."""
    row = make_coloring_study(sqlite_engine, tmp_path / "paint", photos=5)
    store = make_store(sqlite_engine, clock=Clock())
    for name in ("ada", "bo", "cy", "di"):
        paint(come(store, "paint", id=name).to_trials(), "levin2004", hue=20.0 * len(name))
    return row


def paint(walk: Walk, colorizer: str, hue: float) -> None:
    """Set two points on every photo."""
    while walk.step.name == "photo":
        nonce, shade = walk.step.facts["nonce"], walk.step.facts["number"]
        open_photo(walk.store, walk.ticket, nonce, colorizer)
        points = [place(0, 10, a=hue, b=shade), place(1, 20, point=1, x=50, y=50, a=-hue, b=0)]
        keep_events(walk.store, walk.ticket, nonce, points)
        walk.step = hand_in(walk.store, walk.ticket, nonce, {"events": 2, "ended": "done"})
    sessions.finish(walk.store, walk.ticket)


def said(engine: Engine, *arguments: str) -> str:
    url = engine.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(group, [*arguments, "--db", url], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def refused(engine: Engine, *arguments: str) -> str:
    with pytest.raises(UserError) as caught:
        said(engine, *arguments)
    return str(caught.value)


def pixels(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.array(image)


def coloring(photo: str, condition: str, participant: str) -> Colored:
    return Colored(photo, condition, participant, 1, 1, (Point(1, 2, 3.0, 4.0, 6),), 1, 9.0, "done", "levin2004")


def test_finished_sessions_count_with_their_points_and_the_tutorial_does_not(
    painted: StudyRow, sqlite_engine: Engine
) -> None:
    found = colored(sqlite_engine, painted.id, synthetic=False)

    assert len(found) == 16
    assert Counter(one.condition for one in found) == {WITHOUT: 8, WITH: 8}
    assert {one.number for one in found} == {1, 2, 3, 4}
    assert found[0].points == (Point(10, 20, 60.0, 2.0, 6), Point(50, 50, -60.0, 0.0, 6))
    assert {(one.events, one.ended, one.colorizer) for one in found} == {(2, "done", "levin2004")}
    assert colored(sqlite_engine, painted.id, synthetic=True) == []


def test_sessions_that_were_excluded_by_hand_or_never_finished_do_not_count(
    painted: StudyRow, sqlite_engine: Engine
) -> None:
    make_places(sqlite_engine, painted)
    walk = come(make_store(sqlite_engine, clock=Clock()), "paint", id="eve")
    first = colored(sqlite_engine, painted.id, synthetic=False)[0].session
    with session_scope(sqlite_engine) as db:
        db.add(DecisionRow(study_id=painted.id, session_id=first, kind="exclude", reason="bot", by="me", at=now()))

    assert walk.step.name == "device"
    assert {one.session for one in colored(sqlite_engine, painted.id, synthetic=False)} == {
        first + k for k in (1, 2, 3)
    }


def study_of(row: StudyRow) -> Study:
    return Study.from_json(row.config)


def test_one_of_several_is_taken_by_the_seed_alone_and_newcomers_do_not_reorder_the_others(painted: StudyRow) -> None:
    people = [f"p{k:02}" for k in range(12)]
    found = [coloring(photo, name, who) for who in people for photo in ("a", "b", "c") for name in CONDITIONS]
    asked = study_of(painted)

    chosen = choose(found, asked, seed=1)
    again = choose(found[::-1], asked, seed=1)
    fewer = choose([one for one in found if one.participant != "p11"], asked, seed=1)

    assert chosen == again
    assert chosen.photos == ("a", "b", "c")
    assert [(one.photo, one.condition) for one in chosen.taken] == [(p, c) for p in "abc" for c in CONDITIONS]
    assert len({one.participant for one in chosen.taken}) > 1
    assert chosen.taken != choose(found, asked, seed=2).taken
    kept = [one for _, one in chosen.ranked if one.participant != "p11"]
    assert kept == [one for _, one in fewer.ranked]
    assert [place for place, _ in chosen.ranked] == [*range(1, 13)] * 6


def test_everybody_is_taken_equally_often_over_many_photos(painted: StudyRow) -> None:
    found = [coloring(f"{k:03}", name, who) for who in ("x", "y") for k in range(300) for name in CONDITIONS]

    taken = Counter(one.participant for one in choose(found, study_of(painted), 0).taken)

    assert abs(taken["x"] - 300) < 4 * np.sqrt(600 / 4)


def test_photos_without_both_conditions_are_left_out(painted: StudyRow) -> None:
    found = [coloring("a", WITHOUT, "p"), coloring("a", WITH, "q"), coloring("b", WITH, "p")]

    choice = choose(found, study_of(painted), 0)

    assert (choice.photos, choice.left_out) == (("a",), ("b",))
    assert table_of(choice)[["photo", "condition", "choice"]].to_numpy().tolist() == [
        ["a", WITH, 1], ["a", WITHOUT, 1], ["b", WITH, 1]
    ]  # fmt: skip
    with pytest.raises(UserError, match="on photos that were colored under every condition"):
        choose(found[1:], study_of(painted), 0)


def test_events_are_exported_with_their_times(painted: StudyRow, sqlite_engine: Engine, tmp_path: Path) -> None:
    table = events_table(sqlite_engine, painted.id, synthetic=False)
    told = said(sqlite_engine, "export", "paint", "--out", str(tmp_path / "ex"))
    written = pd.read_parquet(tmp_path / "ex" / "events.parquet")

    assert len(table) == len(written) == 4 * 5 * 2
    assert table.iloc[1][["number", "event", "kind", "x", "a", "size", "at_ms"]].tolist() == [
        0, 1, "place", 50, -60.0, 6, 20.0
    ]  # fmt: skip
    assert "7 files" in told or "8 files" in told
    codebook = (tmp_path / "ex" / "codebook.md").read_text()
    assert all(f"| {column} |" in codebook for column in written)
    assert pd.read_csv(tmp_path / "ex" / "sessions.csv")["state"].tolist() == ["finished"] * 4


def test_collected_results_are_the_pixels_of_a_run_with_the_collected_points(
    painted: StudyRow, sqlite_engine: Engine, tmp_path: Path
) -> None:
    out = tmp_path / "colored"
    told = said(sqlite_engine, "collect", "paint", "--out", str(out), "--everybody")
    run = tmp_path / "run"
    arguments = ["run", "--images", out / "photos", "--colorizers", "levin2004", "--metrics", "psnr_rgb", "--size", 64,
                 "--hint-files", out / "hints" / WITH, "--out", run]  # fmt: skip
    done = CliRunner().invoke(evalsuite, list(map(str, arguments)), catch_exceptions=False)

    assert done.exit_code == 0, done.output
    assert "paint: 5 photos, each colored by levin2004" in told
    assert "16 colorings of 4 participants, of which 10 were taken" in told
    photos = sorted(file.name for file in (out / "photos").iterdir())
    assert len(photos) == 5
    for folder in ("automatic", *CONDITIONS):
        assert sorted(file.name for file in (out / folder).iterdir()) == photos
    for name in photos:
        assert (pixels(out / WITH / name) == pixels(run / "outputs" / "levin2004" / name)).all()
        assert np.ptp(pixels(out / "automatic" / name).astype(int), axis=2).max() <= 1
    table = pd.read_csv(out / "collected.csv")
    assert len(table) == 16
    first = table[(table["choice"] == 1) & (table["condition"] == WITHOUT)].iloc[0]
    theirs = out / "everybody" / first["participant"]
    assert (theirs / WITHOUT / f"{first['photo']}.png").read_bytes() == (
        out / WITHOUT / f"{first['photo']}.png"
    ).read_bytes()
    assert read_points(theirs / "hints" / WITHOUT / f"{first['photo']}.csv") == read_points(
        out / "hints" / WITHOUT / f"{first['photo']}.csv"
    )
    facts = json.loads((out / "collected.json").read_text())
    assert (facts["hash"], facts["seed"], facts["colorizer"]) == (painted.sha256, 0, "levin2004")
    assert "needs a folder of its own" in refused(sqlite_engine, "collect", "paint", "--out", str(out))


def test_what_cannot_be_collected_is_said_in_a_sentence(
    painted: StudyRow, sqlite_engine: Engine, tmp_path: Path, study_file_row: StudyRow
) -> None:
    out = str(tmp_path / "colored")
    file = tmp_path / "file"
    file.write_text("")

    assert "no synthetic participant has finished" in refused(
        sqlite_engine, "collect", "paint", "--synthetic", "--out", out
    )
    assert "people judge in it and color nothing" in refused(sqlite_engine, "collect", "street", "--out", out)
    assert "one that takes points" in refused(sqlite_engine, "collect", "paint", "--colorizer", "gray", "--out", out)
    assert "the folder cannot be made" in refused(sqlite_engine, "collect", "paint", "--out", str(file))
    assert "people color photos there and judge nothing" in refused(sqlite_engine, "analyze", "paint")
    store = make_store(sqlite_engine, clock=Clock())
    make_places(sqlite_engine, painted)
    paint(come(store, "paint", id="eve").to_trials(), "siggraph17", 20.0)
    told = refused(sqlite_engine, "collect", "paint", "--out", out)
    assert "participants saw the results of levin2004 (16 photos), siggraph17 (4 photos)" in told


def make_places(engine: Engine, row: StudyRow) -> None:
    with session_scope(engine) as db:
        places.create(db, row.id, study_of(row), blocks=6)


@pytest.fixture
def study_file_row(sqlite_engine: Engine, tmp_path: Path) -> StudyRow:
    """A study in which people judge."""
    return make_study(sqlite_engine, tmp_path / "street")


@pytest.mark.parametrize("photos", [3, 12, 57, 58, 400])
def test_the_study_that_judges_fits_the_photos(painted: StudyRow, photos: int) -> None:
    written = yaml.safe_load(judge_file(study_of(painted), photos))

    assert list(written["source"]["conditions"]) == ["automatic", *CONDITIONS]
    trials = written.get("parameters", {"practice": 10, "test": 40, "catch": 8})
    assert trials["test"] >= 1
    assert sum(trials.values()) <= photos
