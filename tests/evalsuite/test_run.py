"""The engine on small photos: what goes in, what comes out, and what happens when something goes wrong."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from evalsuite.contracts import Batch, Colorize, Colorizer, Setting
from evalsuite.engines import LocalEngine
from evalsuite.errors import Unavailable, UserError
from evalsuite.images import Resize
from evalsuite.plan import Plan
from evalsuite.registry import colorizer, metric
from evalsuite.results import Run, open_run
from evalsuite.run import run

WritePhoto = Callable[..., None]
IN_PROCESS = LocalEngine([torch.device("cpu")], decoders=0)


def made_of(name: str, colorize: Callable[[Batch], object]) -> Colorizer:
    """A colorizer of somebody else's, who may not keep the contract."""

    def load(setting: Setting) -> Colorize:
        return colorize  # type: ignore[return-value]  # what such a method returns is what is tested

    return Colorizer(name=name, title=name, load=load)


def tinted(batch: Batch) -> torch.Tensor:
    return torch.full((len(batch.L), 2, 1, 1), 12.0)


def numbers(run: Run) -> dict[str, dict[str, float]]:
    return {c: {m: score["value"] for m, score in s.items()} for c, s in run.summary["colorizers"].items()}


@pytest.mark.slow
def test_a_run_folder_is_complete(plan: Plan) -> None:
    done = run(plan)

    assert done.summary["dataset"]["images"] == 7
    assert {p.name for p in (plan.out / "outputs").iterdir()} == {"ground_truth", "gray", "random"}
    assert len(list((plan.out / "outputs" / "gray").glob("*.png"))) == 7
    scores = done.scores
    assert list(scores.columns) == ["image", "colorizer", "metric", "value"]
    assert set(scores["metric"]) == {"psnr_rgb", "ssim", "auc", "colorfulness"}
    assert len(scores) == 7 * 3 * 4
    assert len(done.curves["gray"]["auc"]["share"]) == 151


@pytest.mark.slow
def test_the_truth_is_perfect_and_the_summary_says_how_sure(plan: Plan) -> None:
    done = run(plan)

    truth, gray = done.summary["colorizers"]["ground_truth"], done.summary["colorizers"]["gray"]
    assert truth["auc"]["value"] == 1.0
    assert truth["ssim"]["value"] == pytest.approx(1.0)
    low, high = gray["auc"]["ci95"]
    assert low < gray["auc"]["value"] < high
    assert gray["auc"]["n"] == 7
    assert gray["auc"]["unit"] == "fraction"
    assert gray["auc"]["better"] == "higher"


