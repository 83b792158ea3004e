"""The list of confusions, from planted answers of a classifier."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from evalsuite.backbones.confusions import confusions
from evalsuite.cli import group
from evalsuite.errors import UserError
from evalsuite.results import Run
from tests.evalsuite.folders import write_run

TOP1, AGREEMENT = "top1_efficientnet_lite0", "agreement_efficientnet_lite0"
LABELS = np.array([1, 1, 1, 5, 5, -1])
REAL = np.array([1, 1, 2, 5, 5, 9])
RECOLORED = np.array([2, 2, 2, 5, 7, 3])


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Goldfish (1) are taken for great white sharks (2) on three photos instead of one."""
    ours = {
        f"{TOP1}.value": (LABELS == RECOLORED).astype(float),
        f"{TOP1}.class": RECOLORED,
        f"{TOP1}.target.class": REAL,
        f"{TOP1}.target.label": LABELS,
        f"{TOP1}.target.real": (LABELS == REAL).astype(float),
        f"{TOP1}.target.gray": np.zeros(6),
        f"{AGREEMENT}.value": (REAL == RECOLORED).astype(float),
        f"{AGREEMENT}.class": RECOLORED,
        f"{AGREEMENT}.target.class": REAL,
        "psnr_rgb.value": np.ones(6),
    }
    truth = {**ours, f"{TOP1}.class": REAL, f"{AGREEMENT}.class": REAL}
    return write_run(tmp_path / "run", {"gray": ours, "ground_truth": truth})


def shown(*words: object) -> str:
    return CliRunner().invoke(group, ["confusions", *map(str, words)], catch_exceptions=False).output


@pytest.mark.slow
def test_pairs_are_labels_and_wrong_answers_that_became_more_frequent(run: Run) -> None:
    pairs = [(p["label"], p["answer"], p["before"], p["after"]) for p in confusions(run, "gray", TOP1, 9)]

    assert pairs == [(1, 2, 1, 3), (5, 7, 0, 1)]
    assert confusions(run, "ground_truth", TOP1, 9) == []
    assert len(confusions(run, "gray", TOP1, 1)) == 1


@pytest.mark.slow
def test_without_labels_the_answer_on_the_real_photo_stands_for_the_label(run: Run) -> None:
    pairs = [(p["label"], p["answer"], p["before"], p["after"]) for p in confusions(run, "gray", AGREEMENT, 9)]

    assert pairs == [(1, 2, 0, 2), (5, 7, 0, 1), (9, 3, 0, 1)]


@pytest.mark.slow
def test_the_command_exports_pairs_with_the_names_of_classes(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(shown(run.path, "--format", "csv"))))
    found = json.loads(shown(run.path, "gray", "--metric", AGREEMENT, "--format", "json"))
    text = shown(run.path, "--most", "1")
    latex = shown(run.path, "gray", "--format", "latex")

    assert [(row["colorizer"], row["label_name"], row["answer_name"], row["after"]) for row in rows] == [
        ("gray", "goldfish", "great white shark", "3"),
        ("gray", "electric ray", "cock", "1"),
    ]
    assert found["metric"] == AGREEMENT
    assert list(found["colorizers"]) == ["gray"]
    assert "goldfish" in text
    assert "cock" not in text
    assert "No pair is more frequent after recoloring." in text
    assert r"\toprule" in latex


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--metric", "top1_vgg16"], "top1_vgg16 is not in this run"),
        (["--metric", "psnr_rgb"], "psnr_rgb keeps no classes"),
        (["nobody"], "no colorizer 'nobody'"),
    ],
)
def test_what_the_run_does_not_have_is_told(words: list[str], says: str, run: Run) -> None:
    with pytest.raises(UserError, match=says):
        shown(run.path, *words)


def test_a_run_without_a_classifier_is_told(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"gray": {"psnr_rgb.value": np.ones(3)}})

    with pytest.raises(UserError, match="no classifier was asked in this run"):
        shown(run.path)
