"""Entries of methods that others must run: complete, refused with advice, and lent to results that bear their name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from evalsuite.cli import group
from evalsuite.colorizers.elsewhere import outputs_of
from evalsuite.contracts import Colorizer, Setting
from evalsuite.elsewhere import described
from evalsuite.errors import Unavailable
from evalsuite.registry import chosen_colorizers, colorizers
from evalsuite.results import open_run

NAMES = ("cheng2015", "dahl2016", "deshpande2015", "iizuka2016", "larsson2016")
ENTRIES = [colorizers()[name] for name in NAMES]


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_an_entry_says_what_it_is_where_its_code_is_and_its_licence(entry: Colorizer) -> None:
    assert entry.paper
    assert entry.url.startswith("https://")
    assert entry.licence
    assert entry.elsewhere.endswith(".")
    assert entry.cite
    assert entry.weights is None


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_an_entry_that_is_asked_to_color_says_how_to_bring_results(entry: Colorizer) -> None:
    with pytest.raises(Unavailable) as refused:
        entry.load(Setting(torch.device("cpu")))

    text = str(refused.value)
    assert entry.elsewhere in text
    assert f"--outputs {entry.name}=FOLDER" in text
    assert f"--command '{entry.name}=PROGRAM {{input}} {{output}}'" in text


def test_all_leaves_out_what_is_run_elsewhere_and_naming_it_does_not() -> None:
    everything = {colorizer.name for colorizer in chosen_colorizers("all")[0]}

    assert everything.isdisjoint(NAMES)
    assert everything >= {"gray", "levin2004", "charpiat2008", "histogram_transfer", "welsh2002"}
    assert chosen_colorizers("larsson2016")[0] == [colorizers()["larsson2016"]]


def test_results_take_the_facts_of_their_method_and_others_none() -> None:
    theirs, mine = (described(outputs_of(name, [])) for name in ("larsson2016", "mine"))
    ours = described(outputs_of("siggraph17", []))

    assert theirs.title == "Larsson et al. 2016"
    assert theirs.reported["ctest10k_1000"] == {"psnr_rgb": 24.93}
    assert theirs.accepts == ("output",)
    assert (mine.title, mine.paper) == ("mine", "")
    assert ours.paper == ""


@pytest.mark.slow
def test_scored_results_are_reported_beside_their_papers_numbers(photos: Path, tmp_path: Path) -> None:
    dataset = photos.rename(tmp_path / "ctest10k")
    (tmp_path / "theirs").mkdir()
    for photo in dataset.glob("*.png"):
        Image.fromarray(np.asarray(Image.open(photo)) // 2).save(tmp_path / "theirs" / photo.name)
    words = ["score", "--images", str(dataset), "--outputs", f"larsson2016={tmp_path}/theirs", "--metrics", "auc"]

    shown = CliRunner().invoke(group, [*words, "--out", str(tmp_path / "run")], catch_exceptions=False)

    assert open_run(tmp_path / "run").manifest["colorizers"]["larsson2016"]["paper"].startswith("Larsson, Maire")
    assert "What the papers report for ctest10k" in shown.output
    assert "91.7 [" in shown.output


def test_the_list_has_the_entries_with_their_published_numbers() -> None:
    shown = CliRunner().invoke(group, ["list", "colorizers"], env={"COLUMNS": "300"}).output

    assert "run elsewhere: results by --outputs larsson2016=FOLDER" in shown
    assert "published: ctest10k: params_mb 588" in shown
    assert "published: nothing on a public list of photos" in shown
