"""Hints of a run: the same for all methods, replayed from files, and refused where flags contradict each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from evalsuite.cli import group
from evalsuite.color import rgb_to_lab
from evalsuite.contracts import Batch, Colorize, Colorizer, Hints, Setting
from evalsuite.errors import UserError
from evalsuite.hint_files import write_points
from evalsuite.hinting import count_of, style_of
from evalsuite.plan import Plan
from evalsuite.points import Point
from evalsuite.registry import colorizer
from evalsuite.run import run
from evalsuite.simulated_users import STYLES, number_of_points, simulate
from evalsuite.work import photo_seed


def watching(seen: list[Batch], name: str, accepts: tuple[str, ...], points: int = 0) -> Colorizer:
    """A method that only looks at what it is given."""

    def load(setting: Setting) -> Colorize:
        def colorize(batch: Batch) -> torch.Tensor:
            seen.append(batch)
            return batch.L.repeat(1, 2, 1, 1) * 0

        return colorize

    return Colorizer(name=name, title=name, load=load, accepts=accepts, points=points)


def hints_by_photo(seen: list[Batch]) -> dict[str, Hints]:
    given = {}
    for batch in seen:
        assert batch.hints is not None
        for k, photo in enumerate(batch.photos):
            given[photo.id] = Hints(batch.hints.ab[k], batch.hints.mask[k])
    return given


def ab_of(photo: Path, size: int = 32) -> np.ndarray:
    image = np.asarray(Image.open(photo).convert("RGB").resize((size, size), Image.Resampling.BICUBIC))
    return rgb_to_lab(torch.from_numpy(image.copy()).permute(2, 0, 1)[None])[0, 1:].numpy()


@pytest.mark.slow
def test_all_methods_of_a_run_get_the_same_hints_of_the_photos_own_colors(plan: Plan) -> None:
    first: list[Batch] = []
    second: list[Batch] = []
    both = watching(first, "first", ("L", "hints")), watching(second, "second", ("L", "hints"), points=3)

    run(replace(plan, colorizers=both, options={"hints": "4"}, tile=3))

    one, two = hints_by_photo(first), hints_by_photo(second)
    assert set(one) == set(two) == {f"p{k}" for k in range(7)}
    for name in one:
        points = simulate(ab_of(plan.images / f"{name}.png"), 4, photo_seed(0, name))
        assert torch.equal(one[name].ab, two[name].ab)
        assert torch.equal(one[name].mask, two[name].mask)
        assert one[name].ab[:, points[-1].y, points[-1].x].tolist() == pytest.approx([points[-1].a, points[-1].b])


@pytest.mark.slow
def test_without_a_number_each_method_gets_its_own(plan: Plan) -> None:
    none: list[Batch] = []
    five: list[Batch] = []
    fixed: list[Batch] = []
    methods = (
        watching(none, "none", ("L", "hints")),
        watching(five, "five", ("L", "hints"), points=5),
        replace(watching(fixed, "fixed", ("L", "hints"), points=5), fixed_points=1),
    )

    run(replace(plan, colorizers=methods, limit=1))

    assert not next(iter(hints_by_photo(none).values())).mask.any()
    assert next(iter(hints_by_photo(five).values())).mask.sum() > 36
    assert next(iter(hints_by_photo(fixed).values())).mask.sum() == 36


@pytest.mark.slow
def test_a_random_number_of_points_is_drawn_per_photo(plan: Plan) -> None:
    seen: list[Batch] = []

    run(replace(plan, colorizers=(watching(seen, "it", ("L", "hints")),), options={"hints": "random"}))

    for name, hints in hints_by_photo(seen).items():
        assert bool(hints.mask.any()) == (number_of_points(photo_seed(0, name)) > 0)


@pytest.mark.slow
def test_methods_that_do_not_take_hints_get_none(plan: Plan) -> None:
    seen: list[Batch] = []

    run(replace(plan, colorizers=(watching(seen, "it", ("L",)),), options={"hints": "4"}))

    assert all(batch.hints is None and batch.global_hints is None for batch in seen)


@pytest.mark.slow
def test_global_hints_are_the_photos_own_or_those_of_references(plan: Plan, tmp_path: Path) -> None:
    own: list[Batch] = []
    theirs: list[Batch] = []
    red = tmp_path / "red.png"
    Image.fromarray(np.full((9, 7, 3), (255, 0, 0), np.uint8)).save(red)
    mine = watching(own, "own", ("L", "global_hints"))
    borrowed = replace(
        watching(theirs, "theirs", ("L", "global_hints")),
        companions=lambda dataset, setting: [(red,)] * len(dataset.photos),
    )

    run(replace(plan, colorizers=(mine, borrowed)))

    assert own[0].global_hints is not None
    assert theirs[0].global_hints is not None
    assert own[0].global_hints.histogram.sum(dim=1).tolist() == pytest.approx([1.0] * 7)
    assert own[0].global_hints.histogram.max() < 1
    assert theirs[0].global_hints.histogram.max(dim=1).values.tolist() == [1.0] * 7
    assert theirs[0].companions == ()


@pytest.mark.slow
def test_a_replayed_hint_file_gives_the_same_pictures(plan: Plan, tmp_path: Path) -> None:
    words = ["hints", "--images", str(plan.images), "--hints", "5", "--size", "32", "--out", str(tmp_path / "hints")]
    levin = replace(plan, colorizers=(colorizer("levin2004"),))

    written = CliRunner().invoke(group, words, catch_exceptions=False)
    simulated = run(replace(levin, options={"hints": "5"}, out=tmp_path / "simulated"))
    replayed = run(replace(levin, options={"hint_files": str(tmp_path / "hints")}, out=tmp_path / "replayed"))

    assert "hints of 7 photos" in written.output
    outputs = [(one.path / "outputs.sha256").read_text() for one in (simulated, replayed)]
    assert outputs[0] == outputs[1]
    assert simulated.summary == replayed.summary


@pytest.mark.slow
def test_wrong_points_cost_their_photo_alone(plan: Plan, tmp_path: Path) -> None:
    for k in range(6):
        write_points(tmp_path / "hints" / f"p{k}.csv", [Point(31, 0, 9.0, 9.0, 3)])
    write_points(tmp_path / "hints" / "p3.csv", [Point(32, 0, 9.0, 9.0, 3)])
    levin = replace(plan, colorizers=(colorizer("levin2004"),), options={"hint_files": str(tmp_path / "hints")})

    done = run(levin)

    reasons = {failure["photo"]: failure["reason"] for failure in done.manifest["failures"]}
    assert set(reasons) == {"p3", "p6"}
    assert "x is 0..31 and y is 0..31 in this photo; got 32, 0" in reasons["p3"]
    assert "got none for p6" in reasons["p6"]
    assert len(list((done.path / "outputs" / "levin2004").glob("*.png"))) == 5


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--hints", "-1"], "0 to 10,000 points, or random"),
        (["--hints", "many"], "got 'many'"),
        (["--hints", "20000"], "got '20000'"),
        (["--hints", "3", "--hint-files", "h"], "--hints and --hint-files: hints come from one source"),
        (["--hint-files", "h", "--hint-style", "icolorit"], "it is about simulated users"),
        (["--hint-files", "nowhere"], "where nothing is"),
    ],
)
def test_flags_that_make_no_sense_are_refused(words: list[str], says: str, photos: Path, tmp_path: Path) -> None:
    command = ["run", "--images", str(photos), "--colorizers", "levin2004", "--out", str(tmp_path / "run"), *words]

    refused = CliRunner().invoke(group, command)

    assert refused.exit_code != 0
    assert says in f"{refused.output} {refused.exception}"
    assert not (tmp_path / "run").exists()


def test_an_unknown_style_is_refused() -> None:
    assert style_of({"hint_style": "icolorit"}) is STYLES["icolorit"]
    with pytest.raises(UserError, match="--hint-style: zhang2017, training, icolorit; got 'x'"):
        style_of({"hint_style": "x"})


@pytest.mark.parametrize(("options", "count"), [({}, 7), ({"hints": "3"}, 3), ({"hints": "random"}, None)])
def test_the_number_of_points_is_the_commands_or_the_methods(options: dict[str, str], count: int | None) -> None:
    assert count_of(options, 7) == count


@pytest.mark.slow
def test_the_written_hints_name_photos_that_cannot_be_decoded(
    photos: Path, tmp_path: Path, write_photo: Callable[..., None]
) -> None:
    (photos / "bad.jpg").write_text("no photo")
    words = ["hints", "--images", str(photos), "--hints", "random", "--hint-style", "icolorit", "--out"]

    done = CliRunner().invoke(group, [*words, str(tmp_path / "h")], catch_exceptions=False)

    assert "hints of 7 photos" in done.output
    assert "failed  bad: " in done.output
    assert len(list((tmp_path / "h").glob("*.csv"))) == 7
