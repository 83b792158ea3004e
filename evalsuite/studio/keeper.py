"""Keeps the coloring process: starts it when somebody asks, and again when it ended in the middle.

The keeper holds the socket and loads no tensors. Whoever connects while the process starts waits in the socket's queue.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evalsuite.errors import UserError

WAITING = 32
POLL_S = 0.1
IDLE_S = 600.0
"""After ten minutes without a question the process ends and gives its memory back."""
SOON_S = 5.0
PAUSE_S = 2.0
"""A process that ended within SOON_S of its start is not started again at once."""
LONGEST_PATH = 100
"""Bytes: a Unix domain socket's address has room for 108 on Linux and for 104 on macOS."""


@dataclass(frozen=True)
class Kept:
    """A keeper that runs as a child of this process, and ends with it.

    Attributes:
        socket: Where the coloring process answers.
        process: The keeper; it ends when its standard input is closed.
    """

    socket: Path
    process: subprocess.Popen[bytes]

    def end(self) -> None:
        """End the keeper and with it the coloring process."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


def start(weights: Mapping[str, Path]) -> Kept:
    """Start a keeper with a socket in a folder of its own, which nobody else may enter; it listens at once."""
    path = Path(tempfile.mkdtemp(prefix="coloring-")) / "socket"
    flags = [word for name, file in weights.items() for word in ("--weights", f"{name}={file}")]
    with listen(path) as listener:
        number = listener.fileno()
        paint = [sys.executable, "-m", "evalsuite.cli", "paint", "--socket", str(path), "--child", str(number)]
        process = subprocess.Popen([*paint, *flags], stdin=subprocess.PIPE, pass_fds=[number], start_new_session=True)
    return Kept(path, process)


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


def keep(listener: socket.socket, flags: list[str], until_closed: bool) -> None:
    """Run the coloring process whenever it is needed.

    Args:
        listener: The socket that the process is handed.
        flags: Further words for the process.
        until_closed: Whether to stop when standard input is closed: a parent that was killed cannot say so.
    """
    stdin = [sys.stdin.fileno()] if until_closed else []
    while _asked(listener, stdin):
        started = time.monotonic()
        ended = _run(listener, flags, stdin)
        if ended is None:
            return
        if ended:
            print(f"evalsuite paint: the coloring process ended (status {ended}).", file=sys.stderr, flush=True)
            if time.monotonic() - started < SOON_S:
                time.sleep(PAUSE_S)


def _asked(listener: socket.socket, stdin: list[int]) -> bool:
    """Wait until somebody connects; False once standard input is closed."""
    readable, _, _ = select.select([listener.fileno(), *stdin], [], [])
    return not (stdin and stdin[0] in readable)


def _run(listener: socket.socket, flags: list[str], stdin: list[int]) -> int | None:
    """Run the process until it ends and return its status; None where it was ended as this keeper must."""
    number = listener.fileno()
    command = [sys.executable, "-m", "evalsuite.studio.worker", "--fd", str(number), "--idle", str(IDLE_S), *flags]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[number])
    try:
        while process.poll() is None:
            if select.select(stdin, [], [], POLL_S)[0]:
                return None
        return process.returncode
    finally:
        process.kill()
        process.wait()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        return peer.connect_ex(str(path)) == 0
