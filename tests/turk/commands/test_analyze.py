"""The command `turk analyze`: what is printed, and what is not before its time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select, update

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from evalsuite.typesetting import DASH
from tests.turk.planted import World, keep, planted
from tests.turk.studies_made import make_study
from tests.turk.test_amt_csv import simulated, write_results
from turk.commands.analyze import command
from turk.tables import DecisionRow, StudyRow, TrialRow

WORLD = World({"ours": 0.5, "theirs": 0.2}, people=8, trials=20, photos=60, seed=2)
RULES = {"catch_min_correct": 6}


def said(engine: Engine, *arguments: str) -> str:
    """What the command prints; what it raises is raised."""
    url = engine.url.render_as_string(hide_password=False)
    found = CliRunner().invoke(command, [*arguments, "--db", url], catch_exceptions=False, standalone_mode=False)
    return found.output


def make(engine: Engine, folder: Path, **fields: Any) -> StudyRow:
    """A study of WORLD's size."""
    parameters = {"practice": 0, "test": WORLD.trials, "catch": WORLD.catch}
    known = {"participants_per_condition": WORLD.people, "exclusions": RULES, "analysis": {"draws": 1000}}
    return make_study(engine, folder / "street", photos=60, parameters=parameters, **{**known, **fields})


@pytest.fixture
def done(sqlite_engine: Engine, tmp_path: Path) -> Engine:
    """A database with a study that all its people finished, one of whom failed the catch trials."""
    row = make(sqlite_engine, tmp_path)
    responses, sessions = planted(WORLD)
    responses.loc[responses["session"].eq(0) & responses["kind"].eq("catch"), "correct"] = False
    keep(sqlite_engine, row, (responses, sessions))
    return sqlite_engine


def decisions(engine: Engine) -> Sequence[DecisionRow]:
    """What was recorded."""
    with session_scope(engine) as db:
        db.expire_on_commit = False
        return db.scalars(select(DecisionRow)).all()


@pytest.mark.slow
def test_json_is_as_others_rely_on_it(done: Engine) -> None:
    found = json.loads(said(done, "street", "--format", "json"))

    assert {"study", "hash", "synthetic", "conditions", "differences", "excluded"} <= set(found)
    assert (found["study"], found["synthetic"], len(found["hash"])) == ("street", False, 64)
    ours = found["conditions"]["ours"]["fool_rate"]
    assert list(ours) == ["value", "ci95_these_photos", "ci95_new_photos", "participants", "trials", "photos"]
    assert ours["ci95_new_photos"][0] <= ours["value"] <= ours["ci95_new_photos"][1] <= 1
    assert (ours["participants"], ours["trials"]) == (7, 140)
    [gap] = found["differences"]
    assert {"a", "b", "value", "ci95", "p", "p_holm"} <= set(gap)
    assert [(row["session"], row["rule"]) for row in found["excluded"]] == [(1, "catch_min_correct")]
    assert found["everyone"]["conditions"]["ours"]["fool_rate"]["participants"] == 8
    assert found["model"]["converged"]


@pytest.mark.slow
def test_tables_have_both_results_and_the_sentences_of_a_reviewer(done: Engine) -> None:
    text = said(done, "street")

    for words in (
        "answers of 15 of 16 who finished (1 left out)", "With everybody", "1 comparison;", "Left out by rule",
        "catch_min_correct 1", "[95%, these photos]", "[95%, new photos]", "0 of 8 catch trials right, 6 of 8 needed",
        "Crossed-effects logistic model", "Equivalence", "d'", "Reaction times", "What came of the sessions",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.slow
def test_latex_has_a_table_of_each(done: Engine) -> None:
    text = said(done, "street", "--format", "latex", "--no-model")

    assert text.count(r"\begin{table}") == text.count(r"\end{table}") >= 6
    assert r"\label{tab:street}" in text
    assert "Crossed-effects" not in text


@pytest.mark.slow
def test_csv_has_a_line_per_interval(done: Engine) -> None:
    rows = list(csv.DictReader(io.StringIO(said(done, "street", "--format", "csv"))))

    # Two sets of sessions, each with two conditions and one difference, for two targets.
    assert len(rows) == 2 * 3 * 2
    assert {row["photos_meant"] for row in rows} == {"these_photos", "new_photos"}
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in rows)


@pytest.mark.slow
def test_numbers_are_the_same_on_both_databases(engine: Engine, tmp_path: Path) -> None:
    keep(engine, make(engine, tmp_path), planted(WORLD))

    found = json.loads(said(engine, "street", "--format", "json", "--no-model"))

    responses, _ = planted(WORLD)
    ours = responses[responses["kind"].eq("test") & responses["condition"].eq("ours")]
    assert found["conditions"]["ours"]["fool_rate"]["value"] == pytest.approx(ours["value"].mean())


