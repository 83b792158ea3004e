import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evalsuite.dataset import open_dataset
from evalsuite.elsewhere import colorizers_of_folders, gray_of
from evalsuite.errors import UserError
from evalsuite.plan import Plan
from evalsuite.run import run

TINT = """
import pathlib, sys
from PIL import Image
source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir(exist_ok=True)
for path in sorted(source.glob("*.png")):
    if path.stem != "p3":
        with Image.open(path) as image:
            red, green, blue = image.convert("RGB").split()
            Image.merge("RGB", (red.point(lambda v: min(255, v + 20)), green, blue)).save(target / path.name)
with open(target.parent / "calls", "a") as calls:
    calls.write("called\\n")
"""


def brightened(photos: Path, folder: Path, size: tuple[int, int] | None = None) -> Path:
    """Another method's results: every photo, 10 levels brighter."""
    folder.mkdir()
    for path in photos.glob("*.png"):
        with Image.open(path) as image:
            pixels = np.asarray(image if size is None else image.resize(size))
        Image.fromarray(np.clip(pixels.astype(int) + 10, 0, 255).astype(np.uint8)).save(folder / path.name)
    return folder


@pytest.mark.slow
def test_results_made_elsewhere_are_scored_as_they_are(plan: Plan, tmp_path: Path) -> None:
    folder = brightened(plan.images, tmp_path / "other")
    (folder / "extra.png").write_bytes((folder / "p0.png").read_bytes())
    (folder / "p5.png").unlink()

    colorizers, extra = colorizers_of_folders({"other": folder}, open_dataset(plan.images), resized=False)
    done = run(replace(plan, colorizers=colorizers, resize=replace(plan.resize, policy="native")))

    assert [Path(name).stem for name in extra["other"]] == ["extra"]
    assert [failure["photo"] for failure in done.manifest["failures"]] == ["p5"]
    assert done.summary["colorizers"]["other"]["ssim"]["n"] == 6
    assert (done.path / "outputs" / "other" / "p0.png").read_bytes() == (folder / "p0.png").read_bytes()


@pytest.mark.slow
def test_sizes_that_differ_are_refused_unless_resizing_was_asked_for(plan: Plan, tmp_path: Path) -> None:
    folder, dataset = brightened(plan.images, tmp_path / "other", (20, 16)), open_dataset(plan.images)

    with pytest.raises(UserError, match=r"7 results differ in size .*p0 is 20 x 16, its photo 40 x 32.*--resize"):
        colorizers_of_folders({"other": folder}, dataset, resized=False)
    colorizers, _ = colorizers_of_folders({"other": folder}, dataset, resized=True)
    assert run(replace(plan, colorizers=colorizers)).summary["colorizers"]["other"]["ssim"]["n"] == 7


def test_a_folder_that_is_not_there_is_refused(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        colorizers_of_folders({"other": tmp_path / "nowhere"}, open_dataset(plan.images), resized=False)


def test_a_folder_without_any_photos_stem_is_refused(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()

    with pytest.raises(UserError, match="no file has a photo's stem, such as 'p0'"):
        colorizers_of_folders({"other": tmp_path / "other"}, open_dataset(plan.images), resized=False)


@pytest.mark.slow
def test_an_external_program_is_run_once_and_its_results_scored(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "tint.py").write_text(TINT)
    command = f"{sys.executable} {tmp_path}/tint.py {{input}} {{output}}"

    done = run(replace(plan, colorizers=(), commands={"tint": command}))
    again = run(replace(plan, colorizers=(), commands={"tint": command}))

    assert done.summary["colorizers"]["tint"]["auc"]["n"] == 6
    assert [failure["photo"] for failure in done.manifest["failures"]] == ["p3"]
    assert again.summary == done.summary
    assert (plan.out / "commands" / "tint" / "calls").read_text() == "called\n"


@pytest.mark.slow
def test_an_external_program_that_leaves_nothing_of_use_is_told(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text("import sys; open(sys.argv[2] + '/thesis.png', 'w').close()")
    command = f"{sys.executable} {tmp_path}/odd.py {{input}} {{output}}"

    with pytest.raises(UserError, match="left no result"):
        run(replace(plan, colorizers=(), commands={"odd": command}))


def test_a_gray_version_keeps_the_lightness_and_no_color() -> None:
    gray = gray_of(np.array([[[255, 0, 0], [119, 119, 119]]], np.uint8))

    # L of pure red is 53.24, which is sRGB level 127.
    assert gray.tolist() == [[[127, 127, 127], [119, 119, 119]]]
