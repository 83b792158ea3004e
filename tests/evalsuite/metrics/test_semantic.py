"""What a classifier says of recolored photos: accuracy, agreement, confusions."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor

from evalsuite.backbones import confusions
from evalsuite.backbones.confusions import aggravated
from evalsuite.color import rgb_to_lab
from evalsuite.contracts import Columns, Metric, Rows, Setting
from evalsuite.errors import Unavailable, UserError
from evalsuite.metrics import agreement, top1, top5
from evalsuite.metrics.top1 import gray_version
from evalsuite.registry import metric
from evalsuite.views import Pair, View

CPU = torch.device("cpu")
ESPRESSO, TABBY = 967, 281


@cache
def scenes() -> Tensor:
    """A cup of coffee and a cat, 256 x 256."""
    crops = [data.coffee()[60:316, 180:436], data.chelsea()[20:276, 70:326]]
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).contiguous()


def rows(metric: Metric, output: Tensor, labels: list[int]) -> Rows:
    assert metric.load is not None
    target = View(scenes(), torch.tensor(labels))
    return metric.load(Setting(CPU))(Pair(target, View(output, target.labels)))


@pytest.mark.slow
def test_a_cup_of_coffee_is_an_espresso() -> None:
    found = rows(top1.variant("efficientnet_lite0"), scenes(), [ESPRESSO, 0])

    assert found["value"].tolist() == found["target.real"].tolist() == [1, 0]
    assert found["class"][0].item() == found["target.class"][0].item() == ESPRESSO
    assert found["target.label"].tolist() == [ESPRESSO, 0]


@pytest.mark.slow
def test_a_cat_is_a_tabby_within_five_answers() -> None:
    found = rows(top5.variant("efficientnet_lite0"), scenes(), [ESPRESSO, TABBY])

    assert found["value"].tolist() == [1, 1]
    assert "class" not in found


@pytest.mark.slow
def test_labels_beyond_the_classes_are_refused() -> None:
    with pytest.raises(UserError, match=r"class indices; got 1003, expected 0 to 999\. Correct the labels"):
        rows(top1.variant("efficientnet_lite0"), scenes(), [ESPRESSO, 1003])


@pytest.mark.slow
def test_a_photo_without_label_has_no_score() -> None:
    for family in (top1, top5):
        found = rows(family.variant("efficientnet_lite0"), scenes(), [ESPRESSO, -1])

        for column in ("value", "target.real", "target.gray"):
            assert found[column].isnan().tolist() == [False, True]


@pytest.mark.slow
def test_agreement_needs_no_labels_and_notices_a_ruined_photo() -> None:
    ruined = scenes().clone()
    ruined[0] = ruined[1]

    assert rows(agreement.variant("efficientnet_lite0"), scenes(), [-1, -1])["value"].tolist() == [1, 1]
    assert rows(agreement.variant("efficientnet_lite0"), ruined, [-1, -1])["value"].tolist() == [0, 1]


def test_the_gray_version_keeps_lightness_and_nothing_else() -> None:
    view = View(scenes())
    lab = rgb_to_lab(gray_version(view).rgb8)

    assert gray_version(view) is gray_version(view)
    assert float((lab[:, :1] - view.L).abs().max()) < 0.3
    assert float(lab[:, 1:].abs().max()) < 1  # one level more in one channel, by rounding


@pytest.mark.slow
def test_the_floor_is_the_accuracy_of_a_gray_output() -> None:
    gray = gray_version(View(scenes())).rgb8

    found = rows(top1.variant("efficientnet_lite0"), gray, [ESPRESSO, TABBY])

    assert found["value"].tolist() == found["target.gray"].tolist()


def columns() -> Columns:
    return {
        "value": np.array([1, 0, 0, 0], np.float32),
        "target.real": np.array([1, 1, 1, 0], np.float32),
        "target.gray": np.array([0, 1, 0, 0], np.float32),
        "target.label": np.array([1, 1, 1, 2], np.int32),
        "target.class": np.array([1, 1, 1, 0], np.int32),
        "class": np.array([1, 0, 0, 0], np.int32),
    }


def test_details_have_ceiling_floor_and_the_confusions_that_recoloring_made() -> None:
    found = top1.details(columns())

    assert (found["ceiling"], found["floor"]) == (0.75, 0.25)
    [pair] = found["confusions"]  # 2 taken for 0 is as common on the real photos
    expected = {"label": 1, "answer": 0, "before": 0, "after": 2, "label_name": "goldfish", "answer_name": "tench"}
    assert pair == expected
    assert top1.bounds(columns()) == {"ceiling": 0.75, "floor": 0.25}


def test_confusions_are_the_largest_increases_off_the_diagonal() -> None:
    rng = np.random.default_rng(0)
    label, real, recolored = rng.integers(0, 4, (3, 500))
    before, after = np.zeros((4, 4), int), np.zeros((4, 4), int)
    np.add.at(before, (label, real), 1)
    np.add.at(after, (label, recolored), 1)
    increase = after - before
    np.fill_diagonal(increase, 0)

    found = aggravated(label, real, recolored, 3)

    increases = [int(p["after"]) - int(p["before"]) for p in found]
    assert increases == sorted(increase.ravel().tolist(), reverse=True)[:3]
    assert all(increase[int(p["label"]), int(p["answer"])] == n for p, n in zip(found, increases, strict=True))


def test_classes_without_names_are_told_by_index(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> tuple[str, ...]:
        raise Unavailable("no names")

    one, other = np.array([5]), np.array([2000])
    assert list(aggravated(one, one, other, 1)[0]) == ["label", "answer", "before", "after"]
    monkeypatch.setattr(confusions, "class_names", missing)
    assert list(aggravated(one, one, np.array([6]), 1)[0]) == ["label", "answer", "before", "after"]


def test_members_of_a_family_are_found_by_name() -> None:
    assert metric("top1_vgg16").title == "Top-1 (VGG-16)"
    assert metric("agreement_resnet50").name == "agreement_resnet50"
    assert [metric(f"{f}_efficientnet_lite0").default for f in ("top1", "top5", "agreement")] == [True, False, True]
    assert not metric("top1_vgg16").default


def test_a_network_without_classes_cannot_name_any() -> None:
    load = metric("top1_clean").load
    assert load is not None
    with pytest.raises(UserError, match="features only"):
        load(Setting(CPU))
