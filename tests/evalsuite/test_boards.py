"""The board of a dataset: methods of several runs against each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, func, select

from evalsuite.db import session_scope
from evalsuite.results import Run, open_run
from evalsuite.stats import Difference
from evalsuite.store import import_run
from evalsuite.tables import ColorizerRow, EntryRow, MetricRow, OutputRow, PhotoRow, StandingRow, VectorRow
from evalsuite.tournament import Match, Tournament
from evalsuite.vectors import unpack

PHOTOS = 60
DATASET = {"name": "street", "images": PHOTOS, "sha256": "sha-street", "size": 256, "resize": "squash"}
METRICS = {
    "psnr_rgb": {"title": "PSNR", "unit": "dB", "better": "higher", "kind": "full-reference", "definition": ""},
    "fid_clean": {"title": "FID", "unit": "", "better": "lower", "kind": "distribution", "definition": ""},
}
NOISE = np.random.default_rng(0).normal(0, 1, (4, PHOTOS))


def write_run(folder: Path, values: dict[str, np.ndarray], fids: dict[str, float], **changes: Any) -> Run:
    """Write a run folder of methods with these scores per photo and these FIDs, and open it."""
    folder.mkdir(parents=True)
    photos = [
        {"id": f"p{k}", "file": f"/photos/p{k}.png", "sha256": f"sha-{k}", "status": "scored", "reason": "", "label": k}
        for k in range(PHOTOS)
    ]
    colorizers = {
        name: {
            "title": name, "paper": "", "url": "", "licence": "", "weights": None, "reported": {"street": {"fid": 1.5}},
            "accepts": ["target"] if name == "truth" else ["L"],
        }
        for name in values
    }  # fmt: skip
    manifest = {
        "status": "complete", "created_at": "2026-01-31T12:00:00+00:00", "seed": 7, "dataset": DATASET,
        "photos": photos, "colorizers": colorizers, "metrics": METRICS, "failures": [],
    } | changes  # fmt: skip
    summary = {
        name: {
            "psnr_rgb": {"value": float(v.mean()), "ci95": [0.0, 1.0], "n": PHOTOS, "unit": "dB", "better": "higher"},
            "fid_clean": {"value": fids[name], "ci95": [0.0, 1.0], "n": PHOTOS, "unit": "", "better": "lower"},
        }
        for name, v in values.items()
    }
    rows = [(f"p{k}", name, "psnr_rgb", v) for name, scores in values.items() for k, v in enumerate(scores)]
    pd.DataFrame(rows, columns=["image", "colorizer", "metric", "value"]).to_parquet(folder / "scores.parquet")
    for file, content in (("manifest", manifest), ("summary", {"colorizers": summary}), ("curves", {})):
        (folder / f"{file}.json").write_text(json.dumps(content))
    listing = "".join(f"{k:064x}  outputs/{name}/p{k}.png\n" for name in values for k in range(3))
    (folder / "outputs.sha256").write_text(listing)
    return open_run(folder)


def board(engine: Engine, metric: str) -> dict[str, tuple[int, int, int, int]]:
    """Method to place, ranks and group, as the database has them."""
    with session_scope(engine, read_only=True) as session:
        columns = (StandingRow.place, StandingRow.rank_lo, StandingRow.rank_hi, StandingRow.tie_group)
        found = session.execute(
            select(ColorizerRow.name, *columns)
            .select_from(StandingRow).join(EntryRow).join(ColorizerRow).join(MetricRow)
            .where(MetricRow.name == metric)
        )  # fmt: skip
        return {name: (place, lo, hi, group) for name, place, lo, hi, group in found}


def test_methods_of_several_runs_on_the_same_photos_are_ranked_together(engine: Engine, tmp_path: Path) -> None:
    first = {"good": 30 + NOISE[0], "bad": 20 + NOISE[1]}
    second = {"like_good": 30 + NOISE[2], "truth": 99 + NOISE[3]}
    import_run(engine, write_run(tmp_path / "first", first, {"good": 5.0, "bad": 9.0}))
    assert board(engine, "psnr_rgb") == {"good": (1, 1, 1, 1), "bad": (2, 2, 2, 2)}

    import_run(engine, write_run(tmp_path / "second", second, {"like_good": 6.0, "truth": 0.0}))

    found = board(engine, "psnr_rgb")
    assert found.pop("bad") == (3, 3, 3, 2)
    assert {(lo, hi, group) for _, lo, hi, group in found.values()} == {(1, 2, 1)}
    assert set(found) == {"good", "like_good"}  # who sees the target does not compete


@pytest.mark.parametrize("change", [{"size": 128}, {"resize": "crop"}])
def test_runs_at_another_size_are_on_another_board(engine: Engine, tmp_path: Path, change: dict[str, Any]) -> None:
    fids = {"a": 1.0, "b": 2.0}
    import_run(engine, write_run(tmp_path / "first", {"a": 30 + NOISE[0], "b": 20 + NOISE[1]}, fids))
    other = {"a": 20 + NOISE[0], "b": 30 + NOISE[1]}
    import_run(engine, write_run(tmp_path / "second", other, fids, dataset=DATASET | change))

    with session_scope(engine, read_only=True) as session:
        places = session.execute(
            select(EntryRow.run_id, StandingRow.place).join(StandingRow).join(MetricRow)
            .where(MetricRow.name == "psnr_rgb").order_by(EntryRow.id)
        )  # fmt: skip
        assert [tuple(row) for row in places] == [(1, 1), (1, 2), (2, 2), (2, 1)]


@pytest.mark.slow
def test_what_is_no_mean_over_photos_is_told_apart_by_its_resamples_within_a_run(
    engine: Engine, tmp_path: Path
) -> None:
    values, fids = {name: NOISE[0] for name in "abc"}, {"a": 5.0, "b": 5.2, "c": 9.0}
    run = write_run(tmp_path / "run", values, fids)

    def compare(_: Run) -> Tournament:
        near = Match("fid_clean", "a", "b", PHOTOS, Difference(-0.2, (-1.2, 0.8), 0.7, PHOTOS), 0.7)
        far = [
            Match("fid_clean", x, "c", PHOTOS, Difference(fids[x] - 9, (-4.9, -2.9), 0.01, PHOTOS), 0.02)
            for x in ("a", "b")
        ]
        return Tournament((near, *far), ())

    import_run(engine, run, compare)

    assert board(engine, "fid_clean") == {"a": (1, 1, 2, 1), "b": (2, 1, 2, 1), "c": (3, 3, 3, 2)}


@pytest.mark.slow
def test_scores_labels_outputs_and_records_are_kept_for_the_pages(engine: Engine, tmp_path: Path) -> None:
    import_run(engine, write_run(tmp_path / "run", {"good": 30 + NOISE[0]}, {"good": 5.0}))

    with session_scope(engine, read_only=True) as session:
        [vector] = session.scalars(select(VectorRow.data)).all()
        [about] = session.scalars(select(EntryRow.about)).all()
        np.testing.assert_array_equal(unpack(vector), 30 + NOISE[0])
        assert about == {"accepts": ["L"], "reported": {"fid": 1.5}, "cite": ""}
        assert session.scalars(select(PhotoRow.label).order_by(PhotoRow.position)).all() == list(range(PHOTOS))
        assert session.scalar(select(func.count()).select_from(OutputRow)) == 3
        pictures = session.execute(select(PhotoRow.name, OutputRow.sha256).join(PhotoRow)).all()
        assert {tuple(row) for row in pictures} == {(f"p{k}", f"{k:064x}") for k in range(3)}


def test_a_single_method_has_nobody_to_be_ranked_against(engine: Engine, tmp_path: Path) -> None:
    import_run(engine, write_run(tmp_path / "run", {"good": 30 + NOISE[0]}, {"good": 5.0}))

    assert board(engine, "psnr_rgb") == {}
