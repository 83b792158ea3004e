"""The flags about hints that `run`, `sweep` and `hints` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from evalsuite.dataset import open_dataset
from evalsuite.errors import UserError
from evalsuite.hint_files import check_hint_files
from evalsuite.hinting import RANDOM
from evalsuite.simulated_users import STYLES

F = TypeVar("F", bound=Callable[..., Any])
MOST = 10_000


def hints_option(default: str | None, text: str) -> Callable[[F], F]:
    """Make --hints: a number of points, or `random`."""
    return click.option("--hints", metavar=f"N|{RANDOM}", default=default, callback=_number_of_points, help=text)


def hint_style_option(function: F) -> F:
    """Add --hint-style."""
    text = "How simulated users put points: " + "; ".join(
        f"{name}: patches of side {style.side or '1 to 9'}, " + ("on a grid" if style.grid else "most near the middle")
        for name, style in STYLES.items()
    )
    return click.option("--hint-style", type=click.Choice(list(STYLES)), help=f"{text}. [zhang2017]")(function)


def hint_files_option(function: F) -> F:
    """Add --hint-files."""
    return click.option(
        "--hint-files",
        type=click.Path(path_type=Path),
        help="Recorded hints, x,y,a,b,size: a folder with one CSV per photo, or one CSV with a column file.",
    )(function)


def hint_choices(flags: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """Turn flags about hints into a plan's options, after a look into the hint files.

    Args:
        flags: All flags of the command.
        names: Those of hints that exclude each other.

    Raises:
        UserError: Two flags contradict each other, or the hint files are wrong.
    """
    given = [name for name in names if flags.get(name) is not None]
    if len(given) > 1:
        both = " and ".join("--" + name.replace("_", "-") for name in given)
        raise UserError(f"{both}: hints come from one source; got {len(given)}. Give one of these flags.")
    if flags.get("hint_style") is not None and not {"hint_files", "scribbles"}.isdisjoint(given):
        raise UserError("--hint-style: it is about simulated users, and other hints were given. Leave it out.")
    chosen = (*given, *(["hint_style"] if flags.get("hint_style") is not None else []))
    options = {name: _text(flags[name]) for name in chosen}
    if "hint_files" in options:
        dataset = open_dataset(*(flags[name] for name in ("images", "labels", "limit", "seed", "root")))
        check_hint_files(Path(options["hint_files"]), dataset)
    return options


def _text(value: object) -> str:
    return str(value.resolve() if isinstance(value, Path) else value)


def _number_of_points(ctx: click.Context, option: click.Parameter, text: str | None) -> str | None:
    if text is not None and text != RANDOM and not (text.isdecimal() and int(text) <= MOST):
        rule = f"0 to {MOST:,} points, or {RANDOM} for a number drawn per photo; got {text!r}."
        raise click.BadParameter(rule, ctx, option)
    return text
