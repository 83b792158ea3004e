"""A sweep over numbers of hints: nested, shared, resumed, and refused where it makes no sense."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from evalsuite.cli import group, main
from evalsuite.contracts import Batch, Colorize, Colorizer, Hints, Setting
from evalsuite.errors import UserError
from evalsuite.hint_files import write_points
from evalsuite.plan import Plan
from evalsuite.points import Point
from evalsuite.registry import colorizer, metric
from evalsuite.results import open_run
from evalsuite.sweep import check_means, check_points, plan_of_sweep, sweep
from evalsuite.sweep_tables import sweep_report
from tests.evalsuite.interrupted import killed, six_tiles, waiting_method


def telling(name: str, seen: dict[tuple[str, int], list[Hints]], loads: list[int]) -> Colorizer:
    """A method that notes the hints it gets, and how often it was loaded."""

    def load(setting: Setting) -> Colorize:
        loads.append(1)

        def colorize(batch: Batch) -> torch.Tensor:
            assert batch.hints is not None
            for k, photo in enumerate(batch.photos):
                seen.setdefault((name, batch.indices[k]), []).append(Hints(batch.hints.ab[k], batch.hints.mask[k]))
                assert photo.id == f"p{batch.indices[k]}"
            return batch.hints.ab

        return colorize

    return Colorizer(name=name, title=name, load=load, accepts=("L", "hints"), points=9)


@pytest.fixture
def swept(plan: Plan) -> Plan:
    """Levin and gray on seven small photos."""
    metrics = tuple(metric(name) for name in ("psnr_rgb", "ciede2000"))
    return replace(plan, colorizers=(colorizer("levin2004"), colorizer("gray")), metrics=metrics)


@pytest.mark.slow
def test_hints_are_nested_and_the_same_for_all_methods_which_are_loaded_once(plan: Plan) -> None:
    seen: dict[tuple[str, int], list[Hints]] = {}
    loads: list[int] = []
    methods = telling("one", seen, loads), telling("two", seen, loads)

    sweep(replace(plan, colorizers=methods, metrics=(metric("psnr_rgb"),)), [0, 1, 3, 10])

    assert loads == [1, 1]
    assert len(seen) == 14
    for (name, photo), hints in seen.items():
        masks = [int(one.mask.sum()) for one in hints]
        assert masks[:2] == [0, 36]
        assert masks == sorted(masks)
        for few, many in pairwise(hints):
            assert bool((many.mask >= few.mask).all())
        others = seen["two" if name == "one" else "one", photo]
        assert all(torch.equal(a.ab, b.ab) for a, b in zip(hints, others, strict=True))


@pytest.mark.slow
def test_a_sweep_is_a_run_whose_photos_are_decoded_once(swept: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Path] = []
    real = Path.read_bytes

    def noting(path: Path) -> bytes:
        decoded.append(path)
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", noting)

    done, _ = sweep(swept, [0, 2, 5])

    assert done.colorizers == ["levin2004.0", "levin2004.2", "levin2004.5", "gray"]
    photos = [path for path in decoded if path.parent == swept.images]
    assert len(photos) == len(set(photos)) == 7
    assert done.manifest["colorizers"]["levin2004.2"]["title"] == "Levin et al. 2004, 2 points"
    assert len(list((done.path / "outputs" / "levin2004.5").glob("*.png"))) == 7


@pytest.mark.slow
def test_without_hints_levin_is_gray_and_hints_help(swept: Plan) -> None:
    _, found = sweep(swept, [0, 1, 5, 20])

    levin, gray = found["curves"]["levin2004"]["psnr_rgb"], found["curves"]["gray"]["psnr_rgb"]
    assert levin["value"][0] == gray["value"][0]
    assert levin["value"][-1] > levin["value"][0]
    assert gray["points"] == [0]
    assert not gray["hinted"]
    at_none = next(row for row in found["differences"] if row["points"] == 0 and row["metric"] == "psnr_rgb")
    assert (at_none["value"], at_none["ci95"]) == (0, [0, 0])
    needed = next(row for row in found["needed"] if row["target"] == "gray" and row["metric"] == "psnr_rgb")
    assert needed["value"] == 0


@pytest.mark.slow
def test_a_sweep_that_was_stopped_goes_on_to_the_same_numbers(swept: Plan, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    calls: list[int] = []

    def load(setting: Setting) -> Colorize:
        def colorize(batch: Batch) -> torch.Tensor:
            calls.append(len(batch.L))
            if len(calls) == 5:
                raise KeyboardInterrupt
            assert batch.hints is not None
            return batch.hints.ab

        return colorize

    mine = Colorizer(name="mine", title="mine", load=load, accepts=("L", "hints"))
    stopped = replace(swept, colorizers=(mine,), out=tmp_path / "stopped", tile=2)
    with pytest.raises(KeyboardInterrupt):
        sweep(stopped, [0, 1, 2])
    before = len(calls)

    _, resumed = sweep(stopped, [0, 1, 2])
    done = len(calls) - before
    _, whole = sweep(replace(stopped, out=tmp_path / "whole"), [0, 1, 2])

    assert done == 9
    assert resumed == whole


@pytest.mark.slow
def test_recorded_hints_are_swept_by_their_first_points(plan: Plan, tmp_path: Path) -> None:
    points = [Point(x, 3, 10.0 * x, 0.0, 1) for x in range(4)]
    for k in range(7):
        write_points(tmp_path / "hints" / f"p{k}.csv", points)
    seen: dict[tuple[str, int], list[Hints]] = {}
    recorded = replace(
        plan,
        colorizers=(telling("it", seen, []),),
        metrics=(metric("psnr_rgb"),),
        options={"hint_files": str(tmp_path / "hints")},
    )

    _, found = sweep(recorded, [0, 1, 3, 9])

    assert [int(hints.mask.sum()) for hints in seen["it", 0]] == [0, 1, 3, 4]
    assert seen["it", 0][2].ab[0, 3, :4].tolist() == [0, 10, 20, 0]
    assert found["hints"]["files"] == str(tmp_path / "hints")


def test_names_that_were_spelled_out_and_weights_reach_every_member(swept: Plan, tmp_path: Path) -> None:
    plan = replace(swept, named=frozenset({"levin2004"}), weights={"levin2004": tmp_path, "gray": tmp_path})

    made = plan_of_sweep(plan, [0, 7])

    assert made.named >= {"levin2004.0", "levin2004.7"}
    assert set(made.weights) >= {"levin2004.0", "levin2004.7", "gray"}
    assert made.options["sweep"] == "0,7"


@pytest.mark.parametrize("points", [[], [5], [0, 0], [5, 1], [-1, 3], [0, 10_001]])
def test_points_that_make_no_curve_are_refused(points: Sequence[int]) -> None:
    with pytest.raises(UserError, match="--points: "):
        check_points(points)


@pytest.mark.parametrize("name", ["psnr_rgb_pooled", "auc_rebalanced", "fid_efficientnet_lite0", "params_mb"])
def test_metrics_that_are_no_means_are_refused(name: str) -> None:
    check_means([metric("psnr_rgb"), metric("ssim"), metric("lpips_alex"), metric("auc")])
    with pytest.raises(UserError, match=f"--metrics {name}: a curve needs a metric that is the mean"):
        check_means([metric(name)])


def test_a_sweep_needs_a_method_that_takes_hints(swept: Plan) -> None:
    with pytest.raises(UserError, match="at least one method takes hints; got gray"):
        sweep(replace(swept, colorizers=(colorizer("gray"),)), [0, 1])
    assert not swept.out.exists()


@pytest.mark.slow
def test_a_run_is_no_sweep(swept: Plan, tmp_path: Path) -> None:
    done, _ = sweep(swept, [0, 1])

    assert open_run(done.path).manifest["options"]["sweep"] == "0,1"
    with pytest.raises(UserError, match="another command"):
        sweep(swept, [0, 2])


@pytest.mark.slow
def test_the_tables_have_a_line_per_number_and_the_published_curve(swept: Plan) -> None:
    done, found = sweep(swept, [0, 5, 50])

    text = sweep_report(done, found, "markdown")
    latex = sweep_report(done, found, "latex")
    rows = list(csv.DictReader(io.StringIO(sweep_report(done, found, "csv"))))

    first = text.split("\n\n")[1].splitlines()
    assert [line.split("|")[1].strip() for line in first[2:]] == ["0", "5", "50"]
    assert first[0].split("|")[-2].strip() == "published siggraph17"
    assert [line.split("|")[-2].strip() for line in first[2:]] == ["24.43", "27.39", "30.42"]
    assert "psnrs_siggraph.npy" in text
    assert "levin2004 to reach published siggraph17 without hints: PSNR 24.43" in text
    assert latex.count(r"\begin{table}") == text.count("\n| --")
    assert {row["quantity"] for row in rows} >= {"value", "gain per point", "difference", "points needed", "published"}
    values = [float(row["value"]) for row in rows if (row["quantity"], row["colorizer"]) == ("value", "levin2004")]
    assert values == [v for m in ("psnr_rgb", "ciede2000") for v in found["curves"]["levin2004"][m]["value"]]
    assert json.loads(sweep_report(done, found, "json")) == found
    with pytest.raises(UserError, match="formats markdown, csv, json, latex; got 'xml'"):
        sweep_report(done, found, "xml")


def test_the_numbers_are_means_of_the_runs_scores_over_photos_that_all_came_through(plan: Plan) -> None:
    def load(setting: Setting) -> Colorize:
        def colorize(batch: Batch) -> torch.Tensor:
            assert batch.hints is not None
            if 3 in batch.indices and batch.hints.mask.any():
                raise ValueError("no")
            return batch.hints.ab

        return colorize

    mine = Colorizer(name="mine", title="mine", load=load, accepts=("L", "hints"))

    done, found = sweep(replace(plan, colorizers=(mine,), metrics=(metric("psnr_rgb"),)), [0, 4])

    scores = done.scores.set_index(["image", "colorizer"])["value"]
    kept = [f"p{k}" for k in range(7) if k != 3]
    curve = found["curves"]["mine"]["psnr_rgb"]
    assert found["photos"] == {"psnr_rgb": 6}
    for k, name in enumerate(("mine.0", "mine.4")):
        assert curve["value"][k] == pytest.approx(np.mean([scores[photo, name] for photo in kept]))


@pytest.mark.slow
def test_no_photo_that_came_through_everywhere_is_told(plan: Plan) -> None:
    def load(setting: Setting) -> Colorize:
        def colorize(batch: Batch) -> torch.Tensor:
            assert batch.hints is not None
            if batch.hints.mask.any() == (batch.indices[0] % 2 == 0) or len(batch.L) > 1:
                raise ValueError("no")
            return batch.hints.ab

        return colorize

    mine = Colorizer(name="mine", title="mine", load=load, accepts=("L", "hints"))

    with pytest.raises(UserError, match="no photo has psnr_rgb of every method with every number of points"):
        sweep(replace(plan, colorizers=(mine,), metrics=(metric("psnr_rgb"),)), [0, 4])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--points", "0,x"], "--points: whole numbers"),
        (["--points", ""], "--points: whole numbers"),
        (["--points", "3,1"], "ascending; got 3, 1"),
        (["--metrics", "psnr_rgb_pooled"], "is the mean of a value per photo"),
        (["--hint-files", "nowhere"], "where nothing is"),
    ],
)
def test_mistakes_are_a_sentence(
    words: list[str],
    says: str,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["sweep", "--images", str(photos), "--colorizers", "levin2004", "--out", str(tmp_path / "r"), *words]
    monkeypatch.setattr(sys, "argv", ["evalsuite", *command])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


@pytest.mark.slow
def test_the_command_prints_the_curves(photos: Path, tmp_path: Path) -> None:
    words = ["--size", "32", "--points", "0,2", "--metrics", "psnr_rgb", "--device", "cpu", "--format", "csv"]
    command = ["sweep", "--images", str(photos), "--colorizers", "levin2004,gray", "--out", str(tmp_path / "r")]

    shown = CliRunner().invoke(group, [*command, *words], catch_exceptions=False)

    assert shown.output.startswith("quantity,metric,colorizer,points,value,low,high,unit\nvalue,psnr_rgb,levin2004,0,")
    assert (tmp_path / "r" / "sweep.json").exists()


@pytest.mark.slow
def test_a_killed_sweep_goes_on_with_the_same_command(photos: Path, tmp_path: Path) -> None:
    six_tiles(photos)
    slow = waiting_method(tmp_path, accepts=("L", "hints"), times=2)
    words = ["sweep", "--images", str(photos), "--colorizers", f"levin2004,{slow}", "--points", "0,5", "--size", "32"]
    words += ["--metrics", "psnr_rgb", "--format", "json", "--out"]

    def command(out: str) -> list[str]:
        return [sys.executable, "-m", "evalsuite.cli", *words, str(tmp_path / out)]

    done_before = killed(command("killed"), tmp_path, tmp_path / "killed")
    assert not (tmp_path / "killed" / "sweep.json").exists()
    resumed, fresh = (
        subprocess.run(command(out), capture_output=True, text=True, check=False, timeout=300)
        for out in ("killed", "fresh")
    )

    assert 0 < done_before < 6
    assert resumed.returncode == fresh.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout) == json.loads(fresh.stdout)
