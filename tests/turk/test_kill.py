"""kill -9 of the server under load; tests/bench/bench_kill.py does it fifty times."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.turk.ordeals import survive, wrongs
from tests.turk.studies_made import make_study
from turk.study import Study

KILLS = 5


@pytest.mark.slow
def test_no_acknowledged_answer_is_lost_and_every_session_goes_on(engine: Engine, tmp_path: Path) -> None:
    few = {"practice": 2, "test": 16, "catch": 4}
    row = make_study(engine, tmp_path / "street", photos=40, parameters=few)
    url = engine.url.render_as_string(hide_password=False)

    ordeal = survive(Study.from_json(row.config), url, people=8, kills=KILLS)

    assert wrongs(engine, ordeal) == []
    assert len(set(ordeal.moments)) == KILLS
    assert sum(len(report.answers) for report in ordeal.reports) >= 8 * 22
