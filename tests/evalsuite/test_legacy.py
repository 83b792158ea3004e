"""Old black-and-white photos, of which nobody knows the colors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from evalsuite.cli import group
from evalsuite.errors import UserError
from evalsuite.hint_files import write_points
from evalsuite.points import Point
from evalsuite.results import open_run


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Three photos: black-and-white, sepia, and black-and-white stored in one channel."""
    folder = tmp_path / "old"
    folder.mkdir()
    for k, name in enumerate(("a", "b", "c")):
        gray = np.random.default_rng(k).integers(0, 256, (6, 8), np.uint8)
        image = Image.fromarray(gray).resize((40, 32), Image.Resampling.BICUBIC)
        if name == "b":
            image = Image.merge("RGB", (image, image.point(lambda v: v * 0.85), image.point(lambda v: v * 0.6)))
        image.save(folder / f"{name}.png")
    return folder


def run(old: Path, out: Path, *words: str) -> str:
    command = ["run", "--images", str(old), "--no-reference", "--size", "32", "--device", "cpu", "--out", str(out)]
    return CliRunner().invoke(group, [*command, *words], catch_exceptions=False).output


@pytest.mark.slow
def test_outputs_are_made_and_looked_at_alone(old: Path, tmp_path: Path) -> None:
    red = tmp_path / "red.png"
    Image.fromarray(np.full((9, 9, 3), (200, 40, 40), np.uint8)).save(red)

    shown = run(old, tmp_path / "run", "--colorizers", "gray,histogram_transfer", "--references", str(red))

    done = open_run(tmp_path / "run")
    assert set(done.metrics) == {"colorfulness", "colorfulness_abs"}
    scores = done.summary["colorizers"]
    assert scores["gray"]["colorfulness"]["value"] < 1
    assert scores["histogram_transfer"]["colorfulness"]["value"] > 20
    assert {path.name for path in (done.path / "outputs" / "histogram_transfer").iterdir()} == {
        "a.png",
        "b.png",
        "c.png",
    }
    assert "The photos have no truth" in shown
    assert "PSNR" not in shown
    for name in ("a", "b", "c"):
        pixels = np.asarray(Image.open(done.path / "outputs" / "gray" / f"{name}.png"), int)
        assert np.ptp(pixels, axis=2).max() <= 1  # not even the sepia one keeps its tint


@pytest.mark.slow
def test_all_means_what_needs_no_colors_of_the_photos(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(OSError("no network")))

    run(old, tmp_path / "run", "--colorizers", "all")

    done = open_run(tmp_path / "run")
    assert set(done.colorizers) <= {"gray", "eccv16", "siggraph17", "eccv16_norebalance"}
    assert "gray" in done.colorizers


@pytest.mark.slow
def test_recorded_hints_color_old_photos(old: Path, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_points(tmp_path / "hints" / f"{name}.csv", [Point(16, 16, 30.0, 20.0, 5)])

    run(old, tmp_path / "run", "--colorizers", "levin2004", "--hint-files", str(tmp_path / "hints"))

    assert open_run(tmp_path / "run").summary["colorizers"]["levin2004"]["colorfulness"]["value"] > 15


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--colorizers", "ground_truth"], "ground_truth looks at the colors of the photos"),
        (["--colorizers", "levin2004"], "levin2004 needs hints, which cannot be simulated"),
        (["--colorizers", "welsh2002"], "welsh2002 borrows colors from other photos .* Give --references"),
        (["--colorizers", "charpiat2008"], "charpiat2008 borrows colors"),
        (["--colorizers", "siggraph17_global"], "siggraph17_global needs the colors of a reference. Give --references"),
        (["--colorizers", "random"], "random borrows colors from other photos .* Leave it out"),
        (["--colorizers", "mean_ab"], "mean_ab needs the mean color"),
        (["--colorizers", "gray", "--metrics", "psnr_rgb"], "--metrics psnr_rgb: without a truth only outputs"),
        (["--colorizers", "gray", "--metrics", "colorfulness,agreement_vgg16"], "agreement_vgg16: without a truth"),
        (["--colorizers", "gray", "--hints", "5"], "--hints: simulated users know the colors"),
        (["--colorizers", "gray", "--drop-gray"], "--drop-gray would leave all out"),
    ],
)
def test_what_needs_a_truth_is_refused(words: list[str], says: str, old: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=says):
        run(old, tmp_path / "run", *words)
    assert not (tmp_path / "run").exists()
