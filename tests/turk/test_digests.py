"""Finished sessions in numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from evalsuite.db import session_scope
from tests.turk.planted import World, keep, planted
from tests.turk.studies_made import make_study
from tests.turk.walking import Clock, come, rows
from turk import frames, sessions
from turk.digests import browser_of
from turk.quality import exclude
from turk.result_tables import DigestRow
from turk.store import Store
from turk.sweeping import sweep
from turk.tables import SessionRow, StudyRow

WORLD = World({"ours": 0.4, "theirs": 0.2}, people=6, trials=20, photos=60, seed=3)
RULES = {"catch_min_correct": 6, "min_median_rt_ms": 900}


@pytest.mark.slow
def test_a_session_that_finishes_is_kept_in_numbers(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store).to_trials()
    for _ in range(2):
        clock.go(seconds=4)
        walk.answer()
    clock.go(seconds=4)
    walk.answer(hidden=True, shown=[{"place": k, "on_ms": 0.0, "off_ms": 1300.0, "long_frames": 2} for k in (0, 1)])
    walk.to_comment(clock)
    assert rows(store.engine, DigestRow) == []

    sessions.finish(store, walk.ticket)
    sessions.finish(store, walk.ticket)

    [kept] = rows(store.engine, DigestRow)
    [session] = rows(store.engine, SessionRow)
    assert (kept.study_id, kept.synthetic, kept.session_id) == (study_row.id, False, session.id)
    assert (kept.test, kept.valid, kept.catch_shown) == (4 + kept.invalid, 4, 2)
    assert (kept.replaced, kept.long_frames, kept.refresh_hz) == (1, 4, 60)
    assert kept.hour == int(session.finished_at.timestamp()) // 3600
    assert kept.minutes == pytest.approx((session.finished_at - session.started_at).total_seconds() / 60)
    assert kept.rt_ms == 420.5
    of_test = {"valid": {"0.0": kept.valid}, "invalid": {"300.0": 1} if kept.invalid else {}}
    assert kept.exposures == {"off": of_test, "browser": "other"}


@pytest.mark.slow
def test_the_rules_that_a_digest_names_are_those_of_the_analysis(engine: Engine, tmp_path: Path) -> None:
    parameters = {"practice": 0, "test": WORLD.trials, "catch": WORLD.catch}
    study = make_study(engine, tmp_path, photos=60, parameters=parameters, exclusions=RULES)
    responses, people = planted(WORLD)
    responses.loc[responses["session"].lt(3) & responses["kind"].eq("catch"), "correct"] = False
    responses.loc[responses["session"].isin([2, 4]), "rt_ms"] = 500.0
    keep(engine, study, (responses, people))

    sweep(engine)
    sweep(engine)

    digests = rows(engine, DigestRow)
    assert len(digests) == 2 * WORLD.people
    mine = {name: getattr(frames, name)(engine, study.id, synthetic=False) for name in ("responses", "sessions")}
    found = exclude(mine["responses"], mine["sessions"], RULES)
    expected = found.groupby("session")["rule"].agg(",".join).to_dict()
    assert {row.session_id: row.rules for row in digests if row.rules} == expected
    assert sorted(set(expected.values())) == [
        "catch_min_correct", "catch_min_correct,min_median_rt_ms", "min_median_rt_ms",
    ]  # fmt: skip
    assert {row.valid for row in digests} == {WORLD.trials}
    assert [row.catch_right for row in digests[:3]] == [0, 0, 0]


@pytest.mark.slow
def test_what_is_kept_goes_with_the_session(engine: Engine, tmp_path: Path) -> None:
    keep(engine, make_study(engine, tmp_path, photos=60), planted(WORLD))
    sweep(engine)

    with session_scope(engine) as db:
        db.execute(delete(SessionRow))

    assert rows(engine, DigestRow) == []


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "Safari"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
         "Chrome"),
        ("curl/8.0", "other"),
    ],
)  # fmt: skip
def test_browsers_are_told_by_what_they_call_themselves(user_agent: str, name: str) -> None:
    assert browser_of({"user_agent": user_agent}) == name
    assert browser_of(None) == "other"
