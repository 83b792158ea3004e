"""How good recommended colors are, with planted distributions whose answer is known."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from evalsuite.bins import ab_bins
from evalsuite.cli import group
from evalsuite.colorizers.eccv16 import ECCV16
from evalsuite.contracts import Batch, Distribution
from evalsuite.dataset import open_dataset
from evalsuite.errors import UserError
from evalsuite.images import Resize
from evalsuite.recommending import Recommender, Trial, hit_rates, recommenders
from evalsuite.registry import colorizer

CPU = torch.device("cpu")
RED = (200, 40, 40)
"""Lab 43.6, 61.5, 40.5."""


@pytest.fixture
def red_photos(tmp_path: Path) -> Path:
    """Two photos of one red, a third of another color."""
    folder = tmp_path / "red"
    folder.mkdir()
    for name, color in (("a", RED), ("b", RED), ("c", (40, 160, 60))):
        Image.fromarray(np.full((24, 24, 3), color, np.uint8)).save(folder / f"{name}.png")
    return folder


def trial(photos: Path, count: int = 3, pixels: int = 20) -> Trial:
    return Trial(open_dataset(photos), Resize("native", 0), pixels, count, 0, CPU)


def certain(colors: list[tuple[float, float]], chances: list[float]) -> Callable[[Batch], Distribution]:
    given = Distribution(torch.tensor(chances).log().reshape(1, -1, 1, 1), torch.tensor(colors))
    return lambda batch: given


@pytest.mark.slow
def test_the_second_color_is_a_hit_from_two_on(red_photos: Path) -> None:
    wrong, right, far = (-40.0, 40.0), (61.5, 40.5), (0.0, -40.0)
    method = Recommender("mine", certain([wrong, right, far], [0.5, 0.3, 0.2]), 1.0)

    found = hit_rates(trial(red_photos), [method])["methods"]["mine"]

    # Of the three photos, two are of the second color and none of the first; (-40, 40) is near the green one's color.
    for difference in ("ciede2000", "cie76"):
        assert found[difference]["value"][1] - found[difference]["value"][0] == pytest.approx(2 / 3)
        assert found[difference]["value"][2] == found[difference]["value"][1]


@pytest.mark.slow
def test_shares_rise_with_the_number_of_colors(red_photos: Path) -> None:
    found = hit_rates(trial(red_photos, count=12), recommenders([], {}, CPU))["methods"]["uniform"]

    assert set(found) == {"softness", "ciede2000", "cie76"}
    for difference in ("ciede2000", "cie76"):
        assert np.all(np.diff(found[difference]["value"]) >= 0)
        assert len(found[difference]["ci95"]) == 12
        assert all(
            low <= value <= high
            for value, (low, high) in zip(found[difference]["value"], found[difference]["ci95"], strict=True)
        )


@pytest.mark.slow
def test_colors_without_share_are_not_recommended(red_photos: Path) -> None:
    # The red has no chance at all, though it is the start of a cluster.
    logits = torch.tensor([0.0, -1e9]).reshape(1, 2, 1, 1)
    given = Distribution(logits, torch.tensor([[0.0, 0.0], [61.5, 40.5]]))

    found = hit_rates(trial(red_photos, count=2), [Recommender("mine", lambda batch: given, 1.0)])

    assert found["methods"]["mine"]["ciede2000"]["value"] == [0, 0]


@pytest.mark.slow
def test_the_distribution_is_asked_for_gray_photos_alone(red_photos: Path) -> None:
    seen: list[Batch] = []

    def distribution(batch: Batch) -> Distribution:
        seen.append(batch)
        return Distribution(torch.zeros(1, 313, 1, 1), ab_bins())

    hit_rates(trial(red_photos), [Recommender("mine", distribution, 1.0)])

    assert [batch.photos[0].id for batch in seen] == ["a", "b", "c"]
    assert all(batch.L.shape == (1, 1, 24, 24) and batch.target is None and batch.hints is None for batch in seen)


@pytest.mark.slow
def test_the_same_seed_asks_for_the_same_pixels(photos: Path) -> None:
    methods = recommenders([], {}, CPU)

    assert hit_rates(trial(photos), methods) == hit_rates(trial(photos), methods)


@pytest.mark.slow
def test_of_one_photo_no_interval_is_given(red_photos: Path) -> None:
    (red_photos / "b.png").unlink()
    (red_photos / "c.png").unlink()

    found = hit_rates(trial(red_photos), recommenders([], {}, CPU))

    assert found["methods"]["uniform"]["ciede2000"]["ci95"] == [None] * 3


def test_a_method_without_a_distribution_is_refused() -> None:
    with pytest.raises(UserError, match="levin2004: colors are recommended by networks that give a distribution"):
        recommenders([colorizer("levin2004")], {}, CPU)


@pytest.mark.slow
def test_photos_that_cannot_be_decoded_are_told(tmp_path: Path, photos: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad.png").write_text("no photo")
    with pytest.raises(UserError, match="no photo could be decoded"):
        hit_rates(trial(tmp_path / "bad"), recommenders([], {}, CPU))

    (photos / "bad.png").write_text("no photo")
    found = hit_rates(trial(photos), recommenders([], {}, CPU))
    assert [failure["photo"] for failure in found["failed"]] == ["bad"]
    assert found["dataset"]["images"] == 7


@pytest.mark.slow
def test_the_command_prints_a_line_per_number_of_colors(photos: Path, tmp_path: Path) -> None:
    network = tmp_path / "random.pth"
    torch.save(ECCV16().state_dict(), network)
    words = ["recommend", "--images", str(photos), "--colorizers", "eccv16", "--weights", f"eccv16={network}"]
    words += ["--colors", "4", "--pixels", "5", "--limit", "2", "--device", "cpu", "--out", str(tmp_path / "r.json")]

    shown = {
        form: CliRunner().invoke(group, [*words, "--format", form], catch_exceptions=False).output
        for form in ("markdown", "csv", "json", "latex")
    }

    found = json.loads((tmp_path / "r.json").read_text())
    assert json.loads(shown["json"]) == found
    assert list(found["methods"]) == ["eccv16", "uniform"]
    assert shown["markdown"].count("\n| 4 ") == 2
    assert r"\toprule" in shown["latex"]
    assert len(list(csv.DictReader(io.StringIO(shown["csv"])))) == 2 * 2 * 4
