"""turk emulate."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import click
import pytest
from click.testing import CliRunner

from evalsuite.errors import UserError
from turk.emulator.command import command, describe
from turk.emulator.emulator import Emulator
from turk.emulator.faults import KINDS

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_command_prints_addresses_and_an_example_that_works() -> None:
    program = "from turk.emulator.command import command; command()"
    arguments = [sys.executable, "-W", "error", "-c", program, "--balance", "12.50", "--seed", "3"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    example = re.search(r"  import boto3\n(.*?)\n\n", "".join(lines), re.DOTALL)
    assert example is not None
    printed: list[str] = []

    exec(  # The very lines that a person would copy.
        "\n".join(line[2:] for line in example[1].splitlines()), {"boto3": boto3, "print": printed.append}
    )
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)

    assert printed == ["12.50"]
    assert (process.returncode, errors) == (0, "")


def test_the_description_names_every_server(emulator: Emulator) -> None:
    text = describe(emulator)

    for server in emulator.servers:
        assert server.url in text


def test_help_has_an_example_and_every_kind_of_fault() -> None:
    text = CliRunner().invoke(command, ["--help"]).output

    assert "turk emulate --mturk-port 8001" in text
    for kind in KINDS:
        assert kind in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--balance", "much"], "--balance: an amount in dollars such as 10000 or 12.50; got much"),
        (["--balance", "-1"], "--balance: dollars from 0, in whole cents; got -1"),
        (["--balance", "1.005"], "--balance: dollars from 0, in whole cents; got 1.005"),
        (["--balance", "inf"], "--balance: dollars from 0, in whole cents; got inf"),
        (["--site-host", "example.org"], "--site-host: a name of this machine"),
        (["--access-key", "AKID"], "--access-key and --secret-key: give both"),
        (["--faults", "nowhere.json"], "nowhere.json: a fault script is a JSON file"),
    ],
)
def test_mistakes_are_told_in_one_sentence(arguments: list[str], said: str) -> None:
    with pytest.raises(UserError) as caught:
        command.main(arguments, standalone_mode=False)

    assert str(caught.value).startswith(said)


@pytest.mark.slow
def test_a_port_is_a_port() -> None:
    with pytest.raises(click.BadParameter):
        command.main(["--mturk-port", "70000"], standalone_mode=False)
