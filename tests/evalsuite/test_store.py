"""Run folders in the database, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import math
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, delete, func, select, text

from evalsuite import store
from evalsuite.db import Base, make_engine, session_scope
from evalsuite.errors import UserError
from evalsuite.results import Run, open_run
from evalsuite.stats import Difference
from evalsuite.store import Imported, data_version, identity_of, import_run
from evalsuite.tables import (
    ColorizerRow,
    CounterRow,
    CurveRow,
    DatasetRow,
    EntryRow,
    FailureRow,
    MetricRow,
    PairRow,
    PhotoRow,
    RunRow,
    ScoreRow,
    SummaryRow,
)
from evalsuite.tournament import Match, Rank, Tournament

PHOTOS = ("a.png", "b.png", "c.png", "d.png")
VALUES = {
    ("gray", "psnr_rgb"): [20.0, 22.0, 21.0, 29.0],
    ("gray", "colorfulness"): [0.0, 0.0, 0.0, 0.0],
    ("ground_truth", "psnr_rgb"): [math.inf] * 4,
    ("ground_truth", "colorfulness"): [30.0, 10.0, math.nan, 20.0],
}


def photo(name: str, status: str = "scored", reason: str = "") -> dict[str, Any]:
    """What a manifest says of a photo."""
    return {"id": name, "file": f"/photos/{name}", "sha256": f"sha-{name}", "status": status, "reason": reason}


def colorizer(name: str, sha256: str | None = None) -> dict[str, Any]:
    """What a manifest says of a colorizer."""
    weights = None if sha256 is None else {"file": f"{name}.pth", "sha256": sha256}
    return {"title": name.title(), "paper": "", "url": "", "licence": "MIT", "weights": weights}


def metric(title: str, unit: str, better: str | None) -> dict[str, Any]:
    """What a manifest says of a metric."""
    return {"title": title, "unit": unit, "better": better, "kind": "full-reference", "definition": "As in tests."}


def score(value: float | None, ci95: list[float] | None, n: int = 4, **details: Any) -> dict[str, Any]:
    """What a summary says of a colorizer and a metric."""
    return {"value": value, "ci95": ci95, "n": n, "unit": "dB", "better": "higher", **details}


def write_run(folder: Path, **changes: Any) -> Path:
    """Write a run folder by hand: two colorizers, two metrics, four photos and one that is broken."""
    folder.mkdir(parents=True)
    manifest = {
        "status": "complete",
        "created_at": "2026-01-31T12:00:00+00:00",
        "seed": 7,
        "dataset": {"name": "street", "images": 4, "sha256": "sha-street", "size": 256, "resize": "squash"},
        "photos": [*map(photo, PHOTOS), photo("e.png", "undecodable", "truncated")],
        "colorizers": {"gray": colorizer("gray"), "ground_truth": colorizer("ground_truth", "sha-weights")},
        "metrics": {"psnr_rgb": metric("PSNR", "dB", "higher"), "colorfulness": metric("Colorfulness", "", None)},
        "failures": [{"colorizer": "gray", "photo": "b.png", "reason": "out of memory"}],
    } | changes
    summary = {
        "dataset": manifest["dataset"],
        "colorizers": {
            "gray": {"psnr_rgb": score(23.0, [20.5, 26.0], ceiling=40.0), "colorfulness": score(0.0, [0.0, 0.0])},
            "ground_truth": {"psnr_rgb": score(None, None), "colorfulness": score(20.0, [10.0, 30.0], n=3)},
        },
    }
    curves = {"gray": {"psnr_rgb": {"x": [0, 1], "y": [0.5, 1.0]}}, "ground_truth": {}}
    rows = [(p, c, m, v) for (c, m), values in VALUES.items() for p, v in zip(PHOTOS, values, strict=True)]
    pd.DataFrame(rows, columns=["image", "colorizer", "metric", "value"]).to_parquet(folder / "scores.parquet")
    for name, content in (("manifest", manifest), ("summary", summary), ("curves", curves)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(tmp_path / "first")


def contents(engine: Engine) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with engine.connect() as connection:
        tables = Base.metadata.sorted_tables
        return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}


def count(engine: Engine, table: type[Base]) -> int:
    """How many rows a table has."""
    with session_scope(engine, read_only=True) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_every_finite_score_becomes_a_row_and_nothing_else_does(engine: Engine, folder: Path) -> None:
    imported = import_run(engine, open_run(folder))

    with session_scope(engine, read_only=True) as session:
        rows = session.execute(
            select(ColorizerRow.name, MetricRow.name, PhotoRow.name, ScoreRow.value)
            .select_from(ScoreRow)
            .join(EntryRow)
            .join(ColorizerRow)
            .join(MetricRow)
            .join(PhotoRow)
        ).all()
    expected = {(c, m, p): v for (c, m), vs in VALUES.items() for p, v in zip(PHOTOS, vs, strict=True)}
    assert {(c, m, p): v for c, m, p, v in rows} == {key: v for key, v in expected.items() if math.isfinite(v)}
    assert imported.scores == len(rows) == 11


def test_summaries_have_value_interval_spread_and_details(engine: Engine, folder: Path) -> None:
    import_run(engine, open_run(folder))

    with session_scope(engine, read_only=True) as session:
        found = session.scalars(
            select(SummaryRow).join(EntryRow).join(ColorizerRow).join(MetricRow)
            .where(ColorizerRow.name == "gray", MetricRow.name == "psnr_rgb")
        ).one()  # fmt: skip
        assert (found.n, found.value, found.ci_lo, found.ci_hi) == (4, 23.0, 20.5, 26.0)
        # By hand: 20, 21, 22, 29 have mean 23 and squared deviations 9 + 4 + 1 + 36 = 50.
        assert found.mean == 23.0
        assert found.sd == pytest.approx(math.sqrt(50 / 3))
        assert (found.q25, found.q50, found.q75) == pytest.approx((20.75, 21.5, 23.75))
        assert (found.q05, found.q95) == pytest.approx((20.15, 27.95))
        assert found.details == {"ceiling": 40.0}


def test_a_summary_without_values_is_kept_empty(engine: Engine, folder: Path) -> None:
    import_run(engine, open_run(folder))

    with session_scope(engine, read_only=True) as session:
        found = session.scalars(
            select(SummaryRow).join(EntryRow).join(ColorizerRow).join(MetricRow)
            .where(ColorizerRow.name == "ground_truth", MetricRow.name == "psnr_rgb")
        ).one()  # fmt: skip
        assert (found.value, found.ci_lo, found.ci_hi, found.mean, found.sd, found.q50) == (None,) * 6


@pytest.mark.slow
def test_what_the_run_says_of_itself_is_kept(engine: Engine, folder: Path) -> None:
    imported = import_run(engine, open_run(folder))

    with session_scope(engine, read_only=True) as session:
        run = session.get_one(RunRow, imported.run_id)
        dataset = session.get_one(DatasetRow, run.dataset_id)
        entries = session.scalars(select(EntryRow).order_by(EntryRow.position)).all()
        curve = session.scalars(select(CurveRow)).one()
        assert (run.name, run.folder, run.size, run.resize) == ("first", str(folder), 256, "squash")
        assert run.facts["seed"] == 7
        assert not {"photos", "failures"} & set(run.facts)
        assert run.created_at.isoformat() == "2026-01-31T12:00:00+00:00"
        assert (dataset.name, dataset.images) == ("street", 4)
        assert [entry.weights_sha256 for entry in entries] == [None, "sha-weights"]
        assert curve.points == {"x": [0, 1], "y": [0.5, 1.0]}


@pytest.mark.slow
def test_photos_and_outputs_that_failed_are_listed_with_their_reason(engine: Engine, folder: Path) -> None:
    import_run(engine, open_run(folder))

    with session_scope(engine, read_only=True) as session:
        found = session.execute(select(FailureRow.photo, FailureRow.reason, FailureRow.entry_id.is_(None))).all()
    assert sorted(map(tuple, found)) == [("b.png", "out of memory", False), ("e.png", "truncated", True)]


@pytest.mark.slow
def test_importing_twice_changes_nothing(engine: Engine, folder: Path) -> None:
    first = import_run(engine, open_run(folder))
    before = contents(engine)

    second = import_run(engine, open_run(folder))

    assert second == Imported(first.run_id, False, first.scores)
    assert contents(engine) == before


def test_a_copy_of_the_folder_is_the_same_run(engine: Engine, folder: Path, tmp_path: Path) -> None:
    first = import_run(engine, open_run(folder))
    shutil.copytree(folder, tmp_path / "copy")

    assert import_run(engine, open_run(tmp_path / "copy")) == Imported(first.run_id, False, first.scores)


@pytest.mark.slow
def test_a_run_made_anew_is_another_run_on_the_same_photos(engine: Engine, folder: Path) -> None:
    first = import_run(engine, open_run(folder))
    shutil.rmtree(folder)
    second = import_run(engine, open_run(write_run(folder, created_at="2026-02-01T12:00:00+00:00")))

    assert second.new
    assert second.run_id != first.run_id
    assert [count(engine, table) for table in (RunRow, DatasetRow, PhotoRow, ColorizerRow)] == [2, 1, 4, 2]
    assert count(engine, ScoreRow) == first.scores + second.scores


def test_names_are_told_as_the_newest_run_tells_them(engine: Engine, folder: Path, tmp_path: Path) -> None:
    import_run(engine, open_run(folder))
    renamed = {"gray": colorizer("gray") | {"title": "No color"}, "ground_truth": colorizer("ground_truth")}
    import_run(engine, open_run(write_run(tmp_path / "second", colorizers=renamed)))

    with session_scope(engine, read_only=True) as session:
        assert session.scalar(select(ColorizerRow.title).where(ColorizerRow.name == "gray")) == "No color"


def test_other_photos_under_the_same_name_are_another_dataset(engine: Engine, folder: Path, tmp_path: Path) -> None:
    other = {"name": "street", "images": 4, "sha256": "sha-other", "size": 256, "resize": "squash"}
    import_run(engine, open_run(folder))
    import_run(engine, open_run(write_run(tmp_path / "second", dataset=other)))

    assert (count(engine, DatasetRow), count(engine, PhotoRow)) == (2, 8)


def test_the_data_version_grows_with_every_new_run_only(engine: Engine, folder: Path, tmp_path: Path) -> None:
    versions = []
    for path in (None, folder, folder, write_run(tmp_path / "second", seed=8)):
        if path is not None:
            import_run(engine, open_run(path))
        with session_scope(engine, read_only=True) as session:
            versions.append(data_version(session))

    assert versions == [0, 1, 1, 2]


def test_a_run_that_contradicts_itself_leaves_nothing_behind(engine: Engine, tmp_path: Path) -> None:
    path = write_run(tmp_path / "broken", photos=[photo("a.png"), photo("b.png")])
    before = contents(engine)

    with pytest.raises(UserError, match=r"broken: scores.parquet has 'c.png', no photo of the manifest\. Run it again"):
        import_run(engine, open_run(path))

    assert contents(engine) == before


@pytest.mark.slow
def test_deleting_a_run_takes_its_scores_and_summaries_with_it(engine: Engine, folder: Path) -> None:
    imported = import_run(engine, open_run(folder), play)
    with session_scope(engine) as session:
        session.execute(delete(RunRow).where(RunRow.id == imported.run_id))

    of_runs = (EntryRow, ScoreRow, SummaryRow, PairRow, CurveRow, FailureRow)
    assert [count(engine, table) for table in of_runs] == [0] * len(of_runs)
    assert count(engine, CounterRow) == 1


@pytest.mark.slow
def test_rows_come_in_whatever_the_chunks(engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "CHUNK", 3)

    import_run(engine, open_run(folder))

    assert (count(engine, PhotoRow), count(engine, SummaryRow)) == (4, 4)


@pytest.mark.slow
def test_two_processes_that_import_the_same_run_at_once_make_one(engine: Engine, folder: Path) -> None:
    results: list[Imported] = []

    def work() -> None:
        own = make_engine(engine.url.render_as_string(hide_password=False))
        results.append(import_run(own, open_run(folder)))
        own.dispose()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(result.new for result in results) == [False, False, True]
    assert len({result.run_id for result in results}) == 1


def test_identity_depends_on_content_and_not_on_the_place(folder: Path, tmp_path: Path) -> None:
    same = open_run(shutil.copytree(folder, tmp_path / "elsewhere"))
    other = open_run(write_run(tmp_path / "other", seed=8))

    assert identity_of(same) == identity_of(open_run(folder)) != identity_of(other)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT photo_id, value FROM scores WHERE entry_id = 1 AND metric_id = 1 AND (value, photo_id) > (20, 3)"
        " ORDER BY value, photo_id LIMIT 60",
        "SELECT photo_id, value FROM scores WHERE entry_id = 1 AND metric_id = 1"
        " ORDER BY value DESC, photo_id DESC LIMIT 60",
        "SELECT entry_id, metric_id, value FROM scores WHERE photo_id = 5",
        "SELECT a.value - b.value FROM scores a JOIN scores b USING (metric_id, photo_id)"
        " WHERE a.entry_id = 1 AND b.entry_id = 2 AND a.metric_id = 1",
    ],
)
def test_galleries_drill_downs_and_pairs_read_no_score_in_vain(sqlite_engine: Engine, query: str) -> None:
    with sqlite_engine.connect() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))]

    assert all(step.startswith("SEARCH") for step in plan), plan


def test_ordinary_quantiles_are_numpys(engine: Engine, tmp_path: Path) -> None:
    import_run(engine, open_run(write_run(tmp_path / "run")))

    values = np.array([10.0, 20.0, 30.0])
    with session_scope(engine, read_only=True) as session:
        found = session.scalars(select(SummaryRow).where(SummaryRow.n == 3)).one()
        assert [found.q05, found.q95] == pytest.approx(np.quantile(values, [0.05, 0.95]).tolist())


def play(_: Run) -> Tournament:
    """Matches and ranks as if computed."""
    match = Match(
        "psnr_rgb", "gray", "ground_truth", 4, Difference(-math.inf, (math.nan, math.nan), math.nan, 4), math.nan
    )
    other = Match("colorfulness", "gray", "ground_truth", 3, Difference(-20.0, (-30.0, -10.0), 0.01, 3), 0.02)
    return Tournament((match, other), (Rank("psnr_rgb", "gray", 1, 2, 1),))


def test_matches_and_ranks_are_kept_without_values_that_are_not_finite(engine: Engine, folder: Path) -> None:
    import_run(engine, open_run(folder), play)

    with session_scope(engine, read_only=True) as session:
        rows = session.scalars(select(PairRow).order_by(PairRow.n)).all()
        kept = [(r.n, r.difference, r.ci_lo, r.ci_hi, r.p, r.p_holm, r.test) for r in rows]
        ranks = session.execute(
            select(SummaryRow.rank_lo, SummaryRow.rank_hi, SummaryRow.tie_group).where(SummaryRow.rank_lo.is_not(None))
        ).all()
    assert kept == [
        (3, -20.0, -30.0, -10.0, 0.01, 0.02, "bootstrap"),
        (4, None, None, None, None, None, "bootstrap"),
    ]
    assert list(map(tuple, ranks)) == [(1, 2, 1)]


def test_a_run_that_is_there_is_not_compared_again(engine: Engine, folder: Path) -> None:
    calls: list[Run] = []

    def counted(run: Run) -> Tournament:
        calls.append(run)
        return play(run)

    import_run(engine, open_run(folder), counted)
    import_run(engine, open_run(folder), counted)

    assert len(calls) == 1
