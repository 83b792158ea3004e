"""turk simulate, as a person types it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from evalsuite.errors import UserError
from tests.turk.sites_made import run_site
from tests.turk.studies_made import SYNTHETIC_KEY, make_study
from turk import answers
from turk.cli import group
from turk.commands.simulate import read_rates
from turk.own_site import Site


@pytest.fixture
def site(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    make_study(sqlite_engine, tmp_path / "street")
    monkeypatch.setenv("SYNTHETIC_KEY", SYNTHETIC_KEY)
    with run_site(sqlite_engine, tmp_path) as running:
        yield running


def simulate(*words: str) -> Result:
    return CliRunner().invoke(group, ["simulate", *words], catch_exceptions=True)


@pytest.mark.slow
def test_a_crowd_is_told_by_its_kinds_and_what_was_planted(site: Site, sqlite_url: str) -> None:
    done = simulate("street", "--n", "6", "--fool-rate", "ours=0.2", "--url", site.url, "--db", sqlite_url)

    assert done.exit_code == 0, done.output
    assert "street: 6 synthetic participants, seed 0; everything is marked synthetic." in done.output
    assert "Planted: ours 20.0%, theirs 50.0%, random 4.0%" in done.output
    [psychometric] = [line for line in done.output.splitlines() if line.startswith("psychometric")]
    assert psychometric.split()[1:3] == ["5", "5"]
    assert done.output.splitlines()[-1] == "Next: turk analyze street --synthetic"


@pytest.mark.slow
def test_the_same_again_takes_nobody_twice(site: Site, sqlite_url: str) -> None:
    words = ("street", "--n", "2", "--observers", "guesser", "--url", site.url, "--db", sqlite_url)
    simulate(*words)

    again = simulate(*words)

    [head] = [line for line in again.output.splitlines() if "before" in line]
    [guesser] = [line for line in again.output.splitlines() if line.startswith("guesser")]
    assert head.split() == ["people", "before"]
    assert guesser.split() == ["guesser", "2", "2"]


@pytest.mark.slow
def test_a_server_that_fails_the_test_makes_the_command_fail(
    site: Site, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "TOLERANCE_MS", 1e6)

    done = simulate("street", "--n", "1", "--observers", "too_fast", "--url", site.url, "--db", sqlite_url)

    assert done.exit_code == 1
    assert "turk: the site made a mistake: an answer before the images was not refused" in done.output


@pytest.mark.slow
def test_a_site_elsewhere_needs_its_key(site: Site, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNTHETIC_KEY")

    done = simulate("street", "--url", site.url, "--db", sqlite_url)

    assert isinstance(done.exception, UserError)
    assert "SYNTHETIC_KEY: --url needs the key that the site was started with" in str(done.exception)


def test_rates_are_read() -> None:
    assert read_rates("") == {}
    assert read_rates("ours=0.32, theirs=0.13,") == {"ours": 0.32, "theirs": 0.13}


@pytest.mark.parametrize("text", ["ours", "ours=", "=0.3", "ours=1", "ours=0", "ours=nan", "ours=32%", "a=0.1,a=0.2"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"--fool-rate: NAME=RATE once each, between 0 and 1; got"):
        read_rates(text)
