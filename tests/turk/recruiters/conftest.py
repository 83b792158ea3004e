"""A study at an emulated MTurk."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.turk.recruiters.trade import Trade, make_trade
from turk.emulator.emulator import Emulator
from turk.emulator.testing import emulator, running_emulator

__all__ = ["emulator", "running_emulator"]


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials of the usual chain, and none of this machine's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-that-nobody-may-see")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def trade(engine: Engine, emulator: Emulator, tmp_path: Path) -> Trade:
    """Three places for $1.40 each, on each database in turn."""
    return make_trade(engine, emulator, tmp_path / "street")
