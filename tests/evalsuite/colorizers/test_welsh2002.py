from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.color import lab_to_rgb8, rgb_to_lab
from evalsuite.colorizers.welsh2002 import _features, _jittered_grid, transfer


def lab_image(L: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return lab_to_rgb8(torch.stack([L, a, b])[None])[0]


def two_halves(dark: float, bright: float) -> torch.Tensor:
    return torch.where(torch.arange(32) < 16, dark, bright).expand(32, 32)


def test_dark_pixels_take_the_color_of_dark_ones_and_bright_of_bright() -> None:
    shade = two_halves(0, 1)
    reference = lab_image(50 + 20 * shade, 10 + 10 * shade, 20 - 50 * shade)

    ab = transfer(two_halves(15, 90), reference, seed=0)

    np.testing.assert_allclose(ab[0], 10 + 10 * shade, atol=0.7)
    np.testing.assert_allclose(ab[1], 20 - 50 * shade, atol=0.7)


def test_of_equally_bright_pixels_texture_decides() -> None:
    columns = torch.arange(64).expand(64, 64)
    stripes = torch.where(columns < 32, 50.0, torch.where(columns % 2 == 0, 30.0, 70.0))
    reference = lab_image(stripes, torch.where(columns < 32, 20.0, -20.0), torch.zeros(64, 64))

    ab = transfer(stripes, reference, seed=1)

    assert ab[0, :, :28].amin() > 10
    assert ab[0, :, 36:].amax() < -10


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**63))
def test_only_colors_of_the_reference_are_given(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    reference = torch.randint(0, 256, (3, 9, 30), dtype=torch.uint8, generator=generator)

    ab = transfer(torch.rand(12, 10, generator=generator) * 100, reference, seed)

    known = {tuple(color) for color in rgb_to_lab(reference[None])[0, 1:].flatten(1).T.tolist()}
    assert {tuple(color) for color in ab.flatten(1).T.tolist()} <= known


@pytest.mark.slow
def test_each_pixel_takes_the_sample_that_a_search_by_hand_finds() -> None:
    generator = torch.Generator().manual_seed(4)
    L = torch.rand(7, 6, generator=generator) * 100
    reference = torch.randint(0, 256, (3, 40, 40), dtype=torch.uint8, generator=generator)
    lab = rgb_to_lab(reference[None])[0].double().numpy()
    remapped = (lab[0] - lab[0].mean()) * (L.double().numpy().std() / lab[0].std()) + L.double().numpy().mean()
    places = [divmod(place, 40) for place in _jittered_grid(torch.Size((40, 40)), 9).tolist()]

    ab = transfer(L, reference, seed=9)

    def texture(image: np.ndarray[tuple[int, ...], np.dtype[np.float64]], i: int, j: int) -> float:
        return float(image[max(i - 2, 0) : i + 3, max(j - 2, 0) : j + 3].std())

    photo = L.double().numpy()
    for i in range(7):
        for j in range(6):
            costs = [
                0.5 * abs(photo[i, j] - remapped[place]) + 0.5 * abs(texture(photo, i, j) - texture(remapped, *place))
                for place in places
            ]
            chosen = places[int(np.argmin(costs))]
            np.testing.assert_allclose(ab[:, i, j], lab[(slice(1, 3), *chosen)], atol=1e-4)


def test_a_plain_photo_has_no_texture() -> None:
    assert _features(torch.full((9, 9), 77.7, dtype=torch.float64))[:, 1].amax() < 1e-4


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**63), height=st.integers(1, 99), width=st.integers(16, 99))
def test_samples_lie_one_in_each_cell_of_a_grid(seed: int, height: int, width: int) -> None:
    places = _jittered_grid(torch.Size((height, width)), seed)

    rows, columns = places // width, places % width
    assert len(places) == 256
    assert places.amax() < height * width
    cells = np.arange(256) // 16, np.arange(256) % 16
    assert (abs((rows.numpy() + 0.5) * 16 / height - (cells[0] + 0.5)) <= 0.5 + 8 / height).all()
    assert (abs((columns.numpy() + 0.5) * 16 / width - (cells[1] + 0.5)) <= 0.5 + 8 / width).all()
