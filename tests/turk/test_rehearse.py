"""Whole studies through each recruiter in one command: launched, taken, synced, paid, closed, analyzed."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, func, select

from evalsuite.db import make_engine, session_scope
from evalsuite.errors import UserError
from tests.e2e.site import QUICK, texts_for
from tests.turk.studies_made import make_study
from turk.browsing import chromium
from turk.commands.rehearse import _judge, command
from turk.rehearsed import Found, Money, Recovered
from turk.tables import SessionRow, StudyRow, TrialRow

T = TypeVar("T")

RATES = "ours=0.45,theirs=0.1"


@pytest.fixture
def study(sqlite_engine: Engine, tmp_path: Path) -> StudyRow:
    """A study for a link that has not started."""
    parameters = {"practice": 0, "test": 12, "catch": 2}
    return make_study(sqlite_engine, tmp_path / "street", state="built", parameters=parameters, photos=20)


def rehearse(engine: Engine, *arguments: str) -> Result:
    url = engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(command, ["street", "--db", url, *arguments])


def apart(act: Callable[[], T]) -> T:
    """Do it in a thread of its own: Playwright allows one of its loops for a thread, and other tests keep theirs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def told_money(output: str) -> tuple[Decimal, Decimal]:
    """What our ledger and the server's came to."""
    words = next(line for line in output.splitlines() if line.startswith("Our ledger")).split("$")
    return Decimal(words[1].split(",")[0]), Decimal(words[2].split(":")[0])


@pytest.mark.slow
@pytest.mark.parametrize(("recruiter", "fee"), [("mturk", "0.28"), ("prolific", "0.47")])
def test_a_whole_study_costs_us_what_the_server_says_and_finds_what_was_planted(
    sqlite_engine: Engine, study: StudyRow, tmp_path: Path, recruiter: str, fee: str
) -> None:
    before = hashlib.sha256((tmp_path / "evalsuite.db").read_bytes()).hexdigest()

    done = rehearse(
        sqlite_engine, "--recruiter", recruiter, "--n", "12", "--fool-rate", RATES, "--out", str(tmp_path / "kept")
    )

    assert done.exit_code == 0, (done.output, done.exception)
    ours, servers = told_money(done.output)
    assert ours == servers == 12 * (Decimal("1.40") + Decimal(fee))
    assert "equal to the cent; 12 people paid, $0.00 still set aside" in done.output
    assert done.output.count(": recovered") == 2
    own = make_engine(f"sqlite:///{tmp_path}/kept/rehearsal.db")
    with session_scope(own, read_only=True) as db:
        row = db.scalars(select(StudyRow)).one()
        assert (row.state, row.recruiter) == ("closed", recruiter)
        assert [one.state for one in db.scalars(select(SessionRow))] == ["finished"] * 12
        assert not any(one.synthetic for one in db.scalars(select(SessionRow)))
        # Some exposures fail, as they do in browsers, and their trials are replaced.
        assert (db.scalar(select(func.count()).where(TrialRow.state == "answered")) or 0) >= 12 * 14
    own.dispose()
    sqlite_engine.dispose()
    assert hashlib.sha256((tmp_path / "evalsuite.db").read_bytes()).hexdigest() == before


@pytest.mark.slow
@pytest.mark.parametrize(("recruiter", "fees"), [("mturk", "0.28 0.12"), ("prolific", "0.47 0.20")])
def test_people_who_take_longer_than_the_reward_pays_for_are_topped_up_and_ledgers_still_agree(
    sqlite_engine: Engine, study: StudyRow, recruiter: str, fees: str
) -> None:
    done = rehearse(sqlite_engine, "--recruiter", recruiter, "--n", "4", "--fool-rate", RATES, "--minutes", "15")

    assert done.exit_code == 0, (done.output, done.exception)
    # 15 minutes at $8.00 per hour are $2.00, and the reward is $1.40.
    ours, servers = told_money(done.output)
    assert ours == servers == 4 * (Decimal("1.40") + Decimal("0.60") + sum(map(Decimal, fees.split())))
    assert "4 people paid, $0.00 still set aside, bonuses $2.40 and $2.40" in done.output


