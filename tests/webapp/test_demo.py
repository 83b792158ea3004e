"""The whole demo: what it writes and what it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from turk.cli import COMMANDS
from turk.study_file import read_study_file
from webapp import demo


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The demo's folder after the scores."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "outputs.sha256").write_text("abc  outputs/gray/a.png\n")
    return tmp_path


def test_the_study_file_is_one_that_the_study_commands_read(out: Path) -> None:
    name = demo.write_study(out)
    draft = read_study_file(out / "study.yaml")

    assert draft.name == name
    assert draft.parameters["test"] == 20


def test_other_outputs_make_another_study(out: Path) -> None:
    first = demo.write_study(out)
    (out / "run" / "outputs.sha256").write_text("abd  outputs/gray/a.png\n")

    assert demo.write_study(out) != first


def test_every_command_is_known_and_names_the_demos_own_database(out: Path) -> None:
    for program, command, *options in demo.commands(out, "demo-1"):
        assert program == "turk"
        assert command in COMMANDS
        assert options[-2:] == ["--db", f"sqlite:///{out / 'evalsuite.db'}"]


def test_the_demo_stops_where_a_command_fails(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    class Done:
        returncode = 0

    def run(words: list[str], check: bool) -> Done:
        ran.append(words[2:])
        done = Done()
        done.returncode = 2 if words[3] == "audit" else 0
        return done

    monkeypatch.setattr("subprocess.run", run)
    ended = CliRunner().invoke(demo.main, ["--out", str(out), "--no-serve"])

    assert ended.exit_code == 2
    assert [words[0] for words in ran] == ["evalsuite.demo", "turk.cli", "turk.cli"]


def test_the_demo_ends_with_the_address_of_its_study(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Done:
        returncode = 0

    monkeypatch.setattr("subprocess.run", lambda words, check: Done())
    ended = CliRunner().invoke(demo.main, ["--out", str(out), "--no-serve"])

    assert ended.exit_code == 0
    assert "/study/demo-" in ended.output
    assert "webapp serve" in ended.output
