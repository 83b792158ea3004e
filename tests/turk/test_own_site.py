"""The site as a process of its own."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pytest

from evalsuite.errors import UserError
from turk.own_site import own_site, start_site
from turk.wire import Wire


@pytest.mark.slow
def test_the_site_answers_inside_the_block_and_is_gone_after_it(sqlite_url: str) -> None:
    with own_site(sqlite_url, workers=1) as site:
        wire = Wire(site.url, patience_s=0.1)
        known = wire.send("POST", "/api/studies/none/enter", {"query": {}, "tab": "t" * 16})
        wire.close()

    assert known.status == 404
    with pytest.raises(UserError, match="got no answer"):
        wire.send("GET", "/")


@pytest.mark.slow
def test_a_killed_site_can_be_started_again_at_its_place_with_its_key(sqlite_url: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    first = start_site(sqlite_url, workers=2, port=port, key="the key")
    first.stop(signal.SIGKILL)

    second = start_site(sqlite_url, workers=1, port=port, key="the key")
    second.stop()

    assert first.site == second.site
    assert first.process.returncode == -signal.SIGKILL
    assert second.process.returncode == 0


@pytest.mark.slow
def test_a_site_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(UserError, match=r"the site did not start: webapp: .*the database is sqlite or postgresql"),
        own_site("oracle://nowhere"),
    ):
        pass


def test_a_site_that_says_nothing_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 100\n")
    silent.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(silent))
    monkeypatch.setattr("turk.own_site.START_S", 0.2)

    with pytest.raises(UserError, match="the site did not start: it said nothing"):
        start_site("sqlite://")
