from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalsuite.pairing import contrasts, shared
from evalsuite.rows import measured
from tests.evalsuite.folders import write_run

VALUES = np.array([20.0, 22.0, 24.0, 26.0])


def test_only_photos_that_both_were_scored_on_count(tmp_path: Path) -> None:
    numbers = {"gray": {"psnr_rgb.value": VALUES}, "random": {"psnr_rgb.value": VALUES - [1, 2, 3, 4]}}
    run = write_run(tmp_path / "run", numbers, failed={"gray": [0], "random": [3]})

    both = shared(run, ("psnr_rgb", "gray", "random"))
    assert both is not None
    found = contrasts(run, [("psnr_rgb", "gray", "random")])

    assert both.positions.tolist() == [1, 2]
    assert found["psnr_rgb", "gray", "random"].value == pytest.approx(2.5)


def test_photos_that_could_not_be_decoded_are_in_no_resample(tmp_path: Path) -> None:
    numbers = {name: {"psnr_rgb.value": VALUES + k} for k, name in enumerate(("gray", "random"))}
    photos = [
        {"id": f"p{k}", "file": "", "status": "undecodable" if k == 1 else "scored", "label": None} for k in range(4)
    ]
    run = write_run(tmp_path / "run", numbers, failed={"gray": [1], "random": [1]}, photos=photos)

    found = contrasts(run, [("psnr_rgb", "random", "gray")])["psnr_rgb", "random", "gray"]

    assert found.value == pytest.approx(1.0)
    assert found.ci95 == pytest.approx((1.0, 1.0))


def test_what_cannot_be_compared_is_left_out(tmp_path: Path) -> None:
    numbers = {"gray": {"psnr_rgb.value": VALUES, "ssim.value": VALUES}, "random": {"psnr_rgb.value": VALUES}}
    run = write_run(tmp_path / "run", numbers, costs={"gray": {"runtime_ms": 3.0}})
    asked = [(metric, "gray", "random") for metric in ("psnr_rgb", "ssim", "runtime_ms", "a_metric_from_a_file")]

    assert list(contrasts(run, asked)) == [("psnr_rgb", "gray", "random")]


@pytest.mark.slow
def test_colorizers_without_a_common_photo_share_nothing(tmp_path: Path) -> None:
    numbers = {"gray": {"psnr_rgb.value": VALUES}, "random": {"psnr_rgb.value": VALUES}}
    run = write_run(tmp_path / "run", numbers, failed={"gray": [0, 1], "random": [2, 3]})

    assert shared(run, ("psnr_rgb", "gray", "random")) is None


def test_columns_of_targets_and_constants_are_no_measurement() -> None:
    assert not measured({"target.count": VALUES, "constant.prior": VALUES})
    assert measured({"target.count": VALUES, "gain": VALUES})


def test_columns_of_all_photos_are_those_of_the_shared_ones(tmp_path: Path) -> None:
    output, target = np.array([10.0, 20.0, 30.0]), np.array([12.0, 18.0, 90.0])
    columns = {"delta_colorfulness.output": output, "delta_colorfulness.target.colorfulness": target}
    numbers = {"gray": columns, "random": {"delta_colorfulness.output": output + 2}}
    run = write_run(tmp_path / "run", numbers, failed={"random": [2]})

    found = contrasts(run, [("delta_colorfulness", "gray", "random")])["delta_colorfulness", "gray", "random"]

    # On the first two photos: |15 - 15| - |17 - 15|.
    assert found.value == pytest.approx(-2.0)
