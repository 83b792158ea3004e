"""Synthetic participants take a study over HTTP, and the server holds against their manners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from tests.turk.sites_made import run_site
from tests.turk.studies_made import make_study
from turk import answers, watching
from turk.crowd import KINDS
from turk.observers import Law
from turk.own_site import Site
from turk.registry import protocols
from turk.simulate import Crowd, eyes, simulate, totals
from turk.study import Study
from turk.tables import EventRow, PlaceRow, SessionRow, StudyRow, TrialRow
from turk.visitor import Report

EVERY_KIND = dict.fromkeys(KINDS, 1 / len(KINDS))


@pytest.fixture
def study(study_row: StudyRow) -> Study:
    return Study.from_json(study_row.config)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Iterator[Site]:
    with run_site(engine, tmp_path) as running:
        yield running


def sessions(engine: Engine) -> list[SessionRow]:
    with session_scope(engine, read_only=True) as db:
        db.expunge_all()
        found = list(db.scalars(select(SessionRow).order_by(SessionRow.id)))
        db.expunge_all()
    return found


def given(engine: Engine) -> list[tuple[object, ...]]:
    """Every answer that was kept, with what it was an answer to."""
    columns = (SessionRow.arm, SessionRow.rank, TrialRow.number, TrialRow.stimuli, TrialRow.turns, TrialRow.answer)
    with session_scope(engine, read_only=True) as db:
        query = select(*columns, TrialRow.rt_ms, TrialRow.valid).join(TrialRow, TrialRow.session_id == SessionRow.id)
        rows = db.execute(query.where(TrialRow.state == "answered")).all()
    return sorted((tuple(row) for row in rows), key=repr)


@pytest.mark.slow
def test_every_kind_of_participant_goes_its_way_and_the_server_holds(engine: Engine, study: Study, site: Site) -> None:
    reports = simulate(study, site, Crowd(14, EVERY_KIND, seed=3))

    table = totals(reports)
    assert [fault for report in reports for fault in report.faults] == []
    assert {kind: counts["people"] for kind, counts in table.items()} == dict.fromkeys(KINDS, 2)
    assert all(table[kind]["finished"] == 2 for kind in KINDS if kind != "quitter")
    assert table["quitter"]["left"] + table["quitter"]["vanished"] == 2
    assert table["reloader"]["reloads"] == 2
    assert table["double_submitter"]["again"] == table["double_submitter"]["conflicts"] >= 16
    assert table["too_fast"]["too_fast"] == table["too_fast"]["answers"] >= 16
    assert all(table[kind]["answers"] >= 16 for kind in KINDS if kind != "quitter")


@pytest.mark.slow
def test_what_was_acknowledged_is_what_is_kept_and_all_is_marked(engine: Engine, study: Study, site: Site) -> None:
    reports = simulate(study, site, Crowd(7, EVERY_KIND, seed=3))

    with session_scope(engine, read_only=True) as db:
        kept = dict(db.execute(select(TrialRow.nonce, TrialRow.answer).where(TrialRow.state == "answered")).all())
        places = set(db.scalars(select(PlaceRow.synthetic).where(PlaceRow.state != "free")))
    assert kept == {nonce: answer for report in reports for nonce, answer in report.answers.items()}
    rows = sessions(engine)
    assert [row.observer for row in rows] == [report.kind for report in reports]
    assert all(row.synthetic for row in rows)
    assert places == {True}


@pytest.mark.slow
def test_equal_seeds_give_equal_answers_in_another_database(
    sqlite_engine: Engine, postgresql_engine: Engine, tmp_path: Path
) -> None:
    found = []
    for engine in (sqlite_engine, postgresql_engine):
        row = make_study(engine, tmp_path / engine.dialect.name)
        with run_site(engine, tmp_path) as site:
            simulate(Study.from_json(row.config), site, Crowd(7, EVERY_KIND, seed=5, at_once=4))
        found.append(given(engine))

    assert found[0] == found[1]
    assert len(found[0]) > 50


@pytest.mark.slow
def test_an_interrupted_simulation_goes_on_with_the_same_people(engine: Engine, study: Study, site: Site) -> None:
    class Stop(Exception):
        pass

    def stop(report: Report) -> None:
        raise Stop

    crowd = Crowd(6, {"psychometric": 0.5, "reloader": 0.5}, at_once=2)
    with pytest.raises(Stop):
        simulate(study, site, crowd, stop)
    reports = simulate(study, site, crowd)
    again = simulate(study, site, crowd)

    outcomes = [report.outcome for report in reports]
    assert set(outcomes) == {"already", "finished"}
    assert [report.outcome for report in again] == ["already"] * 6
    rows = sessions(engine)
    assert len(rows) == 6
    assert {row.state for row in rows} == {"finished"}
    whole = given(engine)
    assert len(whole) == len({tuple(map(str, row[:3])) for row in whole})


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(protocols()))
def test_every_protocol_is_taken_to_its_end(name: str, sqlite_engine: Engine, tmp_path: Path) -> None:
    row = make_study(sqlite_engine, tmp_path / "street", protocol=name, photos=12)

    with run_site(sqlite_engine, tmp_path) as site:
        reports = simulate(Study.from_json(row.config), site, Crowd(4, {"psychometric": 0.5, "double_submitter": 0.5}))

    assert [report.outcome for report in reports] == ["finished"] * 4
    assert [fault for report in reports for fault in report.faults] == []


@pytest.mark.slow
@pytest.mark.parametrize("recruiter", ["link", "prolific", "mturk"])
def test_every_recruiters_study_can_be_simulated(recruiter: str, sqlite_engine: Engine, tmp_path: Path) -> None:
    row = make_study(sqlite_engine, tmp_path / "street", recruiter=recruiter)

    with run_site(sqlite_engine, tmp_path) as site:
        reports = simulate(Study.from_json(row.config), site, Crowd(2, {"psychometric": 1}))

    assert [report.outcome for report in reports] == ["finished"] * 2


@pytest.mark.slow
def test_a_server_that_takes_hasty_answers_is_found_out(
    engine: Engine, study: Study, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "TOLERANCE_MS", 1e6)

    [report] = simulate(study, site, Crowd(1, {"too_fast": 1}, law=Law(lapse=0)))

    assert set(report.faults) == {"an answer before the images was not refused (status 200)"}


@pytest.mark.slow
def test_a_server_that_takes_a_second_answer_is_found_out(
    engine: Engine, study: Study, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_same_or_conflict", lambda row, kept: None)

    [report] = simulate(study, site, Crowd(1, {"double_submitter": 1}))

    assert set(report.faults) == {"another answer to the same trial was not refused (status 200)"}


@pytest.mark.slow
def test_exposures_that_fail_are_replaced(
    engine: Engine, study: Study, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MISSED", 0.2)

    reports = simulate(study, site, Crowd(4, {"psychometric": 1}, seed=1))

    missed = sum(report.counts["missed"] for report in reports)
    with session_scope(engine, read_only=True) as db:
        invalid = db.scalars(select(TrialRow).where(TrialRow.valid.is_(False))).all()
        replacing = db.execute(select(TrialRow.session_id, TrialRow.replaces).where(TrialRow.replaces.is_not(None)))
        assert len(invalid) == missed > 0
        mended = {(row.session_id, row.number) for row in invalid if row.kind != "practice"}
        assert mended == {tuple(row) for row in replacing}


@pytest.mark.slow
def test_a_wrong_key_lets_nobody_in(engine: Engine, study: Study, site: Site) -> None:
    with pytest.raises(UserError, match=r"nobody is let in \(status 400: synthetic.key"):
        simulate(study, Site(site.url, "guessed"), Crowd(1))


@pytest.mark.slow
def test_a_closed_study_lets_nobody_in(sqlite_engine: Engine, tmp_path: Path) -> None:
    row = make_study(sqlite_engine, tmp_path / "street", state="closed")

    with (
        run_site(sqlite_engine, tmp_path) as site,
        pytest.raises(UserError, match=r"nobody is let in \(status 410: This study is over"),
    ):
        simulate(Study.from_json(row.config), site, Crowd(1))


def test_images_of_another_study_are_told(study: Study) -> None:
    with pytest.raises(UserError, match="study 'street': images are those of this database; got another one"):
        eyes(study)(b"an image of somebody else")


@pytest.mark.slow
def test_nobody_else_is_touched(engine: Engine, study: Study, site: Site) -> None:
    simulate(study, site, Crowd(2, {"psychometric": 1}))

    with session_scope(engine, read_only=True) as db:
        people = db.scalars(select(PlaceRow.state).where(PlaceRow.synthetic.is_(False))).all()
        assert set(people) == {"free"}
        assert db.scalars(select(EventRow)).all() == []
