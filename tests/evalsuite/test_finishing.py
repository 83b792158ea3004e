import pytest
import torch

from evalsuite.bins import ab_bins
from evalsuite.color import join
from evalsuite.errors import UserError
from evalsuite.finishing import finish

L = torch.linspace(20, 80, 2 * 6 * 8).reshape(2, 1, 6, 8)


def test_ab_of_any_resolution_is_joined_with_the_lightness() -> None:
    ab = torch.tensor([10.0, -20.0]).reshape(1, 2, 1, 1).repeat(2, 1, 3, 4)

    first, second = finish(ab, L)

    assert first is not None
    assert second is not None
    assert torch.equal(torch.stack([first, second]), join(L, ab))


def test_logits_are_decoded_by_the_annealed_mean() -> None:
    logits = torch.full((2, 313, 6, 8), -1e4)
    logits[:, 100] = 0

    images = finish(logits, L)

    expected = join(L, ab_bins()[100].reshape(1, 2, 1, 1).repeat(2, 1, 6, 8))
    assert torch.equal(torch.stack([image for image in images if image is not None]), expected)


def test_srgb_comes_as_bytes_or_as_fractions() -> None:
    rgb8 = torch.randint(0, 256, (2, 3, 6, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)

    for output in (rgb8, rgb8.float() / 255):
        assert torch.equal(torch.stack([image for image in finish(output, L) if image is not None]), rgb8)


@pytest.mark.parametrize("channels", [2, 3, 313])
def test_a_photo_with_values_that_are_not_finite_has_no_image(channels: int) -> None:
    output = torch.zeros(2, channels, 6, 8)
    output[1, 0, 0, 0] = float("nan")

    first, second = finish(output, L)

    assert first is not None
    assert second is None


@pytest.mark.parametrize(
    ("output", "says"),
    [
        (torch.zeros(1, 2, 6, 8), r"got \(1, 2, 6, 8\)"),
        (torch.zeros(2, 4, 6, 8), r"got \(2, 4, 6, 8\)"),
        (torch.zeros(2, 6, 8), r"got \(2, 6, 8\)"),
        (None, "got NoneType"),
        (torch.zeros(2, 3, 3, 4), r"got \(3, 4\), expected \(6, 8\)"),
        (torch.full((2, 3, 6, 8), 200.0), "got up to 200"),
    ],
)
def test_another_shape_or_range_is_refused(output: object, says: str) -> None:
    with pytest.raises(UserError, match=says):
        finish(output, L)
