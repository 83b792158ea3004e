"""Curves of photos on their way from a run folder into the database."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine, delete, select

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from evalsuite.photo_curves import STEPS, unpack
from evalsuite.plan import Plan
from evalsuite.registry import colorizer, metric
from evalsuite.results import Run
from evalsuite.run import run
from evalsuite.store import Imported, data_version, import_run
from evalsuite.tables import ColorizerRow, EntryRow, PhotoCurvesRow, PhotoRow


@pytest.fixture
def done(plan: Plan) -> Run:
    """A run of two methods on seven photos of which one is broken."""
    (plan.images / "p3.png").write_bytes(b"no picture")
    methods = tuple(colorizer(name) for name in ("gray", "random"))
    return run(replace(plan, colorizers=methods, metrics=(metric("auc"),)))


def kept(engine: Engine) -> dict[str, bytes]:
    """Colorizer to its curves as the database has them."""
    wanted = select(ColorizerRow.name, PhotoCurvesRow.data).select_from(PhotoCurvesRow)
    with session_scope(engine, read_only=True) as session:
        return {name: data for name, data in session.execute(wanted.join(EntryRow).join(ColorizerRow))}


def version(engine: Engine) -> int:
    with session_scope(engine, read_only=True) as session:
        return data_version(session)


@pytest.fixture
def old(engine: Engine, done: Run) -> Imported:
    """The run as it was imported before curves of photos were kept."""
    imported = import_run(engine, done)
    with session_scope(engine) as session:
        session.execute(delete(PhotoCurvesRow))
    return imported


@pytest.mark.slow
def test_the_curves_of_all_photos_that_were_scored_come_in_at_their_photos(engine: Engine, done: Run) -> None:
    import_run(engine, done)

    with session_scope(engine, read_only=True) as session:
        names = session.scalars(select(PhotoRow.name).order_by(PhotoRow.position)).all()
    assert set(kept(engine)) == {"gray", "random"}
    for name, data in kept(engine).items():
        scored, columns = done.columns(name, "auc")
        found = unpack(data)
        assert [done.photos[k] for k in scored] == list(names)
        assert found.known.all()
        back = (256 * found.high.astype(int) + found.low).cumsum(axis=0).T / STEPS
        np.testing.assert_allclose(back, columns["cmf"], atol=0.5 / STEPS + 1e-7)


@pytest.mark.slow
def test_a_photo_that_a_method_failed_on_has_no_curve_of_it(engine: Engine, done: Run) -> None:
    status = np.load(done.path / "rows" / "gray" / "status.npy")
    status[0] = 2
    np.save(done.path / "rows" / "gray" / "status.npy", status)

    import_run(engine, done)

    assert {name: unpack(data).known.tolist() for name, data in kept(engine).items()} == {
        "gray": [False, True, True, True, True, True],
        "random": [True] * 6,
    }


@pytest.mark.slow
def test_importing_an_old_run_again_brings_its_curves_and_nothing_else(
    engine: Engine, done: Run, old: Imported
) -> None:
    before = version(engine)

    again = import_run(engine, done)

    assert again == Imported(old.run_id, False, old.scores, completed=True)
    assert set(kept(engine)) == {"gray", "random"}
    assert version(engine) == before + 1
    assert import_run(engine, done) == Imported(old.run_id, False, old.scores)
    assert version(engine) == before + 1


@pytest.mark.slow
def test_a_run_folder_without_rows_is_imported_without_them(engine: Engine, done: Run, old: Imported) -> None:
    shutil.rmtree(done.path / "rows")

    assert import_run(engine, done) == Imported(old.run_id, False, old.scores)
    assert kept(engine) == {}


@pytest.mark.slow
@pytest.mark.parametrize("damage", [np.nan, 1.5, -0.1, 0.0])
def test_what_is_no_curve_is_refused_and_leaves_nothing_behind(sqlite_engine: Engine, done: Run, damage: float) -> None:
    path = done.path / "rows" / "gray" / "auc.cmf.npy"
    curves = np.load(path)
    curves[5, 150] = damage  # 0: falls back at its end
    np.save(path, curves)

    with pytest.raises(UserError, match=r"run: auc\.cmf of gray: the curve of a photo rises .* Run it again"):
        import_run(sqlite_engine, done)

    assert kept(sqlite_engine) == {}


@pytest.mark.slow
def test_rows_of_a_photo_that_the_dataset_has_not_are_refused(sqlite_engine: Engine, done: Run) -> None:
    status = np.load(done.path / "rows" / "gray" / "status.npy")
    status[3] = 1
    np.save(done.path / "rows" / "gray" / "status.npy", status)

    with pytest.raises(UserError, match=r"rows has 'p3', no photo of the manifest that was scored\. Run it again"):
        import_run(sqlite_engine, done)


@pytest.mark.slow
def test_who_waited_for_another_import_of_the_same_old_run_changes_nothing(
    sqlite_engine: Engine, done: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_run(sqlite_engine, done)
    found = iter([[(1, 1, "gray")], []])  # what is lacking before the wait, and after it
    monkeypatch.setattr("evalsuite.store.lacking", lambda *_: next(found))

    assert not import_run(sqlite_engine, done).completed
    assert version(sqlite_engine) == 1
