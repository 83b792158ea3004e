"""Taking the first look over all photos."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from evalsuite.color import rgb_to_lab
from evalsuite.dataset import Dataset
from evalsuite.images import Resize
from evalsuite.loading import Loader, Wanted
from evalsuite.survey import BINS, Survey, lightness_histogram

CHUNK = 16


def survey_of(dataset: Dataset, resize: Resize, decoders: int, kept: Path) -> Survey:
    """Decode every photo once and note its mean ab and its lightness histogram; keep the result in a file.

    Args:
        dataset: The photos.
        resize: Their resize policy.
        decoders: Decoding processes.
        kept: An .npz file that is read instead, if it is there.
    """
    if not kept.exists():
        part = kept.with_suffix(".part.npz")
        ab, histograms, decodable = _look(dataset, resize, decoders)
        np.savez(part, ab=ab, histograms=histograms, decodable=decodable)
        os.replace(part, kept)
    with np.load(kept) as arrays:
        decodable = arrays["decodable"]
        mean_ab = arrays["ab"][decodable].mean(axis=0) if decodable.any() else np.zeros(2)
        return Survey(mean_ab, arrays["histograms"], decodable)


def _look(
    dataset: Dataset, resize: Resize, decoders: int
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.bool_]]:
    count = len(dataset.photos)
    ab, decodable = np.zeros((count, 2)), np.zeros(count, bool)
    histograms = np.zeros((count, BINS), np.float32)
    wanted = [Wanted((photo.path,), resize) for photo in dataset.photos]
    requests: Iterator[list[Wanted]] = (wanted[start : start + CHUNK] for start in range(0, count, CHUNK))
    with Loader(decoders) as loader, tqdm(total=count, desc="first look", unit=" photos", disable=None, delay=2) as bar:
        for start, pictures in zip(range(0, count, CHUNK), loader.stream(requests), strict=True):
            for i, picture in enumerate(pictures, start):
                if picture.rgb is not None:
                    lab = rgb_to_lab(torch.from_numpy(picture.rgb).permute(2, 0, 1)[None])
                    ab[i] = lab[0, 1:].mean(dim=(1, 2)).double().numpy()
                    histograms[i] = lightness_histogram(lab[0, 0].numpy())
                    decodable[i] = True
            bar.update(len(pictures))
    return ab, histograms, decodable
