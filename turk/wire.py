"""One participant's connection to the study's server, which may go away and come back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from evalsuite.errors import UserError

TIMEOUT_S = 30.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `location` is where else it is, if that is what came back."""

    status: int
    body: bytes
    location: str | None = None

    def json(self) -> dict[str, Any]:
        """The body as an object of JSON."""
        value: dict[str, Any] = json.loads(self.body)
        return value


Watch: TypeAlias = Callable[[str, str, int, float], None]
"""Told of every reply: method, path, status, seconds; status 0 where the connection broke."""


def nobody(method: str, path: str, status: int, seconds: float) -> None:
    """Watch nothing."""


class Wire:
    """A connection that is kept open, and opened again when it breaks; what was sent is then sent again."""

    def __init__(self, url: str, patience_s: float = 60.0, watch: Watch = nobody) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"--url: http(s)://host[:port]; got {url!r}. Name the address that the server printed.")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.url = url
        self.connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
        self.patience_s = patience_s
        self.watch = watch

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, patient: bool = True
    ) -> Reply:
        """Send a request until the server answers it; who is not patient takes an error of the server for an answer.

        Raises:
            UserError: It did not answer, or with errors of its own alone, for longer than the patience.
        """
        sent = dict(headers or {})
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        until, pause = time.monotonic() + self.patience_s, FIRST_PAUSE_S
        idle = self.connection.sock is not None
        reply = self._once(method, path, data, sent)
        if reply is None and idle:
            # The server closes connections that were idle for a while, which shows only now.
            reply = self._once(method, path, data, sent)
        while True:
            if reply is not None and (reply.status < 500 or not patient):
                return reply
            if time.monotonic() + pause > until:
                told = "no answer" if reply is None else f"status {reply.status}"
                raise UserError(f"{self.url}: the server answers; got {told} for {method} {path}. Look into its log.")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
            reply = self._once(method, path, data, sent)

    def _once(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Reply | None:
        started = time.perf_counter()
        reply = None
        with suppress(OSError, HTTPException):
            self.connection.request(method, path, data, dict(headers))
            answer = self.connection.getresponse()
            reply = Reply(answer.status, answer.read(), answer.getheader("Location"))
        if reply is None:
            self.connection.close()
        self.watch(method, path, reply.status if reply else 0, time.perf_counter() - started)
        return reply


def fetch(address: str, patience_s: float = 60.0) -> Reply:
    """Fetch what lies at an address of any site.

    Raises:
        UserError: It did not answer.
    """
    parts = urlsplit(address)
    wire = Wire(f"{parts.scheme}://{parts.netloc}", patience_s)
    try:
        return wire.send("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
    finally:
        wire.close()
