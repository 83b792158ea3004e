"""The demo's scenes, and what its command does with them."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from skimage.color import rgb2lab
from skimage.io import imread

from evalsuite import demo
from evalsuite.cli import COMMANDS


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return demo.scenes(tmp_path_factory.mktemp("photos"))


@pytest.mark.slow
def test_scenes_are_forty_color_photos_of_one_size(scenes: list[Path]) -> None:
    assert len(set(scenes)) == 40
    for scene in scenes:
        with Image.open(scene) as image:
            assert (image.size, image.mode, image.format) == ((256, 256), "RGB", "PNG")


@pytest.mark.slow
def test_no_scene_is_nearly_gray(scenes: list[Path]) -> None:
    for scene in scenes:
        ab = rgb2lab(imread(scene))[..., 1:]
        chroma = np.hypot(ab[..., 0], ab[..., 1])
        assert chroma.mean() > 8, scene.name
        assert (chroma < 5).mean() < 0.5, scene.name


@pytest.mark.slow
def test_scenes_are_the_same_every_time(scenes: list[Path], tmp_path: Path) -> None:
    again = demo.scenes(tmp_path)

    assert [scene.name for scene in again] == [scene.name for scene in scenes]
    assert [scene.read_bytes() for scene in again] == [scene.read_bytes() for scene in scenes]


def test_boxes_lie_inside_their_photos() -> None:
    for name, boxes in demo.BOXES.items():
        with Image.open(demo.photo_file(name)) as photo:
            for left, top, side in boxes:
                assert side >= demo.SIZE, name
                assert left + side <= photo.width, name
                assert top + side <= photo.height, name


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(demo.SOURCES, "astronaut", ("no_such_package", "astronaut.png"))

    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        demo.photo_file("astronaut")


class Calls:
    """Stands in for subprocess.run: remembers the commands and gives a status."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.seen: list[list[str]] = []

    def __call__(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.seen.append(command)
        return subprocess.CompletedProcess(command, self.status)


@pytest.mark.slow
def test_every_command_is_shown_before_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls()
    monkeypatch.setattr(subprocess, "run", calls)

    said = CliRunner().invoke(demo.main, ["--out", str(tmp_path)])

    assert said.exit_code == 0
    assert [call[:3] for call in calls.seen] == [[sys.executable, "-m", "evalsuite.cli"]] * 3
    shown = [line.removeprefix("$ evalsuite ") for line in said.output.splitlines() if line.startswith("$")]
    assert shown == [shlex.join(call[3:]) for call in calls.seen]
    assert [call[3] for call in calls.seen] == ["run", "compare", "import"]
    assert {call[3] for call in calls.seen} <= set(COMMANDS)
    assert str(tmp_path / "evalsuite.db") in said.output.splitlines()[-1]


@pytest.mark.slow
def test_the_demo_stops_with_the_status_of_a_command_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(status=2)
    monkeypatch.setattr(subprocess, "run", calls)

    assert CliRunner().invoke(demo.main, ["--out", str(tmp_path)]).exit_code == 2
    assert len(calls.seen) == 1
