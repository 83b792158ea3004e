"""Small copies of what a run made and of its photos."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from evalsuite.images import Resize
from evalsuite.results import Run
from evalsuite.thumbnails import SIDE, make_thumbnails, shrink, target_key, thumbnail, thumbnails_folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run of one method on one photo."""
    photo, output = tmp_path / "photo.png", tmp_path / "run" / "outputs" / "gray" / "photo.png"
    output.parent.mkdir(parents=True)
    Image.new("RGB", (40, 20), "red").save(photo)
    Image.new("RGB", (16, 16), "gray").save(output)
    sha256 = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in (photo, output)}
    (tmp_path / "run" / "outputs.sha256").write_text(f"{sha256[output]}  outputs/gray/photo.png\n")
    manifest: dict[str, Any] = {
        "dataset": {"resize": "squash", "size": 16},
        "photos": [{"id": "photo", "file": str(photo), "sha256": sha256[photo], "status": "scored"}],
    }
    return Run(tmp_path / "run", json.loads(json.dumps(manifest)))


def keys(run: Run) -> tuple[str, str]:
    """What the output and the photo are called."""
    output = (run.path / "outputs.sha256").read_text().split()[0]
    return output, target_key(run.manifest["photos"][0]["sha256"], Resize("squash", 16))


def test_outputs_and_photos_get_thumbnails_once(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "thumbnails"

    assert make_thumbnails(run, folder) == 2
    assert make_thumbnails(run, folder) == 0

    output, target = (Image.open(io.BytesIO(thumbnail(folder, key).read_bytes())) for key in keys(run))
    assert (output.format, output.size) == ("WEBP", (16, 16))
    assert target.size == (16, 16)  # as it was scored, not as it lies in its file
    np.testing.assert_allclose(np.asarray(target.convert("RGB"))[8, 8], [255, 0, 0], atol=6)


@pytest.mark.slow
def test_what_cannot_be_read_is_left_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "photo.png").unlink()
    (run.path / "outputs" / "gray" / "photo.png").write_bytes(b"no picture")

    assert make_thumbnails(run, tmp_path / "thumbnails") == 0


def test_a_missing_thumbnail_is_made_again(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "thumbnails"
    make_thumbnails(run, folder)
    thumbnail(folder, keys(run)[0]).unlink()

    assert make_thumbnails(run, folder) == 1


def test_large_pictures_shrink_and_keep_their_shape() -> None:
    image = Image.open(io.BytesIO(shrink(np.zeros((300, 600, 3), np.uint8))))

    assert image.size == (SIDE, SIDE // 2)


def test_a_photo_at_another_size_is_another_picture() -> None:
    found = {target_key("a" * 64, resize) for resize in (Resize("squash", 16), Resize("crop", 16), Resize("squash", 8))}

    assert len(found) == 3


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("sqlite:////data/evalsuite.db", {}, "/data/thumbnails"),
        ("sqlite:////data/evalsuite.db", {"THUMBNAILS_DIR": "/fast"}, "/fast"),
    ],
)
def test_thumbnails_lie_beside_the_database_or_where_one_says(url: str, environ: dict[str, str], expected: str) -> None:
    assert thumbnails_folder(url, environ) == Path(expected)


def test_thumbnails_of_a_database_server_lie_in_the_users_data_folder(tmp_path: Path) -> None:
    assert thumbnails_folder("postgresql://localhost/colors", {}).name == "thumbnails"
