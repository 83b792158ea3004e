"""The estimator of AMT_Real_vs_Fake on its own result files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evalsuite.errors import UserError
from turk.amt_csv import EPSILON, Results, estimate, read_results

Floats = NDArray[np.float64]


def write_results(file: Path, rows: list[list[tuple[str, str, str]]], real: str = "gt") -> Path:
    """Write assignments, each a list of (method, side of the real photo, side called fake); photos are numbered."""
    with file.open("w", newline="") as stream:
        pairs = range(len(rows[0]))
        names = ("Input.gt_side", "Input.images_left", "Input.images_right", "Answer.selection")
        writer = csv.writer(stream)
        writer.writerow(["WorkerId", *(f"{name}{n}" for name in names for n in pairs)])
        for worker, trials in enumerate(rows):
            sides = [(real, method) if side == "left" else (method, real) for method, side, _ in trials]
            columns = (
                [side for _, side, _ in trials],
                [f"{left}/{n}.jpg" for n, (left, _) in enumerate(sides)],
                [f"{right}/{n}.jpg" for n, (_, right) in enumerate(sides)],
                [chosen for _, _, chosen in trials],
            )
            writer.writerow([f"W{worker}", *(cell for column in columns for cell in column)])
    return file


def simulated(seed: int, assignments: int = 12, pairs: int = 16) -> list[list[tuple[str, str, str]]]:
    """Assignments of two methods that fool at 20% and 45%."""
    rng = np.random.default_rng(seed)
    rates = {"alg/a": 0.2, "alg/b": 0.45}
    rows = []
    for _ in range(assignments):
        row = []
        for _ in range(pairs):
            method, side = str(rng.choice(list(rates))), str(rng.choice(["left", "right"]))
            other = "right" if side == "left" else "left"
            row.append((method, side, side if rng.random() < rates[method] else other))
        rows.append(row)
    return rows


def rederived(results: Results, draws: int, seed: int) -> Floats:
    """The draws as the tool's loop makes them, written anew: one draw, one assignment at a time."""
    rng = np.random.RandomState(seed)
    trials, assignments = results.right.shape
    rates = []
    for _ in range(draws):
        people = rng.randint(assignments, size=assignments)
        inside = rng.randint(trials, size=(trials, assignments))
        of, right = np.empty_like(results.method), np.empty(results.right.shape)
        for a, person in enumerate(np.atleast_1d(people)):
            of[:, a] = results.method[inside[:, a], person]
            right[:, a] = results.right[inside[:, a], person]
        masks = [of == k for k in range(len(results.methods))]
        rates.append([1 - np.mean(right * mask) / (np.mean(mask) + 0.000001) for mask in masks])
    return np.array(rates)


def test_the_same_random_draws_give_the_same_digits(tmp_path: Path) -> None:
    results = read_results(write_results(tmp_path / "r.csv", simulated(0)), practice=4, pairs=16)

    found = estimate(results, draws=300, seed=5)

    expected = rederived(results, 300, 5)
    np.testing.assert_allclose(found.means, expected.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found.sds, expected.std(0), rtol=1e-12)
    ahead = np.mean(expected[:, 0] > expected[:, 1]) + 0.5 * np.mean(expected[:, 0] == expected[:, 1])
    assert found.better[0, 1] == pytest.approx(ahead)
    assert found.better[0, 1] + found.better[1, 0] == pytest.approx(1)


@pytest.mark.slow
def test_the_spread_of_the_draws_is_that_of_people_and_of_trials_inside_them(tmp_path: Path) -> None:
    rows = [[("alg", side, chosen) for _, side, chosen in row] for row in simulated(1, assignments=20, pairs=30)]
    results = read_results(write_results(tmp_path / "r.csv", rows), practice=10, pairs=30)

    found = estimate(results, draws=20_000, seed=0)

    shares = 1 - results.right.mean(0)
    inside = np.mean(shares * (1 - shares)) / len(results.right)
    assert found.sds[0] == pytest.approx(np.sqrt((shares.var() + inside) / len(shares)), rel=0.02)
    assert found.means[0] == pytest.approx(shares.mean(), abs=1e-3)


def test_fool_rates_count_test_trials_in_which_the_real_photo_was_called_fake(tmp_path: Path) -> None:
    fooled, found = ("alg", "left", "left"), ("alg", "right", "left")
    rows = [[fooled, fooled, fooled, found], [fooled, found, found, found]]

    results = read_results(write_results(tmp_path / "r.csv", rows), practice=1, pairs=4)

    estimates = estimate(results, draws=10)
    assert results.right.T.tolist() == [[False, False, True], [True, True, True]]
    assert estimates.fool_rates[0] == pytest.approx(2 / 6 + 4 / 6 * EPSILON, abs=1e-9)
    assert estimates.trials.tolist() == [6]


def test_an_answer_that_is_missing_is_taken_for_left_and_counted(tmp_path: Path) -> None:
    rows = [[("alg", "left", "unset"), ("alg", "right", "unset"), ("alg", "left", "right")]]

    results = read_results(write_results(tmp_path / "r.csv", rows), practice=0, pairs=3)

    assert results.right[:, 0].tolist() == [False, True, True]
    assert results.unset == 2


def test_the_folder_that_occurs_most_is_that_of_the_real_photos(tmp_path: Path) -> None:
    file = write_results(tmp_path / "r.csv", simulated(2), real="https://x.org/truth")

    results = read_results(file, practice=0, pairs=16)

    assert results.real == "https://x.org/truth"
    assert results.methods == ("alg/a", "alg/b")
    assert results.photos[3, 0] == "3.jpg"


def test_files_of_another_shape_are_named(tmp_path: Path) -> None:
    file = write_results(tmp_path / "r.csv", simulated(3, assignments=2, pairs=5))
    odd = write_results(tmp_path / "odd.csv", [[("alg", "up", "left")]])
    one = write_results(tmp_path / "one.csv", [[("gt", "left", "left")]])
    empty = tmp_path / "empty.csv"
    empty.write_text("Input.gt_side0\n")

    for name, said in {
        "missing.csv": "cannot be read", "r.csv": "not every row has 'Input.gt_side5' and 3 more",
    }.items():  # fmt: skip
        with pytest.raises(UserError, match=said):
            read_results(tmp_path / name, practice=0, pairs=6)
    for path, said in ((odd, "left or right; got 'up'"), (one, "every image is of one folder"), (empty, "no assign")):
        with pytest.raises(UserError, match=said):
            read_results(path, practice=0, pairs=1)
    with pytest.raises(UserError, match="0 <= practice < pairs"):
        read_results(file, practice=5, pairs=5)
