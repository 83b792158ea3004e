"""Writing what people colored: the photos as every run colors them with the same points, and the points themselves.

The folder has what others take as it is: folders of results by photo (`evalsuite score --outputs`, the conditions of a
study), folders of points (`evalsuite run --hint-files`, `sweep`), and a study file in which others judge the results.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalsuite.contracts import Colorizer
from evalsuite.errors import UserError
from evalsuite.hint_files import write_points
from evalsuite.images import Resize
from evalsuite.plan import Plan
from evalsuite.points import Point
from evalsuite.registry import colorizer as colorizer_named
from evalsuite.registry import metric
from evalsuite.run import run
from evalsuite.weights import at_hand
from turk.collecting import Choice, Colored, table_of
from turk.export import harmless
from turk.hosting import path_of
from turk.study import REAL, Study

AUTOMATIC = "automatic"
"""The condition of photos that nobody guided: the same colorizer without a point."""
USUAL = ("siggraph17", "levin2004")
"""What colors where nobody says what, the first that is at hand."""
PHOTOS, HINTS, EVERYBODY = "photos", "hints", "everybody"
RULE = (
    "the first of a photo's colorings under a condition, in the order of sha256 over seed, photo, condition and "
    "participant (joined by zero bytes)"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is written.

    Attributes:
        folder: A folder that is not there yet, or is empty.
        seed: Of the rule that takes one of several colorings.
        colorizer: What colors; None for what participants saw.
        weights: Colorizer to the file given for it.
        everybody: Whether all colorings are written too, by participant.
        synthetic: Whether these are synthetic participants'.
    """

    folder: Path
    seed: int = 0
    colorizer: str | None = None
    weights: Mapping[str, Path] = field(default_factory=dict)
    everybody: bool = False
    synthetic: bool = False


def write_collection(study: Study, stimuli: Path, choice: Choice, wish: Wish) -> str:
    """Color photos by people's points and write everything; return the colorizer's name.

    Args:
        study: As it was frozen.
        stimuli: Its folder.
        choice: What is taken.
        wish: Where to, and how.

    Raises:
        UserError: The folder has files, participants saw several colorizers, or there are no weights.
    """
    with_points = _colorizer(study, [one for _, one in choice.ranked], wish)
    _make(wish.folder)
    for photo in choice.photos:
        _copy(path_of(stimuli, study.stimuli[REAL][photo]), wish.folder / PHOTOS / f"{photo}.png")
    brush = _Brush(with_points, wish)
    brush.paint(wish.folder / PHOTOS, {photo: () for photo in choice.photos}, wish.folder / AUTOMATIC, None)
    for condition in study.conditions:
        taken = {one.photo: one.points for one in choice.taken if one.condition == condition}
        hints = wish.folder / HINTS / condition
        brush.paint(wish.folder / PHOTOS, taken, wish.folder / condition, hints)
    if wish.everybody:
        _write_everybody(study, stimuli, choice, brush)
    harmless(table_of(choice)).to_csv(wish.folder / "collected.csv", index=False, lineterminator="\n")
    _write_facts(study, choice, wish, with_points.name)
    (wish.folder / "judge.yaml").write_text(judge_file(study, len(choice.photos)), encoding="utf-8")
    return with_points.name


def judge_file(study: Study, photos: int) -> str:
    """Write the study file in which others tell the results from real photos, as far as there are photos for it."""
    conditions = ", ".join(f"{name}: {name}/" for name in (AUTOMATIC, *study.conditions))
    lines = [
        f"# The results of {study.name}, judged by others: automatic against guided without and with recommendations.",
        f"name: {study.name[:57]}-judged",
        "protocol: zhang2016",
        f"source: {{real: {PHOTOS}/, conditions: {{{conditions}}}, catch: random}}",
    ]
    if photos < 58:
        practice, catch = photos // 6, photos // 7
        lines += [
            f"# {photos} photos are too few for the usual 10 + 40 + 8 trials.",
            f"parameters: {{practice: {practice}, test: {max(1, photos - practice - catch)}, catch: {catch}}}",
        ]
    return "\n".join([*lines, "participants_per_condition: 40", "recruiter: link", ""])


