import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from turk.png import chunks, encode


@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_pillow_reads_the_pixels_that_were_written(width: int, height: int, seed: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)

    with Image.open(io.BytesIO(encode(rgb))) as image:
        assert (image.format, image.mode, image.info) == ("PNG", "RGB", {})
        np.testing.assert_array_equal(np.array(image), rgb)


def test_files_of_one_size_differ_in_nothing_but_pixels_and_their_checksums() -> None:
    rng = np.random.default_rng(0)
    noise, flat = (
        encode(rgb) for rgb in (rng.integers(0, 256, (64, 64, 3), np.uint8), np.zeros((64, 64, 3), np.uint8))
    )

    assert len(noise) == len(flat) == 8 + 25 + (12 + 2 + 5 + 64 * (1 + 3 * 64) + 4) + 12
    assert chunks(noise) == chunks(flat) == [("IHDR", 13), ("IDAT", 12_363), ("IEND", 0)]
    # Signature, IHDR, the head of IDAT, zlib's head, the head of the only stored block and the first row's filter.
    assert noise[: 8 + 25 + 8 + 2 + 5 + 1] == flat[: 8 + 25 + 8 + 2 + 5 + 1]
    assert noise[-12:] == flat[-12:]


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_what_is_no_png_has_no_chunks(data: bytes) -> None:
    assert chunks(data) == []


def test_chunks_of_other_encoders_are_listed_with_their_metadata() -> None:
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, "PNG", dpi=(72, 72))

    assert [kind for kind, _ in chunks(file.getvalue())] == ["IHDR", "pHYs", "IDAT", "IEND"]