@pytest.mark.slow
def test_before_the_stopping_rule_is_met_nothing_is_told_of_the_conditions(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    keep(sqlite_engine, make(sqlite_engine, tmp_path, participants_per_condition=9), planted(WORLD))

    text, record = said(sqlite_engine, "street"), json.loads(said(sqlite_engine, "street", "--format", "json"))

    assert "16 of 18 finished" in text
    assert "%" not in text
    assert "[" not in text
    assert record["blinded"]
    assert (record["conditions"], record["differences"]) == ({}, [])
    assert not decisions(sqlite_engine)
    with pytest.raises(UserError, match="there are only counts"):
        said(sqlite_engine, "street", "--format", "csv")


@pytest.mark.slow
def test_a_look_before_its_time_is_recorded_with_who_and_why(sqlite_engine: Engine, tmp_path: Path) -> None:
    keep(sqlite_engine, make(sqlite_engine, tmp_path, participants_per_condition=9), planted(WORLD))

    text = said(sqlite_engine, "street", "--unblind", "--reason", "the reviewers asked")

    assert "Fool rate" in text
    assert "The stopping rule is not met (16 of 18 finished sessions)" in text
    [decision] = decisions(sqlite_engine)
    assert decision.kind == "unblind"
    assert decision.reason == "looked at 16 of 18 finished sessions: the reviewers asked"
    assert decision.by


@pytest.mark.slow
def test_a_study_that_is_done_needs_no_unblinding(done: Engine) -> None:
    said(done, "street", "--unblind")

    assert not decisions(done)


@pytest.mark.slow
def test_a_closed_study_shows_what_it_has(sqlite_engine: Engine, tmp_path: Path) -> None:
    keep(sqlite_engine, make(sqlite_engine, tmp_path, participants_per_condition=9), planted(WORLD))
    with session_scope(sqlite_engine) as db:
        db.execute(update(StudyRow).values(state="closed"))

    assert "The stopping rule is not met" in said(sqlite_engine, "street")


@pytest.mark.slow
def test_synthetic_participants_are_named_and_apart(sqlite_engine: Engine, tmp_path: Path) -> None:
    keep(sqlite_engine, make(sqlite_engine, tmp_path), planted(WORLD), synthetic=True)

    text = said(sqlite_engine, "street", "--synthetic")

    assert text.startswith("SYNTHETIC PARTICIPANTS, NO PEOPLE. street")
    with pytest.raises(UserError, match="no person has taken it yet"):
        said(sqlite_engine, "street")


@pytest.mark.slow
def test_nobody_is_left_out_by_hand_without_a_reason(done: Engine) -> None:
    with pytest.raises(UserError, match="without a reason"):
        said(done, "street", "--exclude", "5")
    with pytest.raises(UserError, match="no session 99"):
        said(done, "street", "--exclude", "99", "--reason", "x")

    text = said(done, "street", "--exclude", "5", "--reason", "said that the images did not load")

    assert "said that the images did not load" in text
    assert "answers of 14 of 16" in text
    assert [(d.kind, d.session_id) for d in decisions(done)] == [("exclude", 5)]
    assert "answers of 14 of 16" in said(done, "street")


@pytest.mark.slow
def test_a_pilot_plans_the_next_study(done: Engine) -> None:
    text = said(done, "street", "--plan")

    assert "as 15 people of street show them" in text
    assert "Smallest difference" in text


@pytest.mark.slow
def test_a_plan_needs_fool_rates(sqlite_engine: Engine, tmp_path: Path) -> None:
    row = make_study(sqlite_engine, tmp_path / "rated", name="rated", protocol="rating", participants_per_condition=2)
    responses, sessions = planted(World({"ours": 0.5}, people=2, trials=4, photos=20, catch=0))
    responses["arm"], sessions["arm"] = "all", "all"
    keep(sqlite_engine, row, (responses, sessions))

    with pytest.raises(UserError, match="--plan needs fool rates"):
        said(sqlite_engine, "rated", "--plan")


def test_a_result_file_of_the_original_tool_is_analyzed_as_it_was(sqlite_engine: Engine, tmp_path: Path) -> None:
    file = write_results(tmp_path / "results.csv", simulated(0))
    asked = (
        "--csv",
        str(file),
        "--estimator",
        "amt_real_vs_fake",
        "--practice",
        "4",
        "--pairs",
        "16",
        "--draws",
        "200",
    )

    text, record = said(sqlite_engine, *asked), json.loads(said(sqlite_engine, *asked, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(said(sqlite_engine, *asked, "--format", "csv"))))

    assert "12 assignments, 12 test trials each" in text
    assert "Share of draws (%) in which the row fools more often" in text
    rate = record["conditions"]["alg/b"]["fool_rate"]
    assert {"value", "bootstrap_mean", "bootstrap_sd"} <= set(rate)
    assert rate["bootstrap_mean"] == pytest.approx(rate["value"], abs=0.02)
    assert [row["condition"] for row in rows] == ["alg/a", "alg/b"]
    assert r"\toprule" in said(sqlite_engine, *asked, "--format", "latex")


@pytest.mark.slow
def test_what_cannot_go_together_is_refused(done: Engine, tmp_path: Path) -> None:
    for arguments, words in (
        ((), "Give one of the two"), (("street", "--csv", "x.csv"), "Give one of the two"),
        (("street", "--estimator", "amt_real_vs_fake"), "goes with --csv"), (("stret",), "Did you mean 'street'"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=words):
            said(done, *arguments)


@pytest.mark.slow
def test_a_single_participant_has_numbers_and_no_intervals(sqlite_engine: Engine, tmp_path: Path) -> None:
    keep(
        sqlite_engine,
        make(sqlite_engine, tmp_path, participants_per_condition=1),
        planted(World({"ours": 0.5, "theirs": 0.2}, people=1, trials=20, photos=60)),
    )

    found = json.loads(said(sqlite_engine, "street", "--format", "json"))

    assert found["conditions"]["ours"]["fool_rate"]["ci95_new_photos"] is None
    assert found["differences"][0]["p"] is None
    assert DASH in said(sqlite_engine, "street")


@pytest.mark.slow
def test_invalid_trials_do_not_count(done: Engine) -> None:
    with session_scope(done) as db:
        db.execute(update(TrialRow).where(TrialRow.number < 5).values(valid=False))

    found = json.loads(said(done, "street", "--format", "json", "--no-model"))

    assert found["conditions"]["theirs"]["fool_rate"]["trials"] == 8 * 15
