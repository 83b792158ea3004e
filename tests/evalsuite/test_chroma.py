"""Colors of photos and outputs, counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage.color import rgb2lab
from sqlalchemy import Engine, select

from evalsuite.chroma import CELLS, chroma, histogram
from evalsuite.db import session_scope
from evalsuite.store import import_run
from evalsuite.tables import ChromaRow
from tests.evalsuite.folders import write_run


@pytest.mark.slow
def test_a_histogram_counts_what_scikit_image_says() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)

    found = histogram(rgb)

    ab = rgb2lab(rgb)[..., 1:].reshape(-1, 2)
    edges = np.arange(-112.5, 113, 5)
    expected, _, _ = np.histogram2d(ab[:, 0], ab[:, 1], bins=[edges, edges])
    assert found.sum() == 32 * 32
    assert np.abs(found - expected).sum() <= 4  # colors at an edge may fall on either side


def test_gray_lies_in_the_middle() -> None:
    found = histogram(np.full((4, 4, 3), 100, np.uint8))

    assert found[CELLS // 2, CELLS // 2] == 16


def test_every_method_and_the_photos_are_counted_and_rare_colors_are_scored(engine: Engine, tmp_path: Path) -> None:
    gain, count = np.zeros((2, 313), np.float32), np.zeros((2, 313), np.float32)
    count[:, 7], gain[:, 7] = 10, [4, 5]
    columns = {"auc_rebalanced.gain": gain, "auc_rebalanced.target.count": count}
    for k in range(2):
        for folder in (tmp_path / "photos", tmp_path / "run" / "outputs" / "gray"):
            folder.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (32, 32), "red" if folder.name == "photos" else "gray").save(folder / f"p{k}.png")
    run = write_run(tmp_path / "run", {"gray": columns}, created_at="2026-01-31T12:00:00+00:00")
    for photo in run.manifest["photos"]:
        photo["sha256"] = photo["id"]

    found = {colors.name: colors for colors in chroma(run)}

    assert found["gray"].histogram[CELLS // 2, CELLS // 2] == found["target"].histogram.sum() == 2 * 32 * 32
    assert found["target"].bins is None
    assert found["gray"].bins is not None
    assert found["gray"].bins[:, 7].tolist() == [9, 20]


def test_pictures_that_are_gone_are_left_out(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"gray": {"psnr_rgb.value": [1.0, 2.0]}})

    assert [(colors.name, colors.histogram.sum(), colors.bins) for colors in chroma(run)] == [
        ("target", 0, None),
        ("gray", 0, None),
    ]


def test_colors_come_into_the_database_with_their_run(engine: Engine, tmp_path: Path) -> None:
    scores = {"psnr_rgb.value": [1.0, 2.0]}
    run = write_run(tmp_path / "run", {"gray": scores}, created_at="2026-01-31T12:00:00+00:00")
    for photo in run.manifest["photos"]:
        photo["sha256"] = photo["id"]
    (run.path / "scores.parquet").write_bytes(_no_scores(tmp_path))

    import_run(engine, run, look=chroma)

    with session_scope(engine, read_only=True) as session:
        rows = session.scalars(select(ChromaRow).order_by(ChromaRow.name)).all()
        assert [(row.name, len(row.histogram), row.bins) for row in rows] == [
            ("gray", 8 * CELLS * CELLS, None),
            ("target", 8 * CELLS * CELLS, None),
        ]


def _no_scores(folder: Path) -> bytes:
    pd.DataFrame([], columns=["image", "colorizer", "metric", "value"]).to_parquet(folder / "empty.parquet")
    return (folder / "empty.parquet").read_bytes()
