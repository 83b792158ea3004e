"""The site as a process of its own on this machine, for as long as a simulation needs it."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from evalsuite.errors import UserError

ADDRESS = re.compile(r"http://(\[[0-9a-f:]+\]|[\w.-]+):\d+")
ROOT = Path(__file__).resolve().parents[1]
STOP_S = 15.0
START_S = 120.0


@dataclass(frozen=True, slots=True)
class Site:
    """A site that is running.

    Attributes:
        url: Where it answers.
        key: What synthetic participants must know.
    """

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class Child:
    """The process of a site, with those that it started."""

    process: subprocess.Popen[str]
    site: Site

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Stop all processes of the site; SIGKILL as if the machine had lost its power."""
        group = self.process.pid
        if sign == signal.SIGKILL:
            _kill(group)
        else:
            self.process.send_signal(sign)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            _kill(group)
            self.process.wait()
        _hang_up(self.process)


@contextmanager
def own_site(database_url: str, workers: int = 2, settings: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Run the site on loopback, over a database, until the block ends; `settings` are of its environment.

    Raises:
        UserError: It did not start; its own words say why.
    """
    child = start_site(database_url, workers, settings=settings)
    try:
        yield child.site
    finally:
        child.stop()


def start_site(
    database_url: str,
    workers: int = 2,
    port: int = 0,
    key: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Child:
    """Start the site on loopback and wait until it answers.

    Args:
        database_url: Its database.
        workers: Its processes.
        port: Where it listens; 0 for any that is free.
        key: What synthetic participants must know; a random one where it is left out.
        settings: More of its environment.

    Raises:
        UserError: It did not start; its own words say why.
    """
    key = key or secrets.token_urlsafe(24)
    command = [sys.executable, "-m", "webapp.cli", "serve", "--port", str(port), "--workers", str(workers)]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # The database's address may hold a password, which command lines show to everybody.
    environ = {**os.environ, **(settings or {}), "DATABASE_URL": database_url, "SYNTHETIC_KEY": key, "PYTHONPATH": path}
    with tempfile.TemporaryFile("w+") as log:
        process = _start(command, environ, log)
        address = _address(process)
        if address is None:
            process.wait()
            _hang_up(process)
            log.seek(0)
            words = log.read().strip().splitlines()
            raise UserError(f"the site did not start: {words[-1] if words else 'it said nothing'}")
    return Child(process, Site(address, key))


def _start(command: list[str], environ: Mapping[str, str], log: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )


def _hang_up(process: subprocess.Popen[str]) -> None:
    if process.stdout is not None:
        process.stdout.close()


def _address(process: subprocess.Popen[str]) -> str | None:
    """Read the address that the site prints; None where it ended, or was ended for saying nothing."""
    ended = threading.Timer(START_S, _kill, [process.pid])
    ended.start()
    try:
        found = (ADDRESS.search(line) for line in process.stdout or ())
        return next((match.group() for match in found if match), None)
    finally:
        ended.cancel()


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
