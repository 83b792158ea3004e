"""The command `webapp`."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evalsuite.errors import UserError
from webapp.cli import group
from webapp.serving import bind


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and output of a command."""
    done = CliRunner().invoke(group, arguments, standalone_mode=False)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.mark.slow
def test_tokens_are_made_listed_and_revoked(sqlite_url: str) -> None:
    _, token = run("token", "add", "ada", "--role", "researcher", "--db", sqlite_url)
    _, before = run("token", "list", "--db", sqlite_url)
    _, ended = run("token", "revoke", "ada", "--db", sqlite_url)
    _, after = run("token", "list", "--db", sqlite_url)

    assert len(token.strip()) == 32
    assert re.fullmatch(r"ada  researcher  made \d{4}-\d\d-\d\d\n", before)
    assert ended == "ada opens nothing any more.\n"
    assert re.fullmatch(r"ada  researcher  made \S+, revoked \d{4}-\d\d-\d\d\n", after)
    assert token.strip() not in before


def test_a_name_is_given_once(sqlite_url: str) -> None:
    run("token", "add", "ada", "--db", sqlite_url)

    with pytest.raises(UserError, match="'ada' exists already"):
        run("token", "add", "ada", "--db", sqlite_url)


def test_names_are_plain(sqlite_url: str) -> None:
    with pytest.raises(UserError, match="letters, digits"):
        run("token", "add", "a b", "--db", sqlite_url)


def test_only_active_tokens_can_be_revoked(sqlite_url: str) -> None:
    run("token", "add", "grace", "--db", sqlite_url)

    with pytest.raises(UserError, match=r"no active token is called 'ada'. Active: grace\."):
        run("token", "revoke", "ada", "--db", sqlite_url)


def test_a_port_that_is_taken_is_said_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"cannot listen at 127.0.0.1:{port}"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")])
def test_the_address_is_one_that_a_browser_here_can_open(host: str, shown: str) -> None:
    place = bind(host, 0)
    place.listener.close()

    assert re.fullmatch(rf"http://{re.escape(shown)}:\d+", place.address)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder with a short name, as addresses of sockets must be."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.slow
def test_the_site_prints_an_address_whose_token_opens_it_and_stops_when_asked(tmp_path: Path, temporary: Path) -> None:
    url = f"sqlite:///{tmp_path / 'evalsuite.db'}"
    unset = ("ACCESS_TOKEN", "SECRET_KEY", "COLORING_SOCKET")
    environ = {name: value for name, value in os.environ.items() if name not in unset} | {"TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "webapp.cli", "serve", "--port", "0", "--db", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as server:
        assert server.stdout is not None
        address, token = re.findall(r"Open (\S+)/login\?token=(\S+)", server.stdout.readline())[0]
        opened = get(f"{address}/index.json", token)
        colors = get(f"{address}/api/color/methods", token)
        listening = list(temporary.glob("coloring-*/socket"))
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=120) == 0

    assert "rows" in opened
    assert "levin2004" in colors["methods"]
    assert len(listening) == 1
    until = time.monotonic() + 30
    while list(temporary.glob("coloring-*")) and time.monotonic() < until:
        time.sleep(0.05)
    assert not list(temporary.glob("coloring-*"))


def get(address: str, token: str) -> dict[str, Any]:
    """What an address says to whoever has the token."""
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=120) as answer:
        said: dict[str, Any] = json.load(answer)
    return said
