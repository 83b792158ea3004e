"""What a sweep says, against numbers worked out from planted scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalsuite.errors import UserError
from evalsuite.manifest import describe_colorizer
from evalsuite.published import PUBLISHED
from evalsuite.registry import colorizer
from evalsuite.results import Run
from evalsuite.sweep_numbers import derived_name, numbers_of
from tests.evalsuite.folders import write_run

POINTS = (0, 1, 10, 100)
GAIN = np.array([0.0, 1.0, 4.0, 7.0])


def planted(path: Path, photos: int = 400) -> tuple[Run, np.ndarray]:
    """Photos that are harder or easier for all alike; levin2004 gains on each exactly what GAIN says."""
    easy = np.random.default_rng(0).normal(24, 4, photos)
    numbers: dict[str, dict[str, Any]] = {
        derived_name("levin2004", count): {"psnr_rgb.value": easy + gain}
        for count, gain in zip(POINTS, GAIN, strict=True)
    }
    numbers["gray"] = {"psnr_rgb.value": easy + 2}
    return write_run_of_sweep(path, numbers), easy


def write_run_of_sweep(path: Path, numbers: dict[str, dict[str, Any]]) -> Run:
    records = {name: describe_colorizer(colorizer(name.split(".")[0]), None) for name in numbers}
    return write_run(path, numbers, colorizers=records, options={"sweep": ",".join(map(str, POINTS))})


@pytest.fixture
def found(tmp_path: Path) -> tuple[dict[str, Any], np.ndarray]:
    run, easy = planted(tmp_path / "run")
    return numbers_of(run, ["psnr_rgb"], 2000), easy


@pytest.mark.slow
def test_a_curve_has_the_means_and_their_bands(found: tuple[dict[str, Any], np.ndarray]) -> None:
    numbers, easy = found
    curve = numbers["curves"]["levin2004"]["psnr_rgb"]

    np.testing.assert_allclose(curve["value"], easy.mean() + GAIN)
    width = np.diff(curve["ci95"], axis=1)[:, 0]
    np.testing.assert_allclose(width, 2 * 1.96 * easy.std() / np.sqrt(len(easy)), rtol=0.08)
    assert curve["points"] == list(POINTS)
    assert curve["n"] == 400


@pytest.mark.slow
def test_photos_are_paired_so_that_gains_and_differences_are_exact(found: tuple[dict[str, Any], np.ndarray]) -> None:
    numbers, _ = found
    gains = numbers["curves"]["levin2004"]["psnr_rgb"]["gain_per_point"]

    assert [(step["from"], step["to"]) for step in gains] == [(0, 1), (1, 10), (10, 100)]
    np.testing.assert_allclose([step["value"] for step in gains], [1, 3 / 9, 3 / 90])
    np.testing.assert_allclose([step["ci95"] for step in gains], [[1.0, 1.0], [3 / 9, 3 / 9], [3 / 90, 3 / 90]])
    np.testing.assert_allclose([row["value"] for row in numbers["differences"]], GAIN - 2)
    np.testing.assert_allclose([row["ci95"] for row in numbers["differences"]], np.column_stack([GAIN - 2, GAIN - 2]))


@pytest.mark.slow
def test_areas_are_those_of_trapezoids(found: tuple[dict[str, Any], np.ndarray]) -> None:
    numbers, easy = found
    areas = numbers["curves"]["levin2004"]["psnr_rgb"]["area"]

    for axis, x in (("log", np.log1p(POINTS)), ("linear", np.array(POINTS, float))):
        expected = np.trapezoid(easy.mean() + GAIN, x) / (x[-1] - x[0])
        assert areas[axis]["value"] == pytest.approx(expected)
        assert areas[axis]["ci95"][0] < expected < areas[axis]["ci95"][1]
    assert "area" not in numbers["curves"]["gray"]["psnr_rgb"]


@pytest.mark.slow
def test_points_needed_are_interpolated_and_as_sure_as_the_photos_let_them_be(
    found: tuple[dict[str, Any], np.ndarray],
) -> None:
    numbers, easy = found
    needed = {row["target"]: row for row in numbers["needed"]}

    # 2 dB are a third of the way from 1 to 4 dB, on ln(1 + points).
    expected = np.exp(np.log(2) + (np.log(11) - np.log(2)) / 3) - 1
    assert needed["gray"]["value"] == pytest.approx(expected)
    assert needed["gray"]["ci95"] == pytest.approx([expected, expected])
    assert needed["gray"]["level"] == pytest.approx(easy.mean() + 2)
    assert needed["published siggraph17"]["level"] == 24.435
    low, high = needed["published siggraph17"]["ci95"]
    assert low < needed["published siggraph17"]["value"] < high


def test_a_level_that_is_never_reached_is_told(tmp_path: Path) -> None:
    numbers: dict[str, dict[str, Any]] = {
        derived_name("levin2004", count): {"psnr_rgb.value": np.array([20.0, 21.0, 22.0]) + 0.01 * count}
        for count in POINTS
    }
    numbers["gray"] = {"psnr_rgb.value": np.full(3, 40.0)}

    needed = numbers_of(write_run_of_sweep(tmp_path / "run", numbers), ["psnr_rgb"], 500)["needed"]

    gray = next(row for row in needed if row["target"] == "gray")
    assert (gray["value"], gray["ci95"], gray["reached_in"]) == (None, [None, None], 0)


@pytest.mark.slow
def test_of_one_photo_no_band_can_be_given(tmp_path: Path) -> None:
    run, _ = planted(tmp_path / "run", photos=1)

    found = numbers_of(run, ["psnr_rgb"], 500)

    assert found["curves"]["levin2004"]["psnr_rgb"]["ci95"] == [None] * 4
    assert all(row["ci95"] is None for row in [*found["differences"], *found["needed"]])


def test_a_run_without_points_is_no_sweep(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"gray": {"psnr_rgb.value": np.ones(3)}})

    with pytest.raises(UserError, match="this run is no sweep"):
        numbers_of(run, ["psnr_rgb"], 10)


def test_the_published_curve_rises_and_begins_with_the_papers_number() -> None:
    [curve] = PUBLISHED

    # The paper's text gives 24.43 dB for no points; the file has 26 numbers of points from 0 to 501.
    assert round(curve.values[0], 2) in (24.43, 24.44)
    assert (len(curve.points), curve.points[0], curve.points[-1]) == (26, 0, 501)
    assert len(curve.values) == 26
    assert np.all(np.diff(curve.values) > 0)
    assert np.all(np.diff(curve.points) > 0)
