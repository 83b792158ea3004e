from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from evalsuite.colorizers import references
from evalsuite.colorizers.references import nearest_histograms, references_for
from evalsuite.contracts import Setting
from evalsuite.dataset import Dataset, Photo
from evalsuite.errors import UserError
from evalsuite.survey import Survey

CPU = torch.device("cpu")


def dataset_of(names: str) -> Dataset:
    photos = tuple(Photo(name, Path(f"/photos/{name}.jpg"), None) for name in names)
    return Dataset("test", Path("/photos"), photos, False)


def test_a_survey_chooses_the_photos_of_the_most_similar_lightness() -> None:
    # Two bins: the share of dark pixels is all there is to compare.
    dark = np.array([0.1, 0.9, 0.2, 0.5, 0.12], np.float32)
    survey = Survey(np.zeros(2), np.stack([dark, 1 - dark], axis=1), np.array([True, True, True, True, False]))

    chosen = references_for(dataset_of("abcde"), Setting(CPU, survey=survey))

    stems = ["".join(path.stem for path in candidates) for candidates in chosen]
    assert stems == ["cdb", "dca", "adb", "cba", "acd"]


def test_of_equally_similar_photos_the_first_comes_first() -> None:
    histograms = np.full((6, 64), 1 / 64, np.float32)

    chosen = nearest_histograms(histograms, np.ones(6, np.bool_))

    assert chosen == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2], [0, 1, 2]]


def test_small_datasets_give_fewer_candidates() -> None:
    histograms = np.full((2, 64), 1 / 64, np.float32)

    assert nearest_histograms(histograms, np.array([True, False])) == [[], [0]]
    assert nearest_histograms(histograms[:1], np.ones(1, np.bool_)) == [[]]


def test_searching_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    histograms = np.random.default_rng(0).dirichlet(np.ones(64), 50).astype(np.float32)
    usable = np.arange(50) % 7 != 0
    whole = nearest_histograms(histograms, usable)

    monkeypatch.setattr(references, "ROWS_AT_ONCE", 3)

    assert nearest_histograms(histograms, usable) == whole
    assert all(i not in row for i, row in enumerate(whole))


def test_one_given_image_serves_all_photos(tmp_path: Path) -> None:
    image = tmp_path / "reference.png"
    image.touch()

    chosen = references_for(dataset_of("ab"), Setting(CPU, options={"references": str(image)}))

    assert list(chosen) == [(image,), (image,)]


def test_a_given_folder_is_paired_by_stem(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()

    chosen = references_for(dataset_of("ab"), Setting(CPU, options={"references": str(tmp_path)}))

    assert list(chosen) == [(tmp_path / "a.png",), ()]


def test_given_references_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="an image or a folder of images"):
        references_for(dataset_of("ab"), Setting(CPU, options={"references": str(tmp_path / "nothing")}))


def test_without_a_survey_references_must_be_given() -> None:
    with pytest.raises(UserError, match="a survey of the dataset; got none"):
        references_for(dataset_of("ab"), Setting(CPU))
