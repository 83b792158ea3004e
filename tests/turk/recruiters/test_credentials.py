import logging
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from tests.turk.recruiters.trade import SITE, make_trade
from turk.cli import group
from turk.emulator.emulator import Emulator, Settings

SECRETS = ("AKIDEXAMPLE", "a-secret-that-nobody-may-see", "a-session-token-of-ours")


@pytest.mark.slow
def test_credentials_are_never_stored_printed_or_logged(
    sqlite_engine: Engine,
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("SECRET_KEY", "a secret of tests that is long enough to be one")
    monkeypatch.setenv("AWS_SESSION_TOKEN", SECRETS[2])
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street")
    monkeypatch.setattr("turk.books.now", trade.clock)
    monkeypatch.setattr("turk.hiring.now", trade.clock)
    url = sqlite_engine.url.render_as_string(hide_password=False)
    said: list[str] = []

    def run(*words: str) -> Any:
        done = CliRunner().invoke(group, [*words, "--db", url], standalone_mode=False)
        said.extend((done.output, str(done.exception)))
        return done

    run("launch", "street", "--url", SITE, "--endpoint", emulator.endpoint_url)
    trade.work("A1")
    for words in (("sync", "street"), ("pay", "street", "--yes"), ("status", "street"), ("stop", "street")):
        assert run(*words).exception is None
    with Emulator(Settings(credentials={"AKIDKNOWN": "known"})) as strict:
        other = make_trade(sqlite_engine, strict, tmp_path / "other", name="other")
        refused = run("launch", "other", "--url", SITE, "--endpoint", strict.endpoint_url)
        assert "the AWS credentials are wrong" in str(refused.exception)
        assert other.name == "other"

    sqlite_engine.dispose()
    written = b"".join(file.read_bytes() for file in sorted(tmp_path.rglob("*")) if file.is_file())
    for secret in SECRETS:
        assert secret.encode() not in written
        assert secret not in "".join(said)
        assert secret not in caplog.text
    # Workers' identifiers stand in one table alone, and in nothing that is printed.
    assert not re.search(r"\bA1\b", "".join(said))
