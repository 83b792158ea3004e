from __future__ import annotations

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from evalsuite.colorizers import command
from evalsuite.colorizers.command import run_command
from evalsuite.errors import UserError

COPY = """
import pathlib, shutil, sys
for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    print("coloring", file.name, file=sys.stderr)
    shutil.copy(file, sys.argv[2])
"""
SLEEP = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, {action})
folder = pathlib.Path(sys.argv[2])
(folder / "starting").write_text(str(os.getpid()))
(folder / "starting").rename(folder / "pid")
time.sleep(60)
"""


@pytest.fixture
def gray(tmp_path: Path) -> Path:
    folder = tmp_path / "gray photos"
    folder.mkdir()
    for name in ("b.png", "a.png"):
        (folder / name).write_bytes(b"pixels")
    return folder


def script(folder: Path, text: str) -> str:
    path = folder / "their method.py"
    path.write_text(text)
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(path))} {{input}} {{output}}"


def run(text: str, gray: Path) -> tuple[Path, ...]:
    folder = gray.parent
    return run_command(script(folder, text), gray, folder / "out", folder / "log.txt")


@pytest.mark.slow
def test_a_program_colors_a_folder_and_what_it_says_is_logged(gray: Path) -> None:
    files = run(COPY, gray)

    assert files == (gray.parent / "out" / "a.png", gray.parent / "out" / "b.png")
    assert (gray.parent / "log.txt").read_text() == "coloring a.png\ncoloring b.png\n"


def test_no_shell_reads_the_command(gray: Path) -> None:
    probe = "import sys, pathlib; pathlib.Path(sys.argv[2], 'seen').write_text('|'.join(sys.argv[3:]))"
    line = script(gray.parent, probe) + " '$HOME' --in={input} ; rm"

    [seen] = run_command(line, gray, gray.parent / "out", gray.parent / "log.txt")

    assert seen.read_text() == f"$HOME|--in={gray}|;|rm"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("colorize {input}", r"without \{output\}"),
        ("colorize", r"without \{input\} and \{output\}"),
        ("colorize '{input} {output}", "no closing quotation"),
        ("/no/such/program {input} {output}", "no such file or directory"),
    ],
    ids=["no output", "no placeholder", "quotes", "no program"],
)
def test_a_command_that_cannot_run_is_refused(line: str, reason: str, gray: Path) -> None:
    with pytest.raises(UserError, match=reason):
        run_command(line, gray, gray.parent / "out", gray.parent / "log.txt")


def test_a_program_that_fails_is_told_with_its_last_words(gray: Path) -> None:
    failing = "import sys\nfor i in range(9): print('line', i, file=sys.stderr)\nsys.exit(3)"

    with pytest.raises(UserError, match="got 3 from") as error:
        run(failing, gray)

    assert "line 4\nline 5\nline 6\nline 7\nline 8\n" in str(error.value)
    assert "line 3" not in str(error.value)
    assert str(gray.parent / "log.txt") in str(error.value)


@pytest.mark.slow
def test_a_program_that_fails_silently_is_told_so(gray: Path) -> None:
    with pytest.raises(UserError, match=r"last words were:\n\(none\)"):
        run("raise SystemExit(1)", gray)


def test_a_program_that_leaves_nothing_is_refused(gray: Path) -> None:
    with pytest.raises(UserError, match="got none"):
        run("pass", gray)


@pytest.mark.slow
@pytest.mark.parametrize("action", ["signal.SIG_DFL", "signal.SIG_IGN"], ids=["polite", "stubborn"])
def test_an_interrupt_ends_the_program(action: str, gray: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "GRACE_S", 0.1)
    pid_file = gray.parent / "out" / "pid"

    def interrupt(*_: object) -> None:
        if pid_file.exists():
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(SLEEP.format(action=action), gray)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
