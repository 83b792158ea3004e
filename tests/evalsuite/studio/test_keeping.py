"""Processes that end in the middle: what is below them ends, too, and who asks again is answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evalsuite.studio.client import Away, Studio
from evalsuite.studio.keeper import listen
from evalsuite.studio.kept import start
from tests.evalsuite.studio.conftest import below, canvas, picture

PATIENCE_S = 60.0


def until(happens: Callable[[], bool]) -> bool:
    """Wait for something on a machine that may be busy."""
    limit = time.monotonic() + PATIENCE_S
    while not happens() and time.monotonic() < limit:
        time.sleep(0.05)
    return happens()


def gone(process: int) -> bool:
    """Whether a process ended; one that nobody waited for has ended, too."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.slow
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM])
def test_a_keeper_that_ends_is_started_again_and_its_process_ends(
    way: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    kept, photo = start({}), canvas(picture())
    studio = Studio(kept.socket, 120)
    before = studio.color(photo, ())
    keeper = kept.process.pid
    process = below(keeper)

    os.kill(keeper, way)
    ended = until(lambda: gone(process))
    after = studio.color(photo, ())
    others = (kept.process.pid, below(kept.process.pid))
    kept.end()

    assert ended
    assert before == after
    assert keeper not in others
    assert process not in others
    assert all(gone(other) for other in others)
    assert not kept.socket.parent.exists()
    assert "the keeper ended and is started again" in capfd.readouterr().err


FORKING = """
import os, sys, time
from evalsuite.studio.client import Studio
from evalsuite.studio.kept import start
kept = start({})
Studio(kept.socket, 120).methods()
if not (other := os.fork()):
    time.sleep(300)
print(kept.socket, kept.process.pid, other, flush=True)
time.sleep(300)
"""


@pytest.mark.slow
def test_a_keeper_ends_with_its_parent_even_where_a_fork_of_it_lives_on() -> None:
    with subprocess.Popen([sys.executable, "-c", FORKING], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        path, keeper, fork = parent.stdout.readline().split()
        process = below(int(keeper))
        parent.kill()
        try:
            assert until(lambda: gone(int(keeper)) and gone(process))
            assert not gone(int(fork))
            assert until(lambda: not Path(path).parent.exists())
        finally:
            os.kill(int(fork), signal.SIGKILL)


SLOW = """
import socket, sys, time
from evalsuite.studio import worker
worker.LIMIT_S = 0.5
worker.answer = lambda *_: time.sleep(100)
worker.serve(socket.socket(fileno=int(sys.argv[1])), None, 60, int(sys.argv[2]))
"""


@pytest.mark.slow
def test_a_question_that_takes_too_long_ends_the_process_and_gets_a_sentence(tmp_path: Path) -> None:
    path = Path(f"/tmp/studio-slow-{os.getpid()}")
    with listen(path) as listener:
        number = listener.fileno()
        command = [sys.executable, "-c", SLOW, str(number), str(os.getpid())]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, pass_fds=[number]) as process:
            with pytest.raises(Away, match="ended in the middle of this and is started again"):
                Studio(path, 120).methods()
            said = process.communicate(timeout=PATIENCE_S)[1]
    path.unlink()

    assert process.returncode == 1
    assert "Timeout (0:00:00.500000)!" in said
