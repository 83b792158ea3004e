"""Running an external program that colors a folder of gray PNG files."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from pathlib import Path

from evalsuite.errors import UserError

PLACEHOLDERS = ("{input}", "{output}")
GRACE_S = 5.0
LAST_LINES = 5


def split_command(command: str, photos: Path, output: Path) -> list[str]:
    """Split a command into words as a shell would, with the two folders in place.

    Raises:
        UserError: A placeholder is missing, or quotes do not match.

    Example:
        >>> split_command("python my.py --in={input} {output}", Path("gray"), Path("color"))
        ['python', 'my.py', '--in=gray', 'color']
    """
    if missing := [placeholder for placeholder in PLACEHOLDERS if placeholder not in command]:
        rule = "--command: the command names the folders {input} and {output}"
        raise UserError(f"{rule}; got {command!r}, without {' and '.join(missing)}. Put them where the paths belong.")
    try:
        words = shlex.split(command)
    except ValueError as error:
        got = f"{command!r} ({str(error).lower()})"
        raise UserError(f"--command: words and quotes as in a shell; got {got}. Fix the quotes.") from None
    return [word.replace("{input}", str(photos)).replace("{output}", str(output)) for word in words]


def run_command(command: str, photos: Path, output: Path, log: Path) -> tuple[Path, ...]:
    """Run an external colorizer on a folder, without a shell.

    Args:
        command: Such as "python my.py {input} {output}"; both placeholders become folders.
        photos: The folder of gray PNG files.
        output: The folder to fill; made where it is missing.
        log: The file for whatever the program prints.

    Returns:
        The files that it left, sorted; which photo each belongs to is told by the stem.

    Raises:
        UserError: The command is malformed, its program is missing or fails, or it leaves nothing.
    """
    words = split_command(command, photos, output)
    output.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
            )
        except OSError as error:
            got = f"{words[0]!r} ({(error.strerror or str(error)).lower()})"
            raise UserError(f"--command: a program that can be run; got {got}. Check its path.") from None
        code = _wait(process)
    if code != 0:
        rule = f"--command: a program that ends with status 0; got {code} from {words[0]!r}"
        raise UserError(f"{rule}, whose last words were:\n{_tail(log)}\nMend it; the whole log is {log}.")
    files = tuple(sorted(path for path in output.rglob("*") if path.is_file()))
    if not files:
        raise UserError(f"--command: outputs in {output}; got none. Let the program write there; its log is {log}.")
    return files


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end; whatever interrupts us ends the program and its children first."""
    try:
        return process.wait()
    except BaseException:
        _signal(process, signal.SIGTERM)
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()
        raise


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LAST_LINES:]) or "(none)"
