"""An app on a loopback port in a thread of this process; nothing else can be reached, and nobody else can reach it."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from ipaddress import ip_address
from types import TracebackType
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from evalsuite.errors import UserError

SAFE_SITES = {"same-origin", "none"}


class QuietHandler(WSGIRequestHandler):
    """A request handler that keeps connections open and writes no log."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Write nothing."""


@dataclass(slots=True)
class LocalServer:
    """A server that runs from `start` to `stop`, or as long as a `with` block."""

    app: Flask
    port: int
    host: str = "127.0.0.1"
    server: BaseWSGIServer | None = None
    thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The server's origin."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> LocalServer:
        """Listen, and answer requests in threads."""
        try:
            self.server = make_server("127.0.0.1", self.port, self.app, threaded=True, request_handler=QuietHandler)
        except (OSError, SystemExit) as error:
            raise UserError(f"emulator: port {self.port} must be free; got {error}. Choose another, or 0.") from error
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return self

    def stop(self) -> None:
        """Stop listening."""
        if self.server and self.thread:
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()
            self.server = self.thread = None

    def __enter__(self) -> LocalServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port() -> int:
    """Find a port that nobody listens on, for an address that must be known before its server starts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_loopback(host: str | None) -> bool:
    """Tell whether a host name is this machine: 127.x.x.x, ::1, localhost or a name below it."""
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def guard(app: Flask) -> None:
    """Refuse requests that were sent to another host name: a page elsewhere could have pointed its own name here."""

    def check() -> Response | None:
        if is_loopback(urlsplit(f"//{request.host}").hostname):
            return None
        return Response("This server only answers to names of this machine.\n", 403, mimetype="text/plain")

    app.before_request(check)


def from_here() -> bool:
    """Tell whether the current request was made by one of our own pages, or by a program and not by a browser."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        return site in SAFE_SITES
    return origin is None or urlsplit(origin).netloc == request.host
