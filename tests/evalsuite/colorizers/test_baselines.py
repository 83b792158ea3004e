from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.color import join
from evalsuite.colorizers import gray, ground_truth, mean_ab, random
from evalsuite.contracts import Batch, Setting
from evalsuite.dataset import Dataset, Photo
from evalsuite.errors import UserError
from evalsuite.survey import Survey
from evalsuite.views import View

SETTING = Setting(torch.device("cpu"))


def dataset_of(n: int) -> Dataset:
    photos = tuple(Photo(f"{i:03}", Path(f"/photos/{i:03}.jpg"), None) for i in range(n))
    return Dataset("test", Path("/photos"), photos, False)


def batch_of(rgb8: torch.Tensor, companions: tuple[torch.Tensor, ...] = ()) -> Batch:
    n = len(rgb8)
    view = View(rgb8)
    return Batch(view.L, dataset_of(n).photos, tuple(range(n)), tuple(range(n)), companions, view)


def test_ground_truth_joined_with_its_lightness_is_the_photo() -> None:
    rgb8 = torch.randint(0, 256, (2, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    batch = batch_of(rgb8)

    ab = ground_truth.COLORIZER.load(SETTING)(batch)

    assert torch.equal(join(batch.L, ab), rgb8)


def test_ground_truth_needs_targets() -> None:
    batch = Batch(torch.zeros(1, 1, 4, 4), dataset_of(1).photos, (0,), (0,))

    with pytest.raises(UserError, match="holds its targets"):
        ground_truth.COLORIZER.load(SETTING)(batch)


def test_gray_has_channels_equal_to_the_last_level() -> None:
    batch = batch_of(torch.randint(0, 256, (1, 3, 8, 8), dtype=torch.uint8))

    channels = join(batch.L, gray.COLORIZER.load(SETTING)(batch))[0].int()

    # The sRGB matrix in six digits maps white to D65 within 1e-4 only, which may tip the rounding.
    assert (channels.amax(dim=0) - channels.amin(dim=0)).amax() <= 1


def test_the_mean_color_is_the_surveys() -> None:
    survey = Survey(np.array([3.5, -7.25]), np.zeros((1, 64), np.float32), np.ones(1, np.bool_))
    setting = Setting(torch.device("cpu"), survey=survey)

    ab = mean_ab.COLORIZER.load(setting)(batch_of(torch.zeros(2, 3, 4, 5, dtype=torch.uint8)))

    assert ab.shape == (2, 2, 4, 5)
    assert ab.flatten(2).unique(dim=2).squeeze().tolist() == [[3.5, -7.25]] * 2


def test_the_mean_color_needs_a_survey() -> None:
    with pytest.raises(UserError, match="a survey of the dataset; got none"):
        mean_ab.COLORIZER.load(SETTING)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_random_colors_come_from_other_photos_and_each_photo_lends_them_once(n: int, seed: int) -> None:
    dataset = dataset_of(n)

    companions = random._companions(dataset, Setting(torch.device("cpu"), seed=seed))

    assert len(companions) == n
    for photo, candidates in zip(dataset.photos, companions, strict=True):
        assert photo.path not in candidates
        assert len(set(candidates)) == len(candidates) == min(3, n - 1)
    if n > 1:
        assert {candidates[0] for candidates in companions} == {photo.path for photo in dataset.photos}


def test_random_colors_depend_on_the_seed_alone() -> None:
    dataset = dataset_of(30)
    first, again, other = (random._companions(dataset, Setting(torch.device("cpu"), seed=s)) for s in (1, 1, 2))

    assert first == again
    assert first != other


def test_random_colors_are_resized_to_the_photo() -> None:
    red = torch.tensor([255, 0, 0], dtype=torch.uint8).reshape(3, 1, 1)
    batch = batch_of(torch.zeros(2, 3, 6, 8, dtype=torch.uint8), (red.expand(3, 5, 40), red.expand(3, 6, 8)))

    ab = random.COLORIZER.load(SETTING)(batch)

    assert ab.shape == (2, 2, 6, 8)
    np.testing.assert_allclose(ab.amin((2, 3)), [[80.09, 67.20]] * 2, atol=0.01)
    np.testing.assert_allclose(ab.amax((2, 3)), [[80.09, 67.20]] * 2, atol=0.01)
