"""The command `turk agree`, and what analyses keep for pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select, update

from evalsuite.db import make_engine, session_scope
from evalsuite.errors import UserError
from evalsuite.store import data_version
from tests.turk.planted import World, keep, planted
from tests.turk.studies_made import make_study
from tests.webapp.stocked import database_of, stocked
from tests.webapp.studies import BLINDED, DONE
from turk.blinding import blinded
from turk.commands.agree import command
from turk.commands.analyze import command as analyze_command
from turk.kept import kept_tables
from turk.result_tables import AnalysisRow, FoolRateRow, PhotoRateRow
from turk.study import Study
from turk.tables import StudyRow

pytestmark = pytest.mark.slow

WORLD = World({"ours": 0.5, "theirs": 0.2}, people=4, trials=10, photos=40, catch=0, seed=2)


def said(engine: Engine, *arguments: str) -> str:
    """What the command prints; what it raises is raised."""
    url = engine.url.render_as_string(hide_password=False)
    found = CliRunner().invoke(command, [*arguments, "--db", url], catch_exceptions=False, standalone_mode=False)
    return found.output


def analyzed(engine: Engine, *arguments: str) -> None:
    """Give `turk analyze`."""
    url = engine.url.render_as_string(hide_password=False)
    words = ["street", *arguments, "--no-model", "--db", url]
    CliRunner().invoke(analyze_command, words, catch_exceptions=False, standalone_mode=False)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A database with runs and studies of them."""
    return make_engine(database_of(stocked(tmp_path_factory), tmp_path_factory.mktemp("studies")))


@pytest.fixture
def street(sqlite_engine: Engine, tmp_path: Path) -> Engine:
    """A database with a study of folders that 8 people took, where 80 are wanted."""
    parameters = {"practice": 0, "test": WORLD.trials, "catch": 0}
    row = make_study(sqlite_engine, tmp_path, photos=40, catch=None, parameters=parameters,
                     participants_per_condition=40, analysis={"draws": 1000})  # fmt: skip
    keep(sqlite_engine, row, planted(WORLD))
    return sqlite_engine


def test_metrics_are_held_against_people_and_kept(done: Engine) -> None:
    with session_scope(done) as db:
        db.execute(update(AnalysisRow).values(agreement=None))

    found = json.loads(said(done, "done", "--draws", "100", "--format", "json"))
    text = said(done, "done", "--draws", "100", "--synthetic")

    assert {(row["metric"], row["level"]) for row in found} >= {("psnr_rgb", "photo"), ("auc", "colorizer")}
    assert text.startswith("SYNTHETIC PARTICIPANTS, NO PEOPLE. Metrics against people, done")
    with session_scope(done, read_only=True) as db:
        assert db.get_one(AnalysisRow, (DONE, False)).agreement == found


def test_metrics_are_not_held_against_people_before_these_may_be_seen(done: Engine) -> None:
    with pytest.raises(UserError, match="blinded until its stopping rule is met"):
        said(done, "blinded")


def test_an_analysis_comes_first(done: Engine) -> None:
    with pytest.raises(UserError, match="give `turk analyze blinded --synthetic` first"):
        said(done, "blinded", "--synthetic")


def test_a_study_of_folders_has_no_scores(street: Engine) -> None:
    with pytest.raises(UserError, match="not of a run in this database"):
        said(street, "street")


def test_a_study_of_preferences_has_no_fool_rates(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path, protocol="pairwise", catch=None)

    with pytest.raises(UserError, match="held against fool rates, which pairwise has not"):
        said(sqlite_engine, "street")


def test_a_run_without_scores_of_what_is_shown_is_told(done: Engine) -> None:
    set_run(done, 2)

    with pytest.raises(UserError, match="no scores of single photos"):
        said(done, "done")

    set_run(done, 1)


def set_run(engine: Engine, run: int) -> None:
    """Let the study be of another run, which has other methods."""
    with session_scope(engine) as db:
        db.execute(update(StudyRow).where(StudyRow.id == DONE).values(run_id=run))


def test_an_analysis_is_kept_only_where_it_may_be_seen(street: Engine) -> None:
    analyzed(street)
    with session_scope(street, read_only=True) as db:
        version = data_version(db)
        assert db.scalars(select(AnalysisRow)).all() == []
        row = db.scalars(select(StudyRow)).one()
        known = row.id, row.state, Study.from_json(row.config)
        assert blinded(db, *known)

    analyzed(street, "--unblind")

    with session_scope(street, read_only=True) as db:
        [kept] = db.scalars(select(AnalysisRow)).all()
        assert (kept.synthetic, kept.finished, kept.record["stopping_rule_met"]) == (False, 8, False)
        assert kept_tables(kept.tables)[0].columns[:2] == ("Condition", "Fool rate (%)")
        assert kept.methods.startswith("# Methods")
        assert not blinded(db, *known)
        assert data_version(db) > version


def test_what_is_kept_takes_the_place_of_what_was(street: Engine) -> None:
    analyzed(street, "--unblind")
    analyzed(street, "--unblind")

    with session_scope(street, read_only=True) as db:
        db.expire_on_commit = False
        rates = {rate.condition_id: rate for rate in db.scalars(select(FoolRateRow))}
        photos = db.scalars(select(PhotoRateRow)).all()
        kept = db.scalars(select(AnalysisRow)).one().record["conditions"]["ours"]["fool_rate"]
    assert len(rates) == 2
    assert kept["value"] in [rate.value for rate in rates.values()]
    assert {rate.entry_id for rate in rates.values()} == {None}
    assert sum(photo.views for photo in photos) == sum(rate.trials for rate in rates.values()) == 80
    assert all(0 < photo.low <= photo.shrunk <= photo.high < 1 for photo in photos)


def test_conditions_of_a_runs_study_are_its_methods(done: Engine) -> None:
    with session_scope(done, read_only=True) as db:
        rates = db.scalars(select(FoolRateRow).where(FoolRateRow.study_id == DONE)).all()
        assert {rate.entry_id is not None for rate in rates} == {True}
        assert db.scalars(select(FoolRateRow).where(FoolRateRow.study_id == BLINDED)).all() == []
