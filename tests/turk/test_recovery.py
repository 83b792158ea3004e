"""Planted fool rates come out of the analysis, through the site, its database and all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.turk.studies_made import make_study
from turk import frames
from turk.analysis import Analysis, Findings, analyze
from turk.crowd import MIXED, Shares
from turk.own_site import own_site
from turk.rules import defaults
from turk.simulate import Crowd, simulate
from turk.study import Study

PLANTED = {"ours": 0.13, "theirs": 0.32, "others": 0.5}
PAPER = {"practice": 10, "test": 40, "catch": 8}


def simulated(engine: Engine, folder: Path, shares: Shares, people: int) -> Analysis:
    """What the analysis says of a crowd with the planted rates, at the paper's settings."""
    row = make_study(
        engine, folder / "street", photos=120, parameters=PAPER, conditions=tuple(PLANTED),
        exclusions=defaults(PAPER | {"exposure_ms": 1000}),
    )  # fmt: skip
    study = Study.from_json(row.config)
    with own_site(engine.url.render_as_string(hide_password=False)) as site:
        reports = simulate(study, site, Crowd(people, shares, PLANTED, seed=11))
    assert not any(report.faults for report in reports)
    responses = frames.responses(engine, row.id, synthetic=True)
    return analyze(responses, frames.sessions(engine, row.id, synthetic=True), study, model=False)


def numbers(findings: Findings) -> dict[str, dict[str, float]]:
    """Condition to its rate and the bounds of its intervals."""
    columns = ["value", "these_low", "these_high", "new_low", "new_high"]
    table = findings.rates.set_index("condition")[columns].to_numpy(float)
    return {
        str(name): dict(zip(columns, row.tolist(), strict=True))
        for name, row in zip(findings.rates["condition"], table, strict=True)
    }


@pytest.mark.slow
def test_planted_rates_lie_inside_both_intervals(sqlite_engine: Engine, tmp_path: Path) -> None:
    found = simulated(sqlite_engine, tmp_path, {"psychometric": 1}, people=36)

    assert found.synthetic
    for condition, planted in PLANTED.items():
        row = numbers(found.everyone)[condition]
        assert row["these_low"] < planted < row["these_high"]
        assert row["new_low"] < planted < row["new_high"]
        assert row["new_high"] - row["new_low"] < 0.3


@pytest.mark.slow
def test_the_rules_of_the_study_find_those_who_are_of_no_use(sqlite_engine: Engine, tmp_path: Path) -> None:
    found = simulated(sqlite_engine, tmp_path, MIXED, people=48)

    kept = numbers(found.kept)
    assert 3 <= found.excluded["session"].nunique() <= 12
    assert kept["ours"]["value"] < numbers(found.everyone)["ours"]["value"]
    for condition, planted in PLANTED.items():
        assert kept[condition]["new_low"] < planted < kept[condition]["new_high"]
