import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.turk.images_made import picture
from turk.likeness import Seen

RGB = NDArray[np.uint8]
SIDE = (256, 256)


def compressed(rgb: RGB) -> RGB:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=40)
    return np.array(Image.open(file))


def shrunk(rgb: RGB) -> RGB:
    return np.array(Image.fromarray(rgb).resize((100, 100)).resize(SIDE))


def brighter(rgb: RGB) -> RGB:
    return np.clip(rgb.astype(np.int16) + 10, 0, 255).astype(np.uint8)


def mirrored(rgb: RGB) -> RGB:
    return rgb[:, ::-1]


def photos() -> dict[str, Any]:
    return {f"p{seed}": picture(seed, SIDE) for seed in range(40)}


def seen() -> Seen:
    known = Seen()
    for name, rgb in photos().items():
        known.add(name, rgb)
    return known


@pytest.mark.slow
def test_a_photo_is_recognized_to_the_pixel() -> None:
    known = seen()

    assert all(known.find(rgb) == (name, True) for name, rgb in photos().items())


@pytest.mark.slow
@pytest.mark.parametrize("copy", [compressed, shrunk, brighter, mirrored])
def test_a_copy_is_recognized(copy: Callable[[RGB], RGB]) -> None:
    known = seen()

    assert [known.find(copy(rgb)) for rgb in photos().values()] == [(name, False) for name in photos()]


@pytest.mark.slow
def test_other_photos_are_not_taken_for_copies() -> None:
    known = seen()

    assert [known.find(picture(seed, SIDE)) for seed in range(1000, 1200)] == [None] * 200


def test_nothing_was_seen_at_first() -> None:
    assert Seen().find(picture(0)) is None