@pytest.mark.slow
def test_what_is_measured_is_what_is_saved(plan: Plan) -> None:
    done = run(plan)

    listed = subprocess.run(["sha256sum", "--check", "--quiet", "outputs.sha256"], cwd=plan.out, check=False)
    assert listed.returncode == 0
    scores = done.scores.set_index(["image", "colorizer", "metric"])["value"]
    for photo in done.photos:
        with Image.open(plan.out / "outputs" / "gray" / f"{photo}.png") as image:
            output = np.asarray(image, np.float64)
        with Image.open(plan.images / f"{photo}.png") as image:
            target = np.asarray(image.resize((32, 32), Image.Resampling.BICUBIC), np.float64)
        expected = 10 * np.log10(255**2 / np.mean((output - target) ** 2))
        assert scores[photo, "gray", "psnr_rgb"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
def test_numbers_do_not_depend_on_processes_or_devices(plan: Plan, tmp_path: Path) -> None:
    cpu = torch.device("cpu")
    engines = [IN_PROCESS, LocalEngine([cpu], decoders=2), LocalEngine([cpu, cpu], decoders=2)]
    runs = [run(replace(plan, out=tmp_path / str(k), engine=engine)) for k, engine in enumerate(engines)]

    assert numbers(runs[0]) == numbers(runs[1]) == numbers(runs[2])
    assert runs[0].photos == runs[2].photos
    parquets = {(r.path / "scores.parquet").read_bytes() for r in runs}
    assert len(parquets) == 1


@pytest.mark.slow
@pytest.mark.parametrize("tile", [1, 3])
def test_numbers_do_not_depend_on_the_batch(plan: Plan, tmp_path: Path, tile: int) -> None:
    whole, parts = run(plan), run(replace(plan, out=tmp_path / "parts", tile=tile))

    for name, scores in numbers(whole).items():
        assert numbers(parts)[name] == pytest.approx(scores, rel=1e-6)


@pytest.mark.slow
def test_numbers_do_not_depend_on_the_order_of_colorizers(plan: Plan, tmp_path: Path) -> None:
    turned = replace(plan, out=tmp_path / "turned", colorizers=plan.colorizers[::-1])

    assert numbers(run(turned)) == numbers(run(plan))


def stopping_after(count: int) -> Colorizer:
    """A method during whose work somebody presses Ctrl-C."""
    seen: list[int] = []

    def colorize(batch: Batch) -> torch.Tensor:
        seen.extend(batch.indices)
        if len(seen) > count:
            raise KeyboardInterrupt
        return tinted(batch)

    return made_of("mine", colorize)


@pytest.mark.slow
def test_a_stopped_run_goes_on_and_gives_the_same_numbers(plan: Plan, tmp_path: Path) -> None:
    plan = replace(plan, tile=2)
    with pytest.raises(KeyboardInterrupt):
        run(replace(plan, colorizers=(*plan.colorizers, stopping_after(5))))
    assert (plan.out / "journal.jsonl").exists()
    seen: list[int] = []

    def counting(batch: Batch) -> torch.Tensor:
        seen.extend(batch.indices)
        return tinted(batch)

    resumed = run(replace(plan, colorizers=(*plan.colorizers, made_of("mine", counting))))
    fresh = run(replace(plan, colorizers=(*plan.colorizers, made_of("mine", tinted)), out=tmp_path / "fresh"))

    assert 0 < len(seen) < 7
    assert numbers(resumed) == numbers(fresh)
    assert (resumed.path / "scores.parquet").read_bytes() == (fresh.path / "scores.parquet").read_bytes()


@pytest.mark.slow
def test_a_complete_run_is_not_done_again(plan: Plan) -> None:
    run(plan)
    before = (plan.out / "manifest.json").read_bytes()

    run(plan)

    assert (plan.out / "manifest.json").read_bytes() == before


@pytest.mark.slow
def test_another_command_on_the_same_folder_is_refused_with_the_difference(plan: Plan) -> None:
    run(plan)

    with pytest.raises(UserError, match=r"another command: resize\.size was 32 and is now 48; seed was 0 and is now 3"):
        run(replace(plan, resize=Resize("squash", 48), seed=3))


@pytest.mark.slow
def test_a_complete_run_with_other_weights_is_another_run(plan: Plan, tmp_path: Path) -> None:
    first, second = tmp_path / "first.pth", tmp_path / "second.pth"
    first.write_text("1")
    second.write_text("2")
    run(replace(plan, weights={"gray": first}))

    with pytest.raises(UserError, match=r"another command: weights\.gray was 6b86b273ff34… and is now d4735e3a265e…"):
        run(replace(plan, weights={"gray": second}))


def test_weights_of_a_method_that_is_not_in_the_run_are_refused(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--weights grey: .* expected one of ground_truth, gray, random\."):
        run(replace(plan, weights={"grey": tmp_path / "x.pth"}))


def test_an_edited_method_is_another_one(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    for k in range(2):
        path.write_text(
            "from evalsuite.contracts import Colorizer\n"
            f"COLORIZER = Colorizer(name='mine', title='Mine', load=lambda s: lambda b: b.L.repeat(1, 2, 1, 1) * {k})\n"
        )
        mine = replace(plan, colorizers=(colorizer(f"{path}:COLORIZER"),))
        if k == 0:
            run(mine)
            continue
        with pytest.raises(UserError, match=r"another command: plugins\.mine was .* and is now"):
            run(mine)


def test_a_method_of_somebody_else_that_cannot_be_loaded_is_told_with_its_line(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from evalsuite.contracts import Colorizer\n\n\ndef load(setting):\n    return setting.no_such_thing\n\n\n"
        "COLORIZER = Colorizer(name='mine', title='Mine', load=load)\n"
    )

    with pytest.raises(UserError, match=r"colorizer mine: its load failed; got AttributeError: .*mine\.py, line 5\."):
        run(replace(plan, colorizers=(colorizer(f"{tmp_path}/mine.py:COLORIZER"),)))


def test_failures_are_listed_in_the_order_of_photos(plan: Plan, write_photo: WritePhoto) -> None:
    write_photo(plan.images / "p1.png", 1, (20, 30))

    def nothing(batch: Batch) -> None:
        return None

    done = run(replace(plan, colorizers=(made_of("mine", nothing),), resize=Resize("native", 0)))

    assert [failure["photo"] for failure in done.manifest["failures"]] == [f"p{k}" for k in range(7)]


@pytest.mark.slow
def test_other_photos_in_the_same_folder_are_noticed(plan: Plan, write_photo: WritePhoto) -> None:
    run(plan)
    write_photo(plan.images / "p7.png", 7)

    with pytest.raises(UserError, match=r"dataset\.photos was 7 and is now 8"):
        run(plan)


def test_a_folder_of_other_files_is_refused(plan: Plan) -> None:
    plan.out.mkdir()
    (plan.out / "thesis.tex").touch()

    with pytest.raises(UserError, match="holds other files and no run"):
        run(plan)


def test_a_file_is_no_run_folder(plan: Plan) -> None:
    plan.out.touch()

    with pytest.raises(UserError, match="this is a file"):
        run(plan)


@pytest.mark.slow
def test_two_processes_do_not_share_a_folder(plan: Plan) -> None:
    def nested(batch: Batch) -> torch.Tensor:
        with pytest.raises(UserError, match="another process is at work"):
            run(plan)
        return tinted(batch)

    plan = replace(plan, colorizers=(made_of("mine", nested),))

    assert run(plan).manifest["failures"] == []


@pytest.mark.slow
def test_files_that_are_no_photos_are_listed_and_the_rest_is_scored(plan: Plan) -> None:
    (plan.images / "empty.png").touch()
    (plan.images / "text.jpg").write_text("no photo")

    done = run(plan)

    assert {f["photo"] for f in done.manifest["dataset"]["failed"]} == {"empty", "text"}
    assert all(f["reason"] for f in done.manifest["dataset"]["failed"])
    assert done.summary["dataset"]["images"] == 7
    assert done.summary["colorizers"]["random"]["auc"]["n"] == 7


def test_no_photo_left_is_an_error(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "text.jpg").write_text("no photo")

    with pytest.raises(UserError, match="no photo is left to score"):
        run(replace(plan, images=tmp_path / "none"))


@pytest.mark.slow
def test_truly_gray_photos_are_counted_or_dropped(plan: Plan, tmp_path: Path) -> None:
    Image.fromarray(np.full((32, 32, 3), 99, np.uint8)).save(plan.images / "gray.png")

    kept, dropped = run(plan), run(replace(plan, out=tmp_path / "dropped", drop_gray=True))

    assert kept.manifest["dataset"]["gray"] == dropped.manifest["dataset"]["gray"] == 1
    assert kept.summary["dataset"]["images"] == 8
    assert dropped.summary["dataset"]["images"] == 7
    assert dropped.manifest["dataset"]["dropped"] == 1


def broken(kind: str) -> Colorizer:
    """A method that fails on the photo at position 2."""

    def colorize(batch: Batch) -> object:
        output = tinted(batch).repeat(1, 1, 4, 4)
        if 2 not in batch.indices:
            return output
        if kind == "raises":
            raise ZeroDivisionError("its own bug")
        if kind == "ends":
            raise SystemExit(3)
        if kind == "nan":
            output[batch.indices.index(2), 0, 0, 0] = float("nan")
            return output
        return {"shape": output[:-1], "nothing": None}[kind]

    return made_of("mine", colorize)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("raises", "ZeroDivisionError: its own bug"),
        ("ends", "SystemExit: 3"),
        ("nan", "not finite"),
        ("shape", "got"),
        ("nothing", "NoneType"),
    ],
)
def test_a_photo_that_a_method_fails_on_is_listed_and_the_others_are_scored(plan: Plan, kind: str, says: str) -> None:
    done = run(replace(plan, colorizers=(broken(kind), *plan.colorizers)))

    [failure] = done.manifest["failures"]
    assert (failure["colorizer"], failure["photo"]) == ("mine", "p2")
    assert says in failure["reason"]
    assert done.summary["colorizers"]["mine"]["auc_rebalanced"]["n"] == 6
    assert done.summary["colorizers"]["gray"]["auc_rebalanced"]["n"] == 7


@pytest.mark.slow
def test_a_method_that_fails_everywhere_has_no_value(plan: Plan) -> None:
    def nothing(batch: Batch) -> None:
        return None

    done = run(replace(plan, colorizers=(made_of("mine", nothing), *plan.colorizers)))

    assert len(done.manifest["failures"]) == 7
    assert all(score["value"] is None and score["n"] == 0 for score in done.summary["colorizers"]["mine"].values())


@pytest.mark.slow
def test_photos_of_many_sizes_are_scored_in_their_own_size(plan: Plan, write_photo: WritePhoto) -> None:
    write_photo(plan.images / "wide.png", 9, (64, 24))

    done = run(replace(plan, resize=Resize("native", 0)))

    with Image.open(plan.out / "outputs" / "random" / "wide.png") as image:
        assert image.size == (64, 24)
    assert done.summary["dataset"]["size"] is None
    assert done.summary["colorizers"]["random"]["ssim"]["n"] == 8


@pytest.mark.slow
def test_what_is_not_at_hand_is_skipped_unless_it_was_named(plan: Plan, tmp_path: Path) -> None:
    def load(setting: Setting) -> Colorize:
        raise Unavailable("far: its weights are far away")

    plan = replace(plan, colorizers=(*plan.colorizers, Colorizer(name="far", title="Far", load=load)))

    assert run(plan).manifest["skipped"] == [
        {"kind": "colorizer", "name": "far", "reason": "far: its weights are far away"}
    ]
    with pytest.raises(Unavailable, match="far away"):
        run(replace(plan, out=tmp_path / "named", named=frozenset({"far"})))


def test_nothing_at_hand_at_all_is_an_error(plan: Plan) -> None:
    def load(setting: Setting) -> Colorize:
        raise Unavailable("far: its weights are far away")

    with pytest.raises(UserError, match="nothing to do: far"):
        run(replace(plan, colorizers=(Colorizer(name="far", title="Far", load=load),)))


@pytest.mark.slow
@pytest.mark.parametrize(("code", "words"), [(28, "No space left on device"), (27, "File too large")])
def test_a_full_disk_is_told_and_nothing_is_lost(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(code, words)

    with monkeypatch.context() as patched:
        patched.setattr("evalsuite.run.write_atomically", full)
        with pytest.raises(
            UserError, match=rf"cannot be written \({words}\)\. Mend that and give the same command again"
        ):
            run(plan)

    assert run(plan).summary["dataset"]["images"] == 7


def test_a_folder_that_may_only_be_read_is_told(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", denied)

    with pytest.raises(UserError, match=r"run: the run folder cannot be written \(Permission denied\)"):
        run(plan)


@pytest.mark.slow
def test_the_first_look_is_taken_once_and_kept(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = replace(plan, colorizers=(colorizer("mean_ab"), stopping_after(0)), tile=2)
    with pytest.raises(KeyboardInterrupt):
        run(plan)
    monkeypatch.setattr("evalsuite.surveying.Loader", None)

    done = run(replace(plan, colorizers=(colorizer("mean_ab"), made_of("mine", tinted))))

    assert done.summary["colorizers"]["mean_ab"]["auc"]["n"] == 7


@pytest.mark.slow
def test_an_entry_of_the_manifest_per_photo_tells_its_file_and_hash(plan: Plan) -> None:
    [first, *_] = run(plan).manifest["photos"]

    assert first["id"] == "p0"
    assert (first["width"], first["height"]) == (40, 32)
    assert first["sha256"] == hash_by_coreutils(plan.images / "p0.png")


def hash_by_coreutils(path: Path) -> str:
    return subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]


def test_the_run_folder_can_be_moved(plan: Plan, tmp_path: Path) -> None:
    before = numbers(run(plan))
    plan.out.rename(tmp_path / "moved")

    moved = open_run(tmp_path / "moved")

    assert numbers(moved) == before
    assert json.loads((moved.path / "manifest.json").read_text())["status"] == "complete"


@pytest.mark.parametrize("name", ["../up", "target", "", "a/b"])
def test_a_name_that_cannot_name_a_folder_is_refused(plan: Plan, name: str) -> None:
    with pytest.raises(UserError, match="Rename it"):
        run(replace(plan, colorizers=(made_of(name, tinted),)))


def test_two_colorizers_of_one_name_are_refused(plan: Plan) -> None:
    with pytest.raises(UserError, match="two colorizers have this name"):
        run(replace(plan, commands={"gray": "cp {input} {output}"}))


@pytest.mark.slow
def test_scribbles_are_hints_and_photos_without_them_fail(plan: Plan, tmp_path: Path) -> None:
    folder = tmp_path / "scribbles"
    folder.mkdir()
    for path in sorted(plan.images.glob("*.png"))[:6]:
        with Image.open(path) as image:
            scribbled = np.asarray(image.convert("L").convert("RGB")).copy()
        scribbled[10:20, 10:20] = (200, 40, 40)
        Image.fromarray(scribbled).save(folder / path.name)

    done = run(replace(plan, colorizers=(colorizer("levin2004"),), options={"scribbles": str(folder)}))

    assert [failure["photo"] for failure in done.manifest["failures"]] == ["p6"]
    with Image.open(plan.out / "outputs" / "levin2004" / "p0.png") as image:
        red, green, _ = np.asarray(image, float).mean(axis=(0, 1))
    assert red > green + 30


@pytest.mark.slow
def test_scribbles_that_changed_are_another_command(plan: Plan, tmp_path: Path) -> None:
    folder = tmp_path / "scribbles"
    folder.mkdir()
    (folder / "p0.png").write_bytes((plan.images / "p0.png").read_bytes())
    plan = replace(plan, options={"scribbles": str(folder)})
    run(plan)
    (folder / "p1.png").touch()

    with pytest.raises(UserError, match=r"files\.scribbles was"):
        run(plan)


def test_an_option_that_names_no_file_is_refused(plan: Plan) -> None:
    with pytest.raises(UserError, match="no such file or folder"):
        run(replace(plan, options={"references": "nowhere"}))


@pytest.mark.slow
def test_a_prior_from_a_file_is_named_and_used(plan: Plan, tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.full(313, 1 / 313))

    gray = run(replace(plan, options={"prior": str(tmp_path / "flat.npy")})).summary["colorizers"]["gray"]

    # With equal weights the rebalanced AuC is the plain one, pooled over photos of one size.
    assert gray["auc_rebalanced"]["value"] == pytest.approx(gray["auc"]["value"], abs=1e-6)
    assert gray["auc_rebalanced"]["prior"] == "flat.npy"
    assert gray["auc_rebalanced"]["effective_sample_size"] == pytest.approx(7 * 32 * 32)


@pytest.mark.slow
def test_metrics_that_need_labels_are_left_out_without_them(plan: Plan, tmp_path: Path) -> None:
    needy = replace(metric("auc"), name="needy", needs_labels=True)
    plan = replace(plan, metrics=(*plan.metrics, needy))

    assert "needy" not in run(plan).metrics
    with pytest.raises(UserError, match="needy: photos must be labelled"):
        run(replace(plan, out=tmp_path / "named", named=frozenset({"needy"})))


@pytest.mark.slow
def test_labels_reach_the_metrics_that_need_them(plan: Plan, tmp_path: Path) -> None:
    needy = replace(metric("auc"), name="needy", needs_labels=True)
    (tmp_path / "labels.csv").write_text("file,class_index\np0.png,3\n")

    done = run(replace(plan, metrics=(needy,), labels=tmp_path / "labels.csv"))

    assert done.metrics == ["needy"]
    assert done.manifest["photos"][0]["label"] == 3
