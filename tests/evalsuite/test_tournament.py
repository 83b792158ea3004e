"""Every colorizer against every other: known strengths come out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evalsuite.columns import ColumnFiles
from evalsuite.registry import metric as metric_named
from evalsuite.results import SCORED, Run, open_run
from evalsuite.stats import holm
from evalsuite.tournament import Tournament, tournament

PHOTOS = 40
rng = np.random.default_rng(0)
BASE = rng.normal(25, 3, PHOTOS)
VALUES = {
    "ground_truth": BASE + 50,
    "strong": BASE + 5 + rng.normal(0, 1, PHOTOS),
    "even": BASE + rng.normal(0, 1, PHOTOS),
    "also_even": BASE + rng.normal(0, 1, PHOTOS),
}
METRICS = ("psnr_rgb", "params_mb", "gone_from_here")


def write_run(folder: Path, values: dict[str, NDArray[np.float64]]) -> Run:
    """Write a run folder by hand in which methods have these PSNRs."""
    photos = [{"id": f"{k:02d}.png", "status": "scored"} for k in range(PHOTOS)]
    files = ColumnFiles(folder / "rows", PHOTOS)
    for name, column in values.items():
        files.write(name, "psnr_rgb.value", np.arange(PHOTOS), column)
        files.write(name, "status", np.arange(PHOTOS), np.full(PHOTOS, SCORED, np.uint8))
    accepts = {name: ["target"] if name == "ground_truth" else ["L"] for name in values}
    manifest = {
        "status": "complete",
        "seed": 0,
        "photos": photos,
        "colorizers": {name: {"accepts": accepts[name]} for name in values},
        "metrics": {name: {} for name in METRICS},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return open_run(folder)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Tournament:
    return tournament(write_run(tmp_path_factory.mktemp("run"), VALUES))


def test_every_two_meet_once_on_every_metric_that_has_rows(played: Tournament) -> None:
    assert {match.metric for match in played.matches} == {"psnr_rgb"}
    assert len({frozenset((match.a, match.b)) for match in played.matches}) == len(played.matches) == 6


def test_differences_are_those_of_the_means_on_shared_photos(played: Tournament) -> None:
    for match in played.matches:
        expected = float((VALUES[match.a] - VALUES[match.b]).mean())
        assert match.n == PHOTOS
        assert match.difference.value == pytest.approx(expected)
        assert match.difference.ci95[0] < expected < match.difference.ci95[1]


def test_p_is_corrected_for_the_pairs_of_the_metric(played: Tournament) -> None:
    raw = [match.difference.p for match in played.matches]

    assert [match.p_holm for match in played.matches] == pytest.approx(holm(raw).tolist())


def test_ranks_tell_the_strong_from_the_even_and_leave_out_who_sees_the_target(played: Tournament) -> None:
    assert {rank.colorizer: (rank.lo, rank.hi, rank.group) for rank in played.ranks} == {
        "strong": (1, 1, 1),
        "even": (2, 3, 2),
        "also_even": (2, 3, 2),
    }


@pytest.mark.slow
def test_a_metric_without_a_direction_has_matches_and_no_ranks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(tmp_path, VALUES)
    assert metric_named("colorfulness").better is None
    for name in VALUES:
        (tmp_path / "rows" / name / "psnr_rgb.value.npy").rename(tmp_path / "rows" / name / "colorfulness.value.npy")
    monkeypatch.setitem(run.manifest["metrics"], "colorfulness", {})

    found = tournament(run)

    assert {match.metric for match in found.matches} == {"colorfulness"}
    assert found.ranks == ()


@pytest.mark.slow
def test_photos_that_one_of_two_missed_do_not_count(tmp_path: Path) -> None:
    holes = VALUES | {"even": np.where(np.arange(PHOTOS) < 10, np.nan, VALUES["even"])}

    found = tournament(write_run(tmp_path, holes))

    counts = {frozenset((match.a, match.b)): match.n for match in found.matches}
    assert counts[frozenset(("even", "strong"))] == PHOTOS - 10
    assert counts[frozenset(("also_even", "strong"))] == PHOTOS


def test_a_lone_colorizer_has_nobody_to_meet(tmp_path: Path) -> None:
    assert tournament(write_run(tmp_path, {"even": VALUES["even"]})) == Tournament((), ())
