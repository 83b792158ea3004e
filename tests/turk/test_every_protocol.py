"""Each protocol from its plan to its numbers: what was planted into observers comes out of the analysis."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.turk.sites_made import run_site
from tests.turk.studies_made import make_study
from turk import frames
from turk.analysis import analyze
from turk.registry import protocol, protocols
from turk.simulate import Crowd, simulate
from turk.study import REAL, Study

PLANTED = {"ours": 0.13, "theirs": 0.5}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(protocols()))
def test_planted_strengths_are_ordered_and_inside_their_intervals(
    name: str, sqlite_engine: Engine, tmp_path: Path
) -> None:
    few = {"practice": 2, "test": 24, "catch": 4}
    row = make_study(
        sqlite_engine, tmp_path / "street", protocol=name, photos=40, parameters=few, conditions=tuple(PLANTED)
    )
    study = Study.from_json(row.config)
    with run_site(sqlite_engine, tmp_path) as site:
        simulate(study, site, Crowd(16, {"psychometric": 1}, PLANTED, seed=2))

    responses = frames.responses(sqlite_engine, row.id, synthetic=True)
    found = analyze(responses, frames.sessions(sqlite_engine, row.id, synthetic=True), study, model=False)

    assert found.measure == protocol(name).measure
    rates = found.everyone.rates.set_index("condition")
    if found.measure == "preference":
        assert rates["value"].to_dict()["theirs"] > rates["value"].to_dict()["ours"]
        return
    planted = PLANTED | ({REAL: 0.85} if REAL in rates.index else {})
    for condition, rate in planted.items():
        expected = 1 + 4 * rate if found.measure == "rating" else rate
        low, high = (rates[bound].to_dict()[condition] for bound in ("new_low", "new_high"))
        assert low <= expected <= high, condition
    assert found.singles.empty == (name != "single")
