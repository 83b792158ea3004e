"""A local Ray cluster of two workers gives exactly the numbers of one process."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evalsuite.contracts import Batch, Colorize, Colorizer, Setting
from evalsuite.errors import Unavailable
from evalsuite.plan import Plan
from evalsuite.ray_engine import RayEngine, load_ray
from evalsuite.run import run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray = load_ray()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield
    ray.shutdown()


def tiles_of(run_folder: Path) -> list[str]:
    return sorted((run_folder / "journal.jsonl").read_text().splitlines())


@pytest.mark.usefixtures("cluster")
def test_two_workers_give_exactly_the_numbers_of_one_process(plan: Plan, tmp_path: Path) -> None:
    plan = replace(plan, tile=2)

    alone = run(plan)
    sharded = run(replace(plan, out=tmp_path / "ray", engine=RayEngine("cpu", workers=2)))

    assert (sharded.path / "scores.parquet").read_bytes() == (alone.path / "scores.parquet").read_bytes()
    assert (sharded.path / "outputs.sha256").read_bytes() == (alone.path / "outputs.sha256").read_bytes()
    assert sharded.summary == alone.summary
    assert len(tiles_of(sharded.path)) == 4


def dying_once(marker: Path) -> Colorizer:
    """A method whose process is killed at its first sight of position 4."""

    def load(setting: Setting) -> Colorize:
        def colorize(batch: Batch) -> object:
            if 4 in batch.indices and not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return batch.L.repeat(1, 2, 1, 1) * 0

        return colorize  # type: ignore[return-value]  # cloudpickle carries the function, its type is no matter

    return Colorizer(name="dying", title="Dying", load=load)


@pytest.mark.usefixtures("cluster")
def test_the_tile_of_a_killed_worker_is_done_again_and_none_twice(plan: Plan, tmp_path: Path) -> None:
    marker = tmp_path / "died"
    plan = replace(plan, tile=2, colorizers=(*plan.colorizers, dying_once(marker)), engine=RayEngine("cpu", workers=2))

    done = run(plan)

    assert marker.exists()
    assert done.photos == [f"p{k}" for k in range(7)]
    assert done.summary["colorizers"]["dying"]["auc"]["n"] == 7
    assert len(tiles_of(done.path)) == 4
    assert done.manifest["failures"] == []


def test_without_ray_the_flag_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("evalsuite.ray_engine.importlib.import_module", missing)

    with pytest.raises(Unavailable, match=r"pip install 'colorization-evalsuite\[ray\]'"):
        load_ray()
