import io
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evalsuite.images import Resize
from evalsuite.loading import Decoder, Loader, Wanted, load, serve


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = []
    for k in range(5):
        path = tmp_path / f"{k}.png"
        Image.fromarray(np.full((8, 6, 3), 40 * k, np.uint8)).save(path)
        paths.append(path)
    return paths


def test_a_picture_tells_its_pixels_its_hash_and_its_size(photos: list[Path]) -> None:
    picture = load(Wanted((photos[2],), Resize("squash", 4)))

    assert picture.rgb is not None
    assert picture.rgb.shape == (4, 4, 3)
    assert int(picture.rgb.max()) == int(picture.rgb.min()) == 80
    assert picture.original == (6, 8)
    assert len(picture.sha256) == 64
    assert not picture.verbatim


def test_a_plain_png_is_known_as_one(photos: list[Path], tmp_path: Path) -> None:
    with Image.open(photos[0]) as image:
        image.convert("P").save(tmp_path / "palette.png")
        image.save(tmp_path / "photo.jpg")

    assert load(Wanted((photos[0],), None)).verbatim
    assert not load(Wanted((tmp_path / "palette.png",), None)).verbatim
    assert not load(Wanted((tmp_path / "photo.jpg",), None)).verbatim


def test_the_first_candidate_that_can_be_decoded_wins(photos: list[Path], tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no image")

    picture = load(Wanted((tmp_path / "bad.png", photos[1]), None))

    assert picture.path == photos[1]
    assert picture.rgb is not None


def test_a_missing_file_and_no_file_have_reasons(tmp_path: Path) -> None:
    assert "no such file" in load(Wanted((tmp_path / "nowhere.png",), None)).reason
    assert "no file" in load(Wanted((), None)).reason


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1, 2])
def test_lists_come_back_in_order(photos: list[Path], workers: int) -> None:
    requests = [[Wanted((path,), None)] for path in photos] * 3
    with Loader(workers) as loader:
        levels = [int(pictures[0].rgb[0, 0, 0]) for pictures in loader.stream(requests) if pictures[0].rgb is not None]

    assert levels == [0, 40, 80, 120, 160] * 3


@pytest.mark.slow
def test_a_decoding_process_that_was_killed_is_replaced(photos: list[Path]) -> None:
    decoder = Decoder()
    try:
        decoder.load([Wanted((photos[0],), None)])
        assert decoder._process is not None
        os.kill(decoder._process.pid, signal.SIGKILL)
        decoder._process.wait()

        [picture] = decoder.load([Wanted((photos[1],), None)])
    finally:
        decoder.close()

    assert picture.rgb is not None


@pytest.mark.slow
def test_decoding_processes_end_with_the_loader(photos: list[Path]) -> None:
    with Loader(1) as loader:
        list(loader.stream([[Wanted((photos[0],), None)]]))
        [decoder] = loader._decoders
        process = decoder._process

    assert process is not None
    assert process.returncode is not None


@pytest.mark.slow
def test_a_stream_can_be_left_early(photos: list[Path]) -> None:
    with Loader(1) as loader:
        stream = loader.stream([[Wanted((path,), None)] for path in photos * 4])
        first = next(stream)
        stream.close()  # type: ignore[attr-defined]  # a generator has close

    assert first[0].rgb is not None


def test_serving_ends_when_the_other_side_hangs_up() -> None:
    answers = io.BytesIO()

    serve(io.BytesIO(b""), answers)

    assert answers.getvalue() == b""
