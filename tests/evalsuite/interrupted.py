"""A command that is killed in its middle, wherever that is on this machine: its method waits there to be killed."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

PHOTOS = 90
"""Six tiles: a run has two of them on disk while it is at the last."""
METHOD = """
import time
from pathlib import Path
from evalsuite.contracts import Colorizer

ON = Path({on!r})
seen = 0


def colorize(batch):
    global seen
    seen += len(batch.L)
    while seen > {most} and not ON.exists():
        time.sleep(0.01)
    return batch.L.repeat(1, 2, 1, 1) * 0 + 9


SLOW = Colorizer(name="slow", title="Slow", load=lambda setting: colorize, accepts={accepts!r})
"""


def six_tiles(photos: Path) -> None:
    """Copy the photos of a folder, p0 to p6, until there are six tiles of them."""
    for k in range(7, PHOTOS):
        (photos / f"p{k:02}.png").write_bytes((photos / f"p{k % 7}.png").read_bytes())


def waiting_method(folder: Path, accepts: tuple[str, ...] = ("L",), times: int = 1) -> str:
    """Write a method that waits at the last tile, if it sees each photo that often; return how a command names it."""
    code = METHOD.format(on=str(folder / "on"), most=80 * times, accepts=accepts)
    (folder / "slow.py").write_text(code)
    return f"{folder / 'slow.py'}:SLOW"


def killed(command: Sequence[str], folder: Path, out: Path) -> int:
    """Kill a command that waits, and let the method go on from now; return how many tiles were on disk."""
    journal = out / "journal.jsonl"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not (journal.exists() and journal.stat().st_size) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    (folder / "on").touch()
    return journal.read_text().count("\n")