@dataclass(frozen=True, slots=True)
class _Brush:
    """The engine's one path from points to pixels."""

    colorizer: Colorizer
    wish: Wish

    def paint(self, photos: Path, points: Mapping[str, Sequence[Point]], target: Path, hints: Path | None) -> None:
        """Color photos of a folder by points, which are written too; without a folder for them, without points."""
        for photo, given in points.items() if hints is not None else ():
            write_points((hints or target) / f"{photo}.csv", given)
        options = {"hints": "0"} if hints is None else {"hint_files": str(hints.resolve())}
        with tempfile.TemporaryDirectory(prefix="collect-") as work:
            plan = Plan(
                images=photos,
                out=Path(work) / "run",
                colorizers=(self.colorizer,),
                metrics=(metric("psnr_rgb"),),
                named=frozenset({self.colorizer.name}),
                resize=Resize("native", 0),
                weights={name: file for name, file in self.wish.weights.items() if name == self.colorizer.name},
                options=options,
                argv=("collect",),
            )
            made = run(plan).path / "outputs" / self.colorizer.name
            for photo in points:
                target.mkdir(parents=True, exist_ok=True)
                (target / f"{photo}.png").parent.mkdir(parents=True, exist_ok=True)
                shutil.move(made / f"{photo}.png", target / f"{photo}.png")


def _colorizer(study: Study, found: Iterable[Colored], wish: Wish) -> Colorizer:
    """What colors: as asked, else what participants saw, else the best that is at hand."""
    seen = Counter(one.colorizer for one in found if one.colorizer is not None)
    if wish.colorizer is None and len(seen) > 1:
        told = ", ".join(f"{name} ({count} photos)" for name, count in seen.most_common())
        raise UserError(
            f"study {study.name!r}: participants saw the results of {told}. Say which one is to color with --colorizer."
        )
    usual = (name for name in USUAL if at_hand(colorizer_named(name).weights, wish.weights.get(name)))
    name = wish.colorizer or next(iter(seen), None) or next(usual)
    chosen = colorizer_named(name)
    if "hints" not in chosen.accepts:
        raise UserError(
            f"--colorizer: one that takes points, such as {' or '.join(USUAL)}; got {name!r}. Name another."
        )
    return chosen


def _write_everybody(study: Study, stimuli: Path, choice: Choice, brush: _Brush) -> None:
    """Write all colorings: a folder by participant and condition, each with exactly the photos of that person."""
    everyone = [one for _, one in choice.ranked]
    for participant, condition in sorted({(one.participant, one.condition) for one in everyone}):
        mine = {
            one.photo: one.points for one in everyone if (one.participant, one.condition) == (participant, condition)
        }
        folder = brush.wish.folder / EVERYBODY / participant
        with tempfile.TemporaryDirectory(prefix="collect-") as work:
            for photo in mine:
                _copy(path_of(stimuli, study.stimuli[REAL][photo]), Path(work) / f"{photo}.png")
            brush.paint(Path(work), mine, folder / condition, folder / HINTS / condition)


def _write_facts(study: Study, choice: Choice, wish: Wish, colorizer: str) -> None:
    facts = {
        "study": study.name,
        "hash": study.hash,
        "synthetic": wish.synthetic,
        "colorizer": colorizer,
        "rule": RULE,
        "seed": wish.seed,
        "photos": len(choice.photos),
        "colorings": len(choice.ranked),
        "left_out": list(choice.left_out),
        "conditions": [AUTOMATIC, *study.conditions],
    }
    (wish.folder / "collected.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _copy(old: Path, new: Path) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(old, new)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        full = bool(os.listdir(folder))
    except OSError as error:
        raise UserError(f"{folder}: the folder cannot be made ({error.strerror}). Name another with --out.") from None
    if full:
        raise UserError(f"{folder}: what is collected needs a folder of its own; this one has files. Name another.")
