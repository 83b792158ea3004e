"""Which hints a method gets: scribbles, recorded points, a simulated user's or a reference's, as the options say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from evalsuite.contracts import Batch, Colorizer, Hints
from evalsuite.dataset import Photo
from evalsuite.errors import UserError
from evalsuite.global_hints import global_hints_of, global_hints_of_references
from evalsuite.hint_files import points_of
from evalsuite.hints import from_scribbles, paint, stacked
from evalsuite.simulated_users import STYLES, ZHANG2017, Style, simulate_points
from evalsuite.views import View

RANDOM = "random"
"""What --hints says for a number of points that is drawn for every photo."""


def with_hints(colorizer: Colorizer, options: Mapping[str, str], target: View, batch: Batch) -> Batch:
    """Give a batch the hints that the method takes, made of the real photos, of its companions or of files.

    Args:
        colorizer: The method.
        options: The command's choices.
        target: The real photos.
        batch: Its companions are scribbled photos or references, if there are any; they do not stay.

    Raises:
        UserError: Recorded points are missing or wrong.
    """
    if "hints" in colorizer.accepts:
        return replace(batch, hints=hints_for(colorizer, options, target, batch), companions=())
    if "global_hints" in colorizer.accepts:
        references = batch.companions
        hints = global_hints_of_references(references) if references else global_hints_of(target.rgb8)
        return replace(batch, global_hints=hints, companions=())
    return batch


def hints_for(colorizer: Colorizer, options: Mapping[str, str], target: View, batch: Batch) -> Hints:
    """Make the hints of a batch; they depend on the photos and the options alone, so all methods get the same.

    Args:
        colorizer: The method: its `points` say how many are simulated where the options do not; with `fixed_points`
            it gets exactly so many, or as many of the recorded ones.
        options: "hint_files", "hints" and "hint_style" as the command has them.
        target: The real photos, which a simulated user knows.
        batch: Its companions are scribbled photos, if there are any.

    Raises:
        UserError: Recorded points are missing or wrong.
    """
    if batch.companions:
        marked = torch.stack(batch.companions).float() / 255
        return from_scribbles(marked.mean(dim=1, keepdim=True).expand_as(marked), marked)
    if "hint_files" in options:
        return recorded_points(Path(options["hint_files"]), batch.photos, target, colorizer.fixed_points)
    fixed = colorizer.fixed_points
    count = count_of(options, colorizer.points) if fixed is None else fixed
    return simulate_points(target.ab, count, batch.seeds, style_of(options))


def recorded_points(source: Path, photos: Sequence[Photo], target: View, most: int | None = None) -> Hints:
    """Paint the points that a file has for each photo, or its first ones."""
    height, width = (int(side) for side in target.rgb8.shape[2:])
    painted = [paint(points_of(source, photo)[:most], height, width) for photo in photos]
    return stacked(painted, target.rgb8.device)


def count_of(options: Mapping[str, str], default: int) -> int | None:
    """How many points are simulated; None for a number that is drawn."""
    given = options.get("hints")
    return None if given == RANDOM else default if given is None else int(given)


def style_of(options: Mapping[str, str]) -> Style:
    """How points are simulated.

    Raises:
        UserError: Nobody knows the style.
    """
    name = options.get("hint_style")
    if name is not None and name not in STYLES:
        raise UserError(f"--hint-style: {', '.join(STYLES)}; got {name!r}. Choose one of these.")
    return ZHANG2017 if name is None else STYLES[name]
