"""auc_rebalanced against a loop over pixels with a tree of bins, and its prior."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree
from skimage.color import rgb2lab
from skimage.data import astronaut, coffee

from evalsuite.bins import ab_bins
from evalsuite.errors import UserError
from evalsuite.metrics.auc_rebalanced import constants, details, measure, reduce
from evalsuite.views import Pair, View


def photos() -> tuple[np.ndarray, np.ndarray]:
    """Two targets and duller, noisy outputs: (2, 90, 120, 3) uint8 each."""
    targets = np.stack([astronaut()[:90, :120], coffee()[100:190, 200:320]])
    outputs = np.clip(targets * 0.6 + np.random.default_rng(0).normal(30, 10, targets.shape), 0, 255).astype(np.uint8)
    return targets, outputs


def columns() -> dict[str, np.ndarray]:
    targets, outputs = (View(torch.from_numpy(images).movedim(-1, 1).contiguous()) for images in photos())
    return {name: values.numpy() for name, values in measure(Pair(targets, outputs)).items()}


def by_pixel(prior: np.ndarray | None = None) -> tuple[float, float]:
    """Weigh every pixel by 1 / prior of the bin nearest to its true color: the score, and (sum w)^2 / sum w^2."""
    targets, outputs = (rgb2lab(images)[..., 1:].reshape(-1, 2) for images in photos())
    bins = np.asarray(cKDTree(ab_bins().numpy()).query(targets)[1])
    prior = np.bincount(bins, minlength=313) / len(bins) if prior is None else prior
    weights = 1 / prior[bins]
    gain = 1 - np.minimum(np.linalg.norm(outputs - targets, axis=1), 150) / 150
    return float((weights * gain).sum() / weights.sum()), float(weights.sum() ** 2 / np.square(weights).sum())


@pytest.mark.slow
def test_it_agrees_with_a_sum_over_pixels() -> None:
    rows = columns()

    score, effective = by_pixel()

    assert reduce(rows)(np.ones((1, 2)))[0] == pytest.approx(score, abs=1e-4)
    assert details(rows) == {
        "prior": "dataset",
        "pixels": 2 * 90 * 120,
        "effective_sample_size": pytest.approx(effective, rel=1e-2),
    }


def test_a_prior_from_a_file_is_used_and_named(tmp_path: Path) -> None:
    prior = np.random.default_rng(0).dirichlet(np.full(313, 5.0))
    np.save(tmp_path / "imagenet.npy", prior)
    kept = {f"constant.{name}": array for name, array in constants({"prior": str(tmp_path / "imagenet.npy")}).items()}

    rows = columns() | kept

    assert reduce(rows)(np.ones((1, 2)))[0] == pytest.approx(by_pixel(prior)[0], abs=1e-4)
    assert details(rows)["prior"] == "imagenet.npy"


@pytest.mark.slow
def test_the_name_of_a_prior_survives_a_file_of_the_run_folder(tmp_path: Path) -> None:
    np.save(tmp_path / "name.npy", np.array("imagenet.npy"))

    rows = columns() | {"constant.prior": np.ones(313), "constant.prior_name": np.load(tmp_path / "name.npy")}

    assert details(rows)["prior"] == "imagenet.npy"


def test_each_color_of_the_dataset_counts_alike_however_rare() -> None:
    gain, count = np.zeros((2, 2, 313), np.float32)
    count[0, 10], count[1, 20] = 1_000_000, 1
    gain[0, 10] = 1_000_000

    assert reduce({"gain": gain, "target.count": count})(np.ones((1, 2)))[0] == pytest.approx(0.5)


def test_without_an_option_the_prior_is_that_of_the_dataset() -> None:
    assert constants({}) == {}


def test_a_missing_prior_is_an_error() -> None:
    with pytest.raises(UserError, match="does not exist"):
        constants({"prior": "nowhere.npy"})


def test_a_prior_that_is_no_array_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "prior.npy").write_text("0.1 0.2")
    np.save(tmp_path / "objects.npy", np.array([object()] * 313), allow_pickle=True)

    for name in ("prior.npy", "objects.npy"):
        with pytest.raises(UserError, match=r"is a \.npy file of numbers"):
            constants({"prior": str(tmp_path / name)})


def test_a_prior_of_another_length_or_kind_is_an_error(tmp_path: Path) -> None:
    np.save(tmp_path / "short.npy", np.ones(312))
    np.save(tmp_path / "words.npy", np.full(313, "x"))
    np.savez(tmp_path / "several.npz", np.ones(313))

    for name in ("short.npy", "words.npy", "several.npz"):
        with pytest.raises(UserError, match="a prior holds 313 numbers"):
            constants({"prior": str(tmp_path / name)})


@pytest.mark.parametrize("value", [0.0, -0.1, np.nan, np.inf])
def test_a_prior_with_a_bin_that_is_not_above_zero_is_an_error(tmp_path: Path, value: float) -> None:
    prior = np.full(313, 1 / 313)
    prior[7] = value
    np.save(tmp_path / "prior.npy", prior)

    with pytest.raises(UserError, match="every bin of a prior is above 0"):
        constants({"prior": str(tmp_path / "prior.npy")})
