from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evalsuite.errors import UserError
from evalsuite.plan import Plan
from evalsuite.results import Run, open_run, read_json, write_json
from evalsuite.run import run
from evalsuite.verify import pair_of, verdict_text, verify

pytestmark = pytest.mark.slow


@pytest.fixture
def done(plan: Plan) -> Run:
    return run(plan)


def test_a_sound_run_holds(done: Run) -> None:
    verdict = verify(done)

    assert verdict.differs == ()
    text = verdict_text(verdict)
    assert "4 files have the hashes" in text
    assert "21 output images" in text
    assert "7 photos have the hashes" in text
    assert "84 scores of 7 photos come out again" in text


@pytest.mark.parametrize("name", ["summary.json", "scores.parquet"])
def test_a_file_that_was_changed_is_named(done: Run, name: str) -> None:
    with (done.path / name).open("ab") as stream:
        stream.write(b" ")

    assert f"{name} was changed after the run" in verify(done).differs


def test_a_file_that_is_missing_is_named(done: Run) -> None:
    (done.path / "curves.json").unlink()

    assert "curves.json is missing" in verify(done).differs


def test_an_output_that_was_painted_over_is_named(done: Run) -> None:
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(done.path / "outputs" / "gray" / "p3.png")
    (done.path / "outputs" / "gray" / "p4.png").unlink()

    differs = verify(done).differs

    assert "outputs/gray/p3.png was changed after the run" in differs
    assert "outputs/gray/p4.png is missing" in differs


def test_a_photo_that_was_changed_is_named(done: Run, plan: Plan) -> None:
    Image.fromarray(np.zeros((32, 40, 3), np.uint8)).save(plan.images / "p1.png")

    [difference] = verify(done).differs
    assert difference.startswith("the photo p1")


def test_photos_that_moved_away_are_noted_and_no_error(done: Run, plan: Plan) -> None:
    (plan.images / "p1.png").unlink()

    verdict = verify(done)

    assert verdict.differs == ()
    assert any("1 of 7 photos are no longer where they were (such as p1)" in note for note in verdict.notes)


def test_a_score_that_was_forged_is_found(done: Run) -> None:
    column = done.path / "rows" / "gray" / "psnr_rgb.value.npy"
    values = np.load(column)
    values[:] = 31
    np.save(column, values)

    differs = verify(done).differs

    assert len(differs) == 7
    assert all("psnr_rgb of gray" in line and "was 31" in line for line in differs)


def test_another_version_of_the_code_is_noted(done: Run) -> None:
    manifest = read_json(done.path / "manifest.json")
    manifest["identity"]["versions"]["torch"] = "1.0"
    write_json(done.path / "manifest.json", manifest)

    assert any("versions.torch was 1.0" in note for note in verify(open_run(done.path)).notes)


def test_an_output_that_cannot_be_read_is_told(done: Run) -> None:
    (done.path / "outputs" / "gray" / "p0.png").write_bytes(b"no image")

    with pytest.raises(UserError, match="Restore the file"):
        pair_of(done, "gray", 0)


def test_a_photo_without_an_output_has_no_pair(done: Run) -> None:
    (done.path / "outputs" / "gray" / "p0.png").unlink()

    assert pair_of(done, "gray", 0) is None


def test_a_run_of_native_sizes_is_verified_too(plan: Plan, tmp_path: Path) -> None:
    native = replace(plan, out=tmp_path / "native", resize=replace(plan.resize, policy="native"))

    assert verify(run(native)).differs == ()
