"""The site behind gunicorn, used as a library."""

from __future__ import annotations

import ipaddress
import multiprocessing
import socket
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from gunicorn.app.base import BaseApplication

from evalsuite.errors import UserError

THREADS = 4
TIMEOUT_S = 60
STOP_S = 10
"""What is being answered when the site stops has this long."""
KEEP_ALIVE_S = 75
"""Longer than people look at a pair, and than the 60 s after which reverse proxies usually hang up."""


@dataclass(frozen=True)
class Place:
    """Where the site listens.

    Attributes:
        listener: The bound socket.
        address: How to open it in a browser on this machine.
    """

    listener: socket.socket
    address: str


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn with our app, and no file or command line of its own."""

    def __init__(self, app: Flask, settings: dict[str, object]) -> None:
        self.app = app
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Take over the settings."""
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the app, which every worker has from its parent."""
        return self.app


def bind(host: str, port: int) -> Place:
    """Take the address to listen at, before anything else is started.

    Raises:
        UserError: The address is no address of this machine, or taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UserError(f"--host, --port: cannot listen at {host}:{port} ({error.strerror}). Choose another.") from None
    port = listener.getsockname()[1]
    return Place(listener, f"http://{_reachable(host)}:{port}")


def serve(app: Flask, place: Place, workers: int, tell: Callable[[], None]) -> None:
    """Serve until stopped; `tell` is called when the last of the processes answers."""
    place.listener.set_inheritable(True)
    place.listener.set_inheritable(True)
    # A process that is told to stop before it listens to signals would not hear it.
    missing = multiprocessing.Value("i", workers)

    def ready(worker: object) -> None:
        with missing:
            missing.value -= 1
            if missing.value == 0:
                tell()

    settings: dict[str, object] = {
        "bind": f"fd://{place.listener.fileno()}",
        "workers": workers,
        "threads": THREADS,
        "worker_class": "gthread",
        "timeout": TIMEOUT_S,
        "graceful_timeout": STOP_S,
        "keepalive": KEEP_ALIVE_S,
        "loglevel": "warning",
        "control_socket_disable": True,
        "post_worker_init": ready,
    }
    Server(app, settings).run()


def _reachable(host: str) -> str:
    """The host as a browser here can open it: all addresses of a machine are not one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return host if address.version == 4 else f"[{host}]"
