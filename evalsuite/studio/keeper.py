"""Keeps the coloring process: starts it when somebody asks, and again when it ended in the middle.

The keeper holds the socket and loads no tensors. Whoever connects while the process starts waits in the socket's queue.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

from evalsuite.errors import UserError

WAITING = 32
POLL_S = 0.1
REST_S = 1.0
"""How often a keeper at rest looks whether its parent is there."""
IDLE_S = 600.0
"""After ten minutes without a question the process ends and gives its memory back."""
SOON_S = 5.0
PAUSE_S = 2.0
"""A process that ended within SOON_S of its start is not started again at once."""
LONGEST_PATH = 100
"""Bytes: a Unix domain socket's address has room for 108 on Linux and for 104 on macOS."""


def listen(path: Path) -> socket.socket:
    """Listen at an address that only this user may open; what a killed keeper left there is replaced.

    Raises:
        UserError: The address cannot be taken, or somebody listens there.
    """
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise UserError(f"--socket: a path of at most {LONGEST_PATH} bytes; got {len(os.fsencode(path))}. Shorten it.")
    if path.exists() and not path.is_socket():
        raise UserError(f"--socket: {path} is a file and no socket. Choose another path.")
    if _answers(path):
        raise UserError(f"--socket: somebody listens at {path} already. Stop them, or choose another path.")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise UserError(f"--socket: cannot listen at {path} ({error.strerror}). Choose another path.") from None
    finally:
        os.umask(before)
    listener.listen(WAITING)
    return listener


def keep(listener: socket.socket, flags: list[str], parent: int | None) -> None:
    """Run the coloring process whenever it is needed.

    Args:
        listener: The socket that the process is handed.
        flags: Further words for the process.
        parent: The process with which to end; None for none.
    """
    while _asked(listener, parent):
        started = time.monotonic()
        ended = _run(listener, flags, parent)
        if ended is None:
            return
        if ended:
            print(f"evalsuite paint: the coloring process ended (status {ended}).", file=sys.stderr, flush=True)
            if time.monotonic() - started < SOON_S:
                time.sleep(PAUSE_S)


def _asked(listener: socket.socket, parent: int | None) -> bool:
    """Wait until somebody connects; False once the parent is gone."""
    while not _left(parent, 0):
        if select.select([listener.fileno(), *_stdin(parent)], [], [], REST_S)[0]:
            return not _left(parent, 0)
    return False


def _left(parent: int | None, wait_s: float) -> bool:
    """Wait a little, and tell whether the parent closed our standard input or is gone.

    It is gone, too, where its standard input's other end is still open, in a process that it forked.
    """
    closed = bool(select.select(_stdin(parent), [], [], wait_s)[0])
    return closed or (parent is not None and os.getppid() != parent)


def _stdin(parent: int | None) -> list[int]:
    return [] if parent is None else [sys.stdin.fileno()]


def _run(listener: socket.socket, flags: list[str], parent: int | None) -> int | None:
    """Run the process until it ends and return its status; None where it was ended as this keeper must."""
    number = listener.fileno()
    known = ["--fd", str(number), "--keeper", str(os.getpid()), "--idle", str(IDLE_S)]
    command = [sys.executable, "-m", "evalsuite.studio.worker", *known, *flags]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[number])
    try:
        while process.poll() is None:
            if _left(parent, POLL_S):
                return None
        return process.returncode
    finally:
        process.kill()
        process.wait()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        return peer.connect_ex(str(path)) == 0