@pytest.mark.slow
def test_through_a_link_each_finished_session_has_a_code_to_pay(
    sqlite_engine: Engine, study: StudyRow, tmp_path: Path
) -> None:
    done = rehearse(
        sqlite_engine, "--recruiter", "link", "--n", "6", "--fool-rate", RATES, "--out", str(tmp_path / "kept")
    )

    assert done.exit_code == 0, (done.output, done.exception)
    assert "6 codes that were not handed over before" in done.output
    with (tmp_path / "kept" / "codes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len({row["code"] for row in rows}) == 6
    assert all(len(row["code"]) == 10 and row["reward_usd"] == "1.40" for row in rows)
    assert "Our ledger" not in done.output


@pytest.mark.slow
@pytest.mark.parametrize("recruiter", ["mturk", "prolific"])
def test_quitters_return_the_task_and_are_not_paid_and_ledgers_still_agree(
    sqlite_engine: Engine, study: StudyRow, recruiter: str
) -> None:
    kinds = "psychometric=0.5,quitter=0.5"

    done = rehearse(sqlite_engine, "--recruiter", recruiter, "--n", "8", "--observers", kinds, "--fool-rate", RATES)

    assert done.exception is None, (done.output, done.exception)
    ours, servers = told_money(done.output)
    assert "4 finished" in done.output, done.output
    assert ours == servers
    assert "4 people paid" in done.output


@pytest.mark.slow
def test_a_condition_that_nobody_finished_has_no_rate_to_recover(sqlite_engine: Engine, study: StudyRow) -> None:
    kinds = "psychometric=0.5,quitter=0.5"

    done = rehearse(sqlite_engine, "--recruiter", "mturk", "--n", "2", "--observers", kinds, "--at-once", "1")

    assert done.exception is None, (done.output, done.exception)
    ours, servers = told_money(done.output)
    assert ours == servers == Decimal("1.68")
    assert done.output.count(": planted ") == 2, done.output
    assert "too few people finished to find it again" in done.output


@pytest.mark.slow
def test_a_study_that_pays_too_little_for_another_recruiter_is_rehearsed_at_the_wage_floor(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    parameters = {"practice": 0, "test": 2, "catch": 0}
    make_study(
        sqlite_engine, tmp_path / "street", state="built", parameters=parameters, catch=None, reward_usd=Decimal(0)
    )

    done = rehearse(sqlite_engine, "--recruiter", "mturk", "--n", "2")

    assert done.exception is None, done.exception
    assert told_money(done.output)[0] == 2 * (Decimal("0.30") + Decimal("0.06"))  # $8 per hour for 2.2 minutes


def test_credentials_of_this_machine_are_not_used_and_come_back(
    sqlite_engine: Engine, study: StudyRow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "MINE")
    monkeypatch.setenv("PROLIFIC_TOKEN", "mine")
    monkeypatch.delenv("AWS_PROFILE", raising=False)

    rehearse(sqlite_engine, "--recruiter", "mturk", "--n", "3")

    assert (os.environ["AWS_ACCESS_KEY_ID"], os.environ["PROLIFIC_TOKEN"]) == ("MINE", "mine")


def test_people_fill_every_arm_alike(sqlite_engine: Engine, study: StudyRow) -> None:
    done = rehearse(sqlite_engine, "--recruiter", "mturk", "--n", "3")

    assert isinstance(done.exception, UserError)
    assert "2 arms, and each gets as many people; got 3" in str(done.exception)


def test_a_folder_that_is_there_is_not_written_into(sqlite_engine: Engine, study: StudyRow, tmp_path: Path) -> None:
    done = rehearse(sqlite_engine, "--recruiter", "link", "--out", str(tmp_path))

    assert isinstance(done.exception, UserError)
    assert "is there already" in str(done.exception)


def test_ledgers_that_differ_and_rates_that_are_lost_end_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Money(Decimal("1.68"), Decimal("1.67"), Decimal(0), Decimal(0), people=1)
    twice = Money(Decimal("1.68"), Decimal("1.68"), Decimal(0), Decimal(0), 1, Decimal("0.10"), Decimal("0.20"))
    lost = Recovered("ours", planted=0.5, found=Found(0.3, 0.25, 0.35))

    with pytest.raises(UserError, match="the two ledgers differ"):
        _judge(wrong, [])
    with pytest.raises(UserError, match="the two ledgers differ"):
        _judge(twice, [])
    with pytest.raises(UserError, match="planted rates were not recovered for ours"):
        _judge(None, [lost])
    assert "DIFFERENT" in capsys.readouterr().out


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.parametrize("recruiter", ["mturk", "prolific", "link"])
def test_some_come_with_chromium_through_the_recruiters_own_pages(
    sqlite_engine: Engine, tmp_path: Path, recruiter: str
) -> None:
    parameters = {**QUICK, "practice": 1, "test": 2, "catch": 1, "exposure_ms": 100}
    texts = texts_for(parameters, conditions=("ours", "theirs"))
    make_study(sqlite_engine, tmp_path / "street", state="built", parameters=parameters, texts=texts)

    done = apart(lambda: rehearse(sqlite_engine, "--recruiter", recruiter, "--n", "2", "--browser", "1"))

    if "no Chromium starts here" in str(done.exception):
        pytest.skip("no Chromium on this machine")
    assert done.exception is None, (done.output, done.exception)
    assert "2 simulated people came: 2 finished" in done.output


def test_without_playwright_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)

    with pytest.raises(UserError, match="--browser: needs Playwright"), chromium():
        pass


@pytest.mark.slow
def test_without_a_chromium_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("turk.browsing.shutil.which", lambda name: "/nowhere/chromium")

    def start() -> None:
        with pytest.raises(UserError, match="--browser: no Chromium starts here"), chromium():
            pass

    apart(start)


@pytest.mark.slow
def test_faults_by_script_cost_tries_and_no_cent(sqlite_engine: Engine, study: StudyRow, tmp_path: Path) -> None:
    rules = [
        {"kind": "error_after", "on": "CreateHITWithHITType", "times": [1]},
        {"kind": "error_after", "on": "ApproveAssignment", "times": [1, 3]},
        {"kind": "error_before", "on": "ListAssignmentsForHIT", "times": [2]},
        {"kind": "submit_twice", "on": "*", "rate": 0.5},
    ]
    (tmp_path / "faults.json").write_text(json.dumps({"seed": 7, "rules": rules}))

    done = rehearse(
        sqlite_engine, "--recruiter", "mturk", "--n", "6", "--fool-rate", RATES,
        "--faults", str(tmp_path / "faults.json"),
    )  # fmt: skip

    assert done.exception is None, (done.output, done.exception)
    ours, servers = told_money(done.output)
    assert ours == servers == 6 * Decimal("1.68")
    assert "6 people paid" in done.output
