"""A keeper as whoever started it sees it: it is started again when it ends, and ends when its parent does."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalsuite.studio.keeper import PAUSE_S, SOON_S, listen


class Kept:
    """A keeper below this process.

    The socket stays open here, so that whoever connects while a keeper is started again waits and is answered.

    Args:
        path: The address.
        listener: The socket that listens there.
        flags: Further words for `evalsuite paint`.

    Attributes:
        socket: Where the coloring process answers.
        process: The present keeper; it ends when its standard input is closed, or its parent is another.
    """

    def __init__(self, path: Path, listener: socket.socket, flags: Sequence[str]) -> None:
        self.socket = path
        self._listener = listener
        self._flags = flags
        self._change = threading.Lock()
        self._ended = threading.Event()
        self.process = self._started()
        self._watch = threading.Thread(target=self._keep, daemon=True, name="keeper of the coloring process")
        self._watch.start()

    def end(self) -> None:
        """End the keeper and with it the coloring process."""
        with self._change:
            self._ended.set()
            assert self.process.stdin is not None
            self.process.stdin.close()
        self._watch.join()
        self._listener.close()
        shutil.rmtree(self.socket.parent, ignore_errors=True)

    def _started(self) -> subprocess.Popen[bytes]:
        number = self._listener.fileno()
        child = ["--child", str(number), "--parent", str(os.getpid())]
        paint = [sys.executable, "-m", "evalsuite.cli", "paint", "--socket", str(self.socket), *child, *self._flags]
        return subprocess.Popen(paint, stdin=subprocess.PIPE, pass_fds=[number], start_new_session=True)

    def _keep(self) -> None:
        """Start the keeper again whenever it ends, until it is to end."""
        while True:
            started = time.monotonic()
            self.process.wait()
            if self._ended.wait(PAUSE_S if time.monotonic() - started < SOON_S else 0):
                return
            with self._change:
                if self._ended.is_set():
                    return
                print("evalsuite paint: the keeper ended and is started again.", file=sys.stderr, flush=True)
                assert self.process.stdin is not None
                self.process.stdin.close()
                self.process = self._started()


def start(weights: Mapping[str, Path]) -> Kept:
    """Start a keeper with a socket in a folder of its own, which nobody else may enter; it listens at once."""
    path = Path(tempfile.mkdtemp(prefix="coloring-")) / "socket"
    flags = [word for name, file in weights.items() for word in ("--weights", f"{name}={file}")]
    return Kept(path, listen(path), flags)
