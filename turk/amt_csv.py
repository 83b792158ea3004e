"""Results of AMT_Real_vs_Fake: its CSV files, and its estimator to the digit.

The tool (github.com/phillipi/AMT_Real_vs_Fake) keeps a row per assignment: Input.gt_side0.. (where the real photo
was), Input.images_left0.. and Input.images_right0.. (folder/file), Answer.selection0.. (the side that was called fake).
Its process_csv.py takes the folder that occurs most for the real photos and every other folder for a method.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import UserError

COLUMNS = ("Input.gt_side", "Input.images_left", "Input.images_right", "Answer.selection")
SIDES = ("left", "right")
EPSILON = 1e-6
"""process_csv.py adds this to the share of a method's trials, so that a method without trials has fool rate 1."""


@dataclass(frozen=True)
class Results:
    """The test trials of a result file.

    Attributes:
        methods: Folders of fakes, sorted; as process_csv.py names them.
        real: The folder of real photos.
        method: (N, A) index of the method of trial n of assignment a.
        right: (N, A) whether the fake was found.
        photos: (N, A) the file of the fake, without its folder.
        unset: How many test trials have no answer; process_csv.py takes them for "left".
    """

    methods: tuple[str, ...]
    real: str
    method: NDArray[np.int64]
    right: NDArray[np.bool_]
    photos: NDArray[np.object_]
    unset: int


@dataclass(frozen=True)
class Estimates:
    """What process_csv.py prints, as fractions.

    Attributes:
        fool_rates: (M,) of the answers themselves.
        means: (M,) of the draws.
        sds: (M,) standard deviations of the draws.
        trials: (M,) counts.
        better: (M, M) the share of draws in which the row's rate exceeds the column's, ties counted by half.
    """

    fool_rates: NDArray[np.float64]
    means: NDArray[np.float64]
    sds: NDArray[np.float64]
    trials: NDArray[np.int64]
    better: NDArray[np.float64]


def read_results(file: Path, practice: int = 10, pairs: int = 60) -> Results:
    """Read a result file.

    Args:
        file: As Mechanical Turk gives it.
        practice: Pairs at the beginning that do not count.
        pairs: Pairs of an assignment, practice included.

    Raises:
        UserError: The file cannot be read, has no such columns, or a side is neither left nor right.
    """
    if not 0 <= practice < pairs:
        raise UserError(f"--practice, --pairs: 0 <= practice < pairs; got {practice} and {pairs}. Correct them.")
    rows = _rows(file, pairs)
    truth, left, right, chosen = (
        np.array([[row[f"{name}{n}"] for row in rows] for n in range(pairs)], dtype=object) for name in COLUMNS
    )
    _check(file, truth[practice:], SIDES, "Input.gt_side")
    _check(file, chosen[practice:], (*SIDES, "unset", ""), "Answer.selection")
    folders = Counter(_folder(path) for path in [*left.ravel(), *right.ravel()])
    # numpy.argmax, which the tool uses on sorted names, takes the first of equals.
    real = max(sorted(folders), key=lambda name: folders[name])
    methods = tuple(sorted(set(folders) - {real}))
    if not methods:
        raise UserError(f"{file}: every image is of one folder, {real!r}. Expected real photos and fakes in two.")
    shown = np.where(np.vectorize(_folder, otypes=[object])(left) == real, right, left)[practice:]
    number = {name: k for k, name in enumerate(methods)} | {real: 0}
    return Results(
        methods=methods,
        real=real,
        method=np.vectorize(lambda path: number[_folder(path)], otypes=[np.int64])(shown),
        # The side that is called fake is right where the real photo was on the other one.
        right=(chosen[practice:] == "right") != (truth[practice:] == "right"),
        photos=np.vectorize(lambda path: path.rsplit("/", 1)[-1], otypes=[object])(shown),
        unset=int(np.isin(chosen[practice:], ("unset", "")).sum()),
    )


def estimate(results: Results, draws: int = 10_000, seed: int = 0) -> Estimates:
    """Estimate fool rates as process_csv.py does: participants are drawn, then trials inside each of them.

    Args:
        results: Test trials.
        draws: Resamples.
        seed: process_csv.py, run after numpy.random.seed(seed), makes the same draws and prints the same digits.
    """
    trials, assignments = results.right.shape
    counts = len(results.methods)
    # Each trial as one number: its method and whether the fake was found.
    coded = 2 * results.method + results.right
    rng = np.random.RandomState(seed)
    drawn = np.empty((draws, 2 * counts))
    for k in range(draws):
        people = rng.randint(assignments, size=assignments)
        inside = rng.randint(trials, size=(trials, assignments))
        drawn[k] = np.bincount(coded[inside, people].ravel(), minlength=2 * counts)
    fooled = _rates(drawn, coded.size)
    better = np.array([[np.mean((x > y) + 0.5 * (x == y)) for y in fooled.T] for x in fooled.T])
    return Estimates(
        fool_rates=_rates(np.bincount(coded.ravel(), minlength=2 * counts)[None], coded.size)[0],
        means=fooled.mean(0),
        sds=fooled.std(0),
        trials=np.bincount(results.method.ravel(), minlength=counts),
        better=better,
    )


def _rates(counted: NDArray[Any], trials: int) -> NDArray[np.float64]:
    """(B, M) fool rates of B sets of trials, from (B, 2 M) how many there are of each code."""
    missed, found = counted[:, ::2] / trials, counted[:, 1::2] / trials
    return np.asarray(1 - found / (missed + found + EPSILON), np.float64)


def _rows(file: Path, pairs: int) -> Sequence[Mapping[str, str]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file}: cannot be read as CSV ({error}). Name a result file of AMT_Real_vs_Fake.") from None
    if not rows:
        raise UserError(f"{file}: it has no assignment. Expected a row for each below the heads.")
    wanted = [f"{name}{n}" for name in COLUMNS for n in range(pairs)]
    missing = [name for name in wanted if any(row.get(name) is None for row in rows)]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UserError(f"{file}: not every row has {missing[0]!r}{more}. Give the number of pairs with --pairs.")
    return rows


def _check(file: Path, cells: NDArray[np.object_], allowed: Sequence[str], column: str) -> None:
    for value in set(cells.ravel()) - set(allowed):
        raise UserError(f"{file}: {column} is left or right; got {value!r}. Correct the file.")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
