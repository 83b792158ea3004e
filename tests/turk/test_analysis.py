"""`analyze`: everything at once, with and without exclusions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evalsuite.typesetting import markdown
from tests.turk.planted import World, planted, study_of
from turk.analysis import Analysis, analyze
from turk.analysis_record import record, table
from turk.analysis_tables import tables
from turk.progress import progress

WORLD = World({"ours": 0.5, "theirs": 0.2}, people=14, trials=20, photos=60, seed=2)


def analyzed(world: World = WORLD, **fields: object) -> Analysis:
    """The planted answers, analyzed."""
    return analyze(*planted(world), study_of(world, **fields))


@pytest.mark.slow
def test_one_call_gives_every_frame() -> None:
    found = analyzed()

    assert found.kept.rates["condition"].tolist() == ["ours", "theirs"]
    assert len(found.kept.differences) == 1
    assert len(found.kept.equivalence) == 3
    assert len(found.pairs) == len(found.learning) == len(found.reactions) == 2
    assert found.singles.empty
    assert len(found.photos) <= 120
    assert found.model is not None
    assert found.model.converged
    assert found.measure == "fool_rate"
    assert not found.synthetic


@pytest.mark.slow
def test_bootstrap_and_model_tell_the_same_of_the_same_answers() -> None:
    world = World({"ours": 0.45, "theirs": 0.2}, people=30, photos=80, seed=5)
    found = analyzed(world)
    assert found.model is not None

    for boot, model in zip(
        found.kept.rates.to_dict("records"), found.model.rates.to_dict("records"), strict=True
    ):  # fmt: skip
        assert model["rate"] == pytest.approx(boot["value"], abs=0.02)
        widths = model["high"] - model["low"], boot["new_high"] - boot["new_low"]
        assert widths[0] == pytest.approx(widths[1], rel=0.35)
    assert found.model.spreads["photo"] == pytest.approx(world.si, abs=0.35)
    assert found.model.spreads["participant"] == pytest.approx(world.sp, abs=0.25)


@pytest.mark.slow
def test_both_results_are_there_where_somebody_is_left_out() -> None:
    responses, sessions = planted(WORLD)
    clicker = responses["session"].eq(0)
    responses.loc[clicker & responses["kind"].eq("catch"), "correct"] = False
    responses.loc[clicker & responses["kind"].eq("test"), "value"] = 1.0

    found = analyze(responses, sessions, study_of(WORLD))

    assert found.excluded["session"].tolist() == [0]
    assert (found.kept.participants, found.everyone.participants) == (27, 28)
    assert found.everyone.rates["value"][0] > found.kept.rates["value"][0]
    assert found.everyone.rates["value"][1] == found.kept.rates["value"][1]


@pytest.mark.slow
def test_where_nobody_is_left_out_both_results_are_one() -> None:
    found = analyzed()

    assert found.everyone is found.kept


@pytest.mark.slow
def test_the_frozen_study_says_how_it_is_analyzed() -> None:
    terms = {"draws": 1000, "equivalence_margin": 0.2, "contrasts": "first"}
    world = replace(WORLD, rates={"a": 0.5, "b": 0.4, "c": 0.3}, people=6)

    found = analyzed(world, analysis=terms)

    assert len(found.kept.differences) == 2
    assert found.kept.equivalence["margin"].unique().tolist() == [0.2]


@pytest.mark.slow
def test_the_same_answers_give_the_same_numbers() -> None:
    first, second = analyzed(), analyzed()

    pd.testing.assert_frame_equal(first.kept.rates, second.kept.rates)
    pd.testing.assert_frame_equal(first.kept.differences, second.kept.differences)


def test_people_and_synthetic_participants_are_never_analyzed_together() -> None:
    responses, sessions = planted(WORLD)
    sessions.loc[0, "synthetic"] = True

    with pytest.raises(ValueError, match="are analyzed apart; got both"):
        analyze(responses, sessions, study_of(WORLD))


@pytest.mark.slow
def test_a_study_that_nobody_finished_has_empty_frames() -> None:
    responses, sessions = planted(WORLD)
    sessions["state"] = "running"

    found = analyze(responses, sessions, study_of(WORLD))

    assert found.kept.participants == 0
    for frame in (found.kept.rates, found.kept.differences, found.pairs, found.learning, found.reactions, found.photos):
        assert frame.empty
    assert found.model is None
    assert "answers of 0 who finished" in markdown(tables(found)[0])
    assert record(found)["conditions"] == {}
    assert table(found).count("\n") == 0


@pytest.mark.slow
def test_naturalness_has_the_real_photos_as_a_condition_of_its_own() -> None:
    responses, sessions = planted(WORLD)
    responses["arm"], sessions["arm"] = "all", "all"
    responses["condition"] = np.resize(["real", "ours", "theirs"], len(responses))
    responses["answer"] = np.where(responses["value"] == 1, "natural", "unnatural")
    study = study_of(WORLD, protocol="naturalness", exclusions={})

    found = analyze(responses, sessions, study)

    assert found.kept.rates["condition"].tolist() == ["real", "ours", "theirs"]
    assert len(found.kept.differences) == 3
    assert found.kept.equivalence["b"].notna().all()
    assert found.pairs.empty
    assert found.model is not None


@pytest.mark.slow
def test_ratings_are_means_without_a_model_of_shares() -> None:
    responses, sessions = planted(WORLD)
    responses["value"] = np.resize([1.0, 3.0, 4.0, 5.0, 2.0, 4.0, 3.0], len(responses))
    responses["answer"] = "3"

    found = analyze(responses, sessions, study_of(WORLD, protocol="rating", exclusions={}))

    assert found.kept.rates["value"].between(1, 5).all()
    assert found.model is None
    assert found.photos.empty


@pytest.mark.slow
def test_preferences_have_strengths() -> None:
    responses, sessions = planted(WORLD)
    responses["arm"], sessions["arm"] = "all", "all"
    swapped = responses["number"] % 2 == 0
    responses["condition"] = np.where(swapped, "ours", "theirs")
    responses["other_condition"] = np.where(swapped, "theirs", "ours")
    responses["fake_place"] = pd.NA

    found = analyze(responses, sessions, study_of(WORLD, protocol="pairwise", exclusions={}))

    assert found.measure == "preference"
    assert found.kept.preferences is not None
    assert found.kept.rates["value"].sum() == pytest.approx(0, abs=1e-6)
    assert found.learning.empty
    assert found.model is None


def test_sessions_are_counted_by_what_came_of_them() -> None:
    _, sessions = planted(World({"ours": 0.3, "theirs": 0.2}, people=5))
    sessions["state"] = ["finished", "left", "declined", "running", "excluded"] + ["finished"] * 5

    found = progress(study_of(replace(WORLD, people=2)), ("ours", "theirs"), sessions)

    [ours, theirs] = found.flow.to_dict("records")
    assert (ours["finished"], ours["left"], ours["declined"], ours["under_way"], ours["entered"]) == (2, 1, 1, 1, 5)
    assert theirs["finished"] == 5
    assert (found.finished, found.wanted, found.met) == (7, 4, True)


@pytest.mark.parametrize(("number", "met"), [(5, True), (6, False), ("all", False)])
def test_the_stopping_rule_counts_finished_sessions_of_every_arm(number: object, met: bool) -> None:
    _, sessions = planted(World({"ours": 0.3, "theirs": 0.2}, people=6))
    sessions.loc[0, "state"] = "abandoned"

    found = progress(
        study_of(replace(WORLD, people=6), stopping={"participants": number}), ("ours", "theirs"), sessions
    )

    assert found.met is met
