from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

import evalsuite.metrics
from evalsuite.contracts import Colorizer, Metric
from evalsuite.errors import UserError
from evalsuite.plugins import discover, from_file, lookup, source_of
from evalsuite.registry import chosen_colorizers, chosen_metrics, metric

SOURCE = """
from evalsuite.contracts import Colorizer
MINE = Colorizer(name="mine", title="Mine", load=lambda setting: lambda batch: batch.L.repeat(1, 2, 1, 1) * 0)
OTHER = 3
"""


@dataclass(frozen=True)
class Thing:
    name: str


def test_every_metric_file_ends_in_a_metric() -> None:
    assert {"psnr_rgb", "ssim", "auc"} <= set(discover(evalsuite.metrics, "METRIC", Metric))


def test_a_plugin_is_loaded_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SOURCE)

    assert from_file(f"{tmp_path}/mine.py:MINE", Colorizer).name == "mine"


@pytest.mark.parametrize(
    ("address", "says"),
    [("nowhere.py:MINE", "no such file"), ("mine.py:NOBODY", "has no 'NOBODY'"), ("mine.py:OTHER", "got int")],
)
def test_a_wrong_address_is_told_in_one_sentence(tmp_path: Path, address: str, says: str) -> None:
    (tmp_path / "mine.py").write_text(SOURCE)

    with pytest.raises(UserError, match=says):
        from_file(f"{tmp_path}/{address}", Colorizer)


@pytest.mark.slow
def test_a_file_that_is_no_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text(SOURCE)

    with pytest.raises(UserError, match=r"no Python file"):
        from_file(f"{tmp_path}/mine.txt:MINE", Colorizer)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import no_such_module", r"mine.py cannot be imported; got ModuleNotFoundError: No module .*mine.py, line 1"),
        ("def (", r"mine.py cannot be imported; got SyntaxError: invalid syntax \(mine.py, line 1\)\. Mend"),
        ("x = 1\nraise SystemExit", r"got SystemExit at .*mine.py, line 2\. Mend the file"),
        ("from evalsuite.errors import UserError\nraise UserError('its own words')", "^its own words$"),
    ],
)
def test_a_file_that_cannot_be_imported_is_told_with_its_line(tmp_path: Path, source: str, says: str) -> None:
    (tmp_path / "mine.py").write_text(source)

    with pytest.raises(UserError, match=says):
        from_file(f"{tmp_path}/mine.py:MINE", Colorizer)


def test_a_broken_entry_point_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = tmp_path / "broken-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[evalsuite.metrics]\nodd = no_such_module:METRIC\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(UserError, match=r"entry point 'odd' \(no_such_module:METRIC\): it cannot be imported"):
        discover(evalsuite.metrics, "METRIC", Metric)


def test_the_source_of_somebody_elses_function_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SOURCE)
    mine = from_file(f"{tmp_path}/mine.py:MINE", Colorizer)

    assert source_of(mine.load) == source_of(partial(mine.load)) == tmp_path / "mine.py"
    assert source_of(metric("ssim").load) is None


def test_an_unknown_name_gets_the_nearest_and_the_known() -> None:
    with pytest.raises(UserError, match=r"Did you mean 'eccv16'\? Known: eccv16, gray"):
        lookup({"eccv16": Thing("eccv16"), "gray": Thing("gray")}, "ecv16", "colorizer")


def test_two_plugins_of_one_name_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "twins"
    package.mkdir()
    (package / "__init__.py").touch()
    for file in ("a", "b"):
        (package / f"{file}.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    twins = __import__("twins")

    with pytest.raises(UserError, match="Two plug-ins are called 'mine'"):
        discover(twins, "MINE", Colorizer)


def test_a_constant_of_another_kind_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "odd_ones"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "a.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(UserError, match="a plug-in is a Metric; got Colorizer"):
        discover(__import__("odd_ones"), "MINE", Metric)


def test_names_are_chosen_one_by_one_or_all() -> None:
    everything, named = chosen_colorizers("all")
    two, named_two = chosen_colorizers("gray, random")

    assert {"gray", "random", "eccv16"} <= {c.name for c in everything}
    assert not named
    assert [c.name for c in two] == ["gray", "random"]
    assert named_two == {"gray", "random"}


def test_the_default_metrics_are_those_that_say_so() -> None:
    default, _ = chosen_metrics("default")
    everything, _ = chosen_metrics("all")

    assert {m.name for m in default} < {m.name for m in everything}
    assert all(m.default for m in default)


@pytest.mark.parametrize("text", ["gray,gray", ","])
def test_a_name_stands_once_and_there_is_at_least_one(text: str) -> None:
    with pytest.raises(UserError, match=r"twice|at least one"):
        chosen_colorizers(text)


def test_two_own_colorizers_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(SOURCE)

    with pytest.raises(UserError, match="'mine' stands twice"):
        chosen_colorizers(f"{tmp_path}/a/mine.py:MINE,{tmp_path}/b/mine.py:MINE")


def test_metrics_come_in_the_order_of_papers_tables() -> None:
    names = [m.name for m in chosen_metrics("all")[0]]

    assert names[:2] == ["psnr_rgb", "psnr_rgb_pooled"]
    assert names.index("ssim") < names.index("lpips_alex") < names.index("auc") < names.index("top1_vgg16")
    assert names[-1] == "runtime_ms"


def test_a_family_makes_a_metric_of_any_variant() -> None:
    assert metric("top1_resnet18").name == "top1_resnet18"


def test_an_unknown_metric_is_named() -> None:
    with pytest.raises(UserError, match=r"metric 'psnr' is unknown\. Did you mean"):
        metric("psnr")
