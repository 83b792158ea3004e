"""Results made elsewhere: folders of colorized photos, paired with their photos by stem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from evalsuite.color import lab_to_rgb8, rgb_to_lab
from evalsuite.colorizers.command import run_command
from evalsuite.colorizers.elsewhere import outputs_of
from evalsuite.contracts import Colorizer
from evalsuite.dataset import Dataset, pair_by_stem
from evalsuite.errors import UserError
from evalsuite.images import Resize, encode_png, read_size, write_atomically
from evalsuite.loading import Loader, Wanted
from evalsuite.registry import colorizers as known_colorizers


def colorizers_of_folders(
    folders: Mapping[str, Path], dataset: Dataset, resized: bool
) -> tuple[tuple[Colorizer, ...], dict[str, tuple[str, ...]]]:
    """Make a colorizer of every folder, and list the results that no photo asked for.

    Args:
        folders: Name to folder.
        dataset: The photos.
        resized: Whether photos and outputs are resized alike; if not, their sizes must be equal.

    Raises:
        UserError: A folder is missing, has no result for any photo, or sizes differ.
    """
    colorizers, extra = [], {}
    size_of = cache(read_size)
    for name, folder in folders.items():
        if not folder.is_dir():
            raise UserError(f"--outputs {name}={folder}: no such folder. Name the folder of this method's results.")
        pairing = pair_by_stem(dataset, folder)
        if not any(pairing.files):
            photo = dataset.photos[0].id
            raise UserError(
                f"--outputs {name}={folder}: no file has a photo's stem, such as {photo!r}. Rename the files."
            )
        if not resized:
            check_sizes(name, dataset, pairing.files, size_of)
        if pairing.extra:
            extra[name] = pairing.extra
        colorizers.append(described(outputs_of(name, pairing.files, policy="dataset" if resized else "as_is")))
    return tuple(colorizers), extra


def described(colorizer: Colorizer) -> Colorizer:
    """Give results title, paper and published numbers of the method whose name they bear, if it is run elsewhere."""
    known = known_colorizers().get(colorizer.name)
    if known is None or not known.elsewhere:
        return colorizer
    return replace(
        colorizer,
        title=known.title,
        paper=known.paper,
        url=known.url,
        licence=known.licence,
        cite=known.cite,
        reported=known.reported,
    )


def check_sizes(
    name: str, dataset: Dataset, files: Sequence[Path | None], size_of: Callable[[Path], tuple[int, int]]
) -> None:
    """Refuse outputs whose size is not their photo's; files that cannot be read are left to the run, which lists them.

    Raises:
        UserError: Some sizes differ.
    """
    wrong = []
    for photo, file in zip(dataset.photos, files, strict=True):
        try:
            sizes = (size_of(photo.path), size_of(file)) if file is not None else None
        except (UserError, OSError):
            continue
        if sizes is not None and sizes[0] != sizes[1]:
            wrong.append(f"{photo.id} is {sizes[1][0]} x {sizes[1][1]}, its photo {sizes[0][0]} x {sizes[0][1]}")
    if wrong:
        raise UserError(
            f"--outputs {name}: {len(wrong)} results differ in size from their photos ({'; '.join(wrong[:3])}). "
            "Say with --resize squash or crop how to bring both to one size."
        )


def outputs_of_command(name: str, command: str, dataset: Dataset, resize: Resize, out: Path) -> Colorizer:
    """Run an external program on the gray photos and make a colorizer of what it leaves.

    The photos go to RUN/commands/<name>/input, the results are expected in .../output; a run that goes on does not
    call a program again that had come to its end.

    Raises:
        UserError: The program fails, or leaves nothing that bears a photo's stem.
    """
    # Containers are given absolute paths.
    folder = out.resolve() / "commands" / name
    gray, colored, done = folder / "input", folder / "output", folder / "done"
    if not done.exists():
        colored.mkdir(parents=True, exist_ok=True)
        _write_gray(dataset, resize, gray)
        run_command(command, gray, colored, folder / "log.txt")
        done.touch()
    pairing = pair_by_stem(dataset, colored)
    if not any(pairing.files):
        raise UserError(
            f"--command {name}: it left no result in {colored} that bears a photo's stem. See {folder}/log.txt."
        )
    return described(outputs_of(name, pairing.files, policy="as_is"))


def _write_gray(dataset: Dataset, resize: Resize, folder: Path) -> None:
    wanted = [[Wanted((photo.path,), resize)] for photo in dataset.photos]
    with Loader(1) as loader:
        for photo, [picture] in zip(dataset.photos, loader.stream(wanted), strict=True):
            if picture.rgb is not None:
                path = folder / f"{photo.id}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, encode_png(gray_of(picture.rgb)))


def gray_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keep the lightness of a photo (H, W, 3) and nothing else: L with ab = 0, as 8-bit sRGB (H, W, 3)."""
    lab = rgb_to_lab(torch.from_numpy(rgb).permute(2, 0, 1)[None])
    lab[:, 1:] = 0
    return np.ascontiguousarray(lab_to_rgb8(lab)[0].permute(1, 2, 0).numpy())
