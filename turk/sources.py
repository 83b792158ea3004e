"""The images that a study is made of: which photos there are, and each condition's output of each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from evalsuite.dataset import Dataset, Pairing, open_dataset, pair_by_stem
from evalsuite.errors import UserError
from evalsuite.images import Resize, read_size
from evalsuite.results import Run, open_run
from evalsuite.store import identity_of
from turk.lines import Entry, nearest
from turk.source_file import MADE, Source

SHOWN = 3
NO_REFERENCE = "no_reference"
"""The option of runs on photos without a truth, as evalsuite.legacy has it."""
RUN_HASHES = "outputs.sha256"


@dataclass(frozen=True, slots=True)
class Original:
    """A photo: its id, its file, and the sha256 that the file should have, where it is known."""

    id: str
    file: Path
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What a source has.

    Attributes:
        photos: Sorted by id.
        outputs: Condition to photo id to file.
        geometry: How photos come to the size of the outputs; None: they have it.
        resize: How both then come to the study's size.
        entries: Condition, and "real", to the entry that names it.
        hashes: File of an output to the sha256 that it should have, as far as known.
        facts: What the frozen study keeps of its source; no path of this machine.
        run_sha256: The identity of the run, None for folders.
        notes: What a researcher should know, in sentences.
        truth: Whether the photos have colors of their own; those of a run with --no-reference have none.
    """

    photos: tuple[Original, ...]
    outputs: Mapping[str, Mapping[str, Path]]
    geometry: Resize | None
    resize: Resize
    entries: Mapping[str, Entry]
    hashes: Mapping[Path, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    run_sha256: str | None = None
    notes: tuple[str, ...] = ()
    truth: bool = True


def material_of(source: Source, size: int) -> Material:
    """List a source's images for a study of this size; none is decoded.

    Raises:
        UserError: A folder or run is missing or not complete, a photo lacks an output, or sizes differ.
    """
    return _of_run(source, source.run, size) if source.run is not None else _of_folders(source, size)


def catch_is_made(source: Source, material: Material) -> bool:
    """Whether the catch condition has no images of its own and is made from the photos."""
    return source.catch is not None and source.catch not in material.outputs


def _of_run(source: Source, path: Path, size: int) -> Material:
    where = source.entries["run"]
    try:
        run = open_run(path)
    except UserError as error:
        raise where.error(str(error)) from None
    names = [*source.conditions, *_catch_of_run(source, run)]
    for name in names:
        if name not in run.colorizers:
            raise _entry(source, name).error(f"the run has no colorizer {name!r}. {nearest(name, run.colorizers)}")
    scored = [photo for photo in run.manifest["photos"] if photo["status"] == "scored"]
    photos = tuple(Original(photo["id"], Path(photo["file"]), photo["sha256"]) for photo in scored)
    gone = [photo.id for photo in photos if not photo.file.is_file()]
    if gone:
        raise where.error(
            f"{len(gone)} photos of the run are no longer where they were ({_some(gone)}). Put them back."
        )
    outputs = {name: {p.id: run.path / "outputs" / name / f"{p.id}.png" for p in photos} for name in names}
    for name, files in outputs.items():
        _check_partners(_entry(source, name), [key for key, file in files.items() if not file.is_file()], len(photos))
    dataset = run.manifest["dataset"]
    entries = {"real": where, **{name: _entry(source, name) for name in names}}
    return Material(
        photos,
        outputs,
        geometry=Resize(dataset["resize"], dataset["size"] or 0),
        resize=_resize(source, size),
        entries=entries,
        hashes=_run_hashes(run),
        facts={"kind": "run", "run_sha256": identity_of(run), "geometry": dataset["filter"]},
        run_sha256=identity_of(run),
        truth=NO_REFERENCE not in run.manifest.get("options", {}),
    )


def _catch_of_run(source: Source, run: Run) -> Sequence[str]:
    if source.catch is None or source.catch_folder is not None or source.catch in source.conditions:
        return ()
    return () if source.catch == MADE and MADE not in run.colorizers else (source.catch,)


def _run_hashes(run: Run) -> dict[Path, str]:
    listed = run.path / RUN_HASHES
    lines = listed.read_text().splitlines() if listed.is_file() else []
    return {run.path / name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}


def _of_folders(source: Source, size: int) -> Material:
    dataset, folders, notes = _photos_of(source), _folders_of(source), list[str]()
    outputs = {name: _outputs_in(folder, source, name, dataset, notes) for name, folder in folders.items()}
    return Material(
        tuple(Original(photo.id, photo.path) for photo in dataset.photos),
        outputs,
        geometry=None,
        resize=_resize(source, size),
        entries={"real": source.entries["real"], **{name: _entry(source, name) for name in folders}},
        facts={"kind": "folders"},
        notes=tuple(notes),
    )


def _photos_of(source: Source) -> Dataset:
    try:
        return open_dataset(source.real or Path())
    except UserError as error:
        raise source.entries["real"].error(str(error)) from None


def _folders_of(source: Source) -> dict[str, Path]:
    """By condition, that of the catch trials last."""
    folders = {name: folder for name, folder in source.conditions.items() if folder is not None}
    if source.catch is not None and source.catch_folder is not None:
        folders[source.catch] = source.catch_folder
    elif source.catch not in (None, MADE, *folders):
        known = (MADE, *folders)
        raise _entry(source, source.catch or "").error(
            f"no condition {source.catch!r}. {nearest(source.catch or '', known)}"
        )
    return folders


def _outputs_in(folder: Path, source: Source, name: str, dataset: Dataset, notes: list[str]) -> dict[str, Path]:
    entry = _entry(source, name)
    pairing = _paired(entry, dataset, folder)
    _check_partners(entry, pairing.missing, len(dataset.photos))
    outputs = {p.id: file for p, file in zip(dataset.photos, pairing.files, strict=True) if file is not None}
    if source.resize is None:
        _check_sizes(entry, {p.id: (p.path, outputs[p.id]) for p in dataset.photos})
    if pairing.extra:
        notes.append(f"{name}: {len(pairing.extra)} files belong to no photo ({_some(pairing.extra)})")
    return outputs


def _paired(entry: Entry, dataset: Dataset, folder: Path) -> Pairing:
    try:
        return pair_by_stem(dataset, folder)
    except UserError as error:
        raise entry.error(str(error)) from None


def _resize(source: Source, size: int) -> Resize:
    policy: Literal["squash", "crop"] = "crop" if source.resize == "crop" else "squash"
    return Resize(policy, size)


def _entry(source: Source, name: str) -> Entry:
    return source.entries.get(f"condition {name}") or source.entries.get("catch") or source.entries["source"]


def _check_partners(entry: Entry, missing: Sequence[str], photos: int) -> None:
    if missing:
        rule = f"every photo has an output; {len(missing)} of {photos} have none ({_some(missing)})"
        raise entry.error(f"{rule}. Colorize them too, or leave these photos out everywhere.")


def _check_sizes(entry: Entry, files: Mapping[str, tuple[Path, Path]]) -> None:
    wrong = []
    for photo, pair in files.items():
        sizes = [_size(entry, file) for file in pair]
        if sizes[0] != sizes[1]:
            wrong.append(f"{photo} is {sizes[1][0]} x {sizes[1][1]}, its photo {sizes[0][0]} x {sizes[0][1]}")
    if wrong:
        raise entry.error(
            f"{len(wrong)} outputs differ in size from their photos ({_some(wrong, '; ')}). "
            "Say with resize: squash or crop in the source how both come to one size."
        )


def _size(entry: Entry, file: Path) -> tuple[int, int]:
    try:
        return read_size(file)
    except (UserError, OSError) as error:
        raise entry.error(f"{file}: {error}. Replace this file, or leave the photo out everywhere.") from None


def _some(names: Sequence[str], joint: str = ", ") -> str:
    return joint.join(names[:SHOWN]) + (f"{joint}and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
