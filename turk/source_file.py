"""The `source` of a study file: a run and some of its colorizers, or folders; nothing is opened yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from turk.lines import Entry
from turk.study import REAL, Coloring

CONDITION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}")
KEYS = ("run", "real", "conditions", "catch", "resize", "photos")
MADE = "random"
"""The catch condition that is made here: the colors of another photo."""
NONE = "none"
PHOTO_KEYS = ("real", "resize", "photos")
"""What a source has where people color."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a study's images come from.

    Attributes:
        run: A run folder; None where there are folders of images.
        real: The folder of photos; None where there is a run.
        conditions: Name to folder of outputs; to None where they are the run's. In the order of the file.
        catch: The condition of catch trials; None where there are none.
        catch_folder: Its folder, where the file names one.
        resize: How images come to the study's size; None: only where they do not have it, and then "squash".
        photos: Use so many of the photos; None for all.
        entries: Key to entry, for errors: source, run or real, conditions, and each condition by its name.
    """

    run: Path | None
    real: Path | None
    conditions: Mapping[str, Path | None]
    catch: str | None
    catch_folder: Path | None
    resize: str | None
    photos: int | None
    entries: Mapping[str, Entry]


def read_source(entry: Entry, folder: Path, catches: bool) -> Source:
    """Read where images come from.

    Args:
        entry: The file's `source`.
        folder: Where its paths start.
        catches: Whether the study has catch trials.

    Raises:
        UserError: Keys, names or kinds are wrong, with the line.
    """
    keys = entry.known(KEYS)
    if ("run" in keys) == ("real" in keys) or "conditions" not in keys:
        raise entry.error(
            "a source is {run: RUN, conditions: [a, b]} or {real: FOLDER, conditions: {a: FOLDER}}; "
            f"got {', '.join(keys) or 'nothing'}. Write one of the two."
        )
    conditions, named = _conditions(keys["conditions"], folder, "run" in keys)
    catch, catch_folder = _catch(keys.get("catch"), folder, catches, entry)
    if catch_folder is not None and catch in conditions:
        raise keys["catch"].error(f"{catch!r} is a condition already. Write catch: {catch}, or rename one of them.")
    return Source(
        run=_path(keys["run"], folder) if "run" in keys else None,
        real=_path(keys["real"], folder) if "real" in keys else None,
        conditions=conditions,
        catch=catch,
        catch_folder=catch_folder,
        resize=_resize(keys),
        photos=_photos(keys),
        entries={"source": entry, **{key: keys[key] for key in keys}, **named},
    )


def read_photos(entry: Entry, folder: Path, chosen: Coloring) -> Source:
    """Read where the photos are that people color.

    Raises:
        UserError: Keys or kinds are wrong, with the line; conditions are the protocol's own.
    """
    keys = entry.known((*PHOTO_KEYS, "run", "conditions", "catch"))
    for name in keys:
        if name not in PHOTO_KEYS or "real" not in keys:
            own = ", ".join(chosen.conditions)
            raise keys[name].error(
                f"people color photos, so a source of {chosen.name} is {{real: FOLDER}}, and its conditions are {own}; "
                f"got {', '.join(keys)}. Name the folder of photos alone."
            )
    if "real" not in keys:
        raise entry.error("a source is {real: FOLDER}, the photos that people color; got nothing. Name the folder.")
    return Source(
        run=None,
        real=_path(keys["real"], folder),
        conditions={},
        catch=None,
        catch_folder=None,
        resize=_resize(keys),
        photos=_photos(keys),
        entries={"source": entry, **keys},
    )


def _resize(keys: Mapping[str, Entry]) -> str | None:
    return keys["resize"].chosen(("squash", "crop")) if "resize" in keys else None


def _photos(keys: Mapping[str, Entry]) -> int | None:
    return keys["photos"].whole(1, 1_000_000) if "photos" in keys else None


def _conditions(entry: Entry, folder: Path, of_run: bool) -> tuple[dict[str, Path | None], dict[str, Entry]]:
    if of_run:
        named = _unique(entry, {}, entry.items())
        found: dict[str, Path | None] = dict.fromkeys(named)
    else:
        named = entry.mapping()
        found = {name: _path(value, folder) for name, value in named.items()}
    if not found:
        raise entry.error("a study shows one condition or more; got none. Name the colorizers that it compares.")
    for name, value in named.items():
        check_condition(value, name)
    return found, {f"condition {name}": value for name, value in named.items()}


def _unique(entry: Entry, found: dict[str, Entry], items: list[Entry]) -> dict[str, Entry]:
    for item in items:
        if item.text() in found:
            raise item.error(f"{item.text()!r} stands twice. Name each condition once.")
        found[item.text()] = item
    return found


def check_condition(entry: Entry, name: str) -> None:
    """Refuse what cannot be a condition's name."""
    if not CONDITION.fullmatch(name):
        rule = "a condition's name has letters, digits, and _ . + - behind the first, at most 64"
        raise entry.error(f"{rule}; got {name!r}. Rename it.")
    if name == REAL:
        raise entry.error(f"{REAL!r} is what the photos themselves are called. Rename the condition.")


def _catch(entry: Entry | None, folder: Path, catches: bool, source: Entry) -> tuple[str | None, Path | None]:
    if entry is not None and entry.is_mapping():
        named = entry.mapping()
        if len(named) != 1:
            raise entry.error(f"one catch condition; got {len(named)}. Write catch: random, or {{name: FOLDER}}.")
        [(name, value)] = named.items()
        check_condition(value, name)
        catch, where = name, _path(value, folder)
    else:
        catch, where = MADE if entry is None or entry.empty else entry.text(), None
    if entry is None:
        return (catch, where) if catches else (None, None)
    if catches and catch == NONE:
        raise entry.error("the study has catch trials, which need images. Set parameters: {catch: 0} as well.")
    if not catches and catch != NONE:
        raise entry.error("the study has no catch trials (parameters.catch is 0 or not there). Remove this key.")
    return (catch, where) if catches else (None, None)


def _path(entry: Entry, folder: Path) -> Path:
    return folder / Path(entry.text()).expanduser()
