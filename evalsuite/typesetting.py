"""Tables and the lines below them, as Markdown that is also readable in a terminal, and as LaTeX with booktabs."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evalsuite.contracts import Better

DASH = "\N{EN DASH}"
DAGGER = "\N{DAGGER}"
DELTA = "\N{GREEK CAPITAL LETTER DELTA}"
TIED = "\N{ALMOST EQUAL TO}"
ARROWS = {"higher": "\N{UPWARDS ARROW}", "lower": "\N{DOWNWARDS ARROW}", None: ""}
DECIMALS = {"dB": 2, "fraction": 1, "CIEDE2000": 2, "Lab units": 2, "MB": 1, "ms": 1}
HEAD_WIDTH = 13
"""Characters of a column's head per line, in LaTeX."""
LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    DASH: "--", DAGGER: r"$^\dagger$", DELTA: r"$\Delta$", TIED: r"$\approx$",
    "\N{UPWARDS ARROW}": r"$\uparrow$", "\N{DOWNWARDS ARROW}": r"$\downarrow$",
}  # fmt: skip
"""What LaTeX does not print as it is written, in text set as UTF-8."""


@dataclass(frozen=True)
class Cell:
    """An entry of a table.

    Attributes:
        text: The value, a dash where there is none.
        interval: The interval, or "".
        mark: "best" is set bold, "tied" gets a dagger.
    """

    text: str
    interval: str = ""
    mark: Literal["", "best", "tied"] = ""


@dataclass(frozen=True)
class Table:
    """A table and what is said above and below it.

    Attributes:
        caption: What it shows.
        columns: Heads of all columns, the first that of the rows' names.
        rows: Names and entries.
        notes: Sentences for below.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    notes: tuple[str, ...] = ()


def head(title: str, unit: str, better: Better) -> str:
    """Write a column's head: title, arrow to the better side, unit as printed."""
    shown = {"fraction": "%", "CIEDE2000": ""}.get(unit, unit)
    return " ".join(part for part in (title, ARROWS[better], f"({shown})" if shown else "") if part)


def decimals(unit: str, values: Sequence[float]) -> int:
    """Choose how many decimals a column shows: by its unit, else by the size of its values."""
    if unit in DECIMALS:
        return DECIMALS[unit]
    largest = max((abs(value) for value in values), default=0.0)
    return 3 if largest < 2 else 2


def number(value: float | None, unit: str, digits: int, signed: bool = False) -> str:
    """Print a value of that unit, shares as percentages, a dash for nothing."""
    if value is None or math.isnan(value):
        return DASH
    shown = ("%+.*f" if signed else "%.*f") % (digits, 100 * value if unit == "fraction" else value)
    if shown[0] in "+-" and not shown.strip("+-0."):
        shown = shown[1:]
    return shown


def span(ci95: Sequence[float] | None, unit: str, digits: int, signed: bool = False) -> str:
    """Print an interval."""
    return "" if ci95 is None else f"[{', '.join(number(edge, unit, digits, signed) for edge in ci95)}]"


def p_value(p: float | None) -> str:
    """Print a p value: three decimals, small ones as a bound."""
    return DASH if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def describe(dataset: Mapping[str, Any]) -> str:
    """Name a dataset as summary.json has it, with its photos and resize policy."""
    how = {"squash": "squashed to {0} x {0}", "crop": "cropped to {0} x {0}", "native": "at their own sizes"}
    resized = how.get(dataset["resize"], str(dataset["resize"])).format(dataset["size"])
    return f"{dataset['name']}: {dataset['images']:,} photos {resized}"


def markdown(table: Table) -> str:
    """Write a table in Markdown, its columns aligned for terminals."""
    body = [[_plain(name), *map(_markdown_cell, cells)] for name, cells in table.rows]
    lines = [[_plain(column) for column in table.columns], *body]
    widths = [max(3, *(len(line[k]) for line in lines)) for k in range(len(table.columns))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    set_lines = ["| " + " | ".join(_padded(line, widths)) + " |" for line in (lines[0], rule, *lines[1:])]
    notes = [f"- {_plain(note)}" for note in table.notes]
    return "\n".join(part for part in (_plain(table.caption), "", *set_lines, *([""] if notes else []), *notes))


def latex(table: Table, label: str) -> str:
    r"""Write a table in LaTeX; it needs \usepackage{booktabs}.

    Heads are broken and intervals stand below their values, so that six columns fit a page of one column of text. The
    notes follow the float, which could not be longer than a page.
    """
    plain = re.sub("[^A-Za-z0-9]+", "-", label)
    # Addresses of files may be broken behind a stroke, which nothing else would do.
    notes = [rf"\noindent {escape(note)}\par".replace("/", r"/\allowbreak{}") for note in table.notes]
    lines = [
        r"\begin{table}", r"\centering", r"\footnotesize", r"\setlength{\tabcolsep}{3pt}",
        rf"\caption{{{escape(table.caption)}}}", rf"\label{{tab:{plain}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}", r"\toprule",
        *_latex_heads(table.columns), r"\midrule",
        *(line for name, cells in table.rows for line in _latex_rows(name, cells)),
        r"\bottomrule", r"\end{tabular}", r"\end{table}",
        *([r"\begingroup\footnotesize\raggedright", *notes, r"\endgroup"] if notes else []),
    ]  # fmt: skip
    return "\n".join(lines)


def escape(text: str) -> str:
    r"""Make text safe for LaTeX.

    Example:
        >>> print(escape("psnr_rgb & 5% > -1"))
        psnr\_rgb \& 5\% \textgreater{} $-$1
    """
    safe = re.sub("|".join(map(re.escape, LATEX)), lambda found: LATEX[found[0]], text)
    return re.sub(r"(?<![\w-])-(?=\d)", "$-$", safe)


def _markdown_cell(cell: Cell) -> str:
    text = {"best": f"**{cell.text}**", "tied": cell.text + DAGGER}.get(cell.mark, cell.text)
    return f"{text} {cell.interval}".strip()


def _latex_heads(columns: Sequence[str]) -> list[str]:
    """Set heads in as many lines as the longest needs, flush at the bottom."""
    broken = [textwrap.wrap(column, HEAD_WIDTH, break_long_words=False) or [""] for column in columns]
    height = max(map(len, broken))
    padded = [[""] * (height - len(parts)) + parts for parts in broken]
    return [_latex_line([escape(parts[k]) for parts in padded]) for k in range(height)]


def _latex_rows(name: str, cells: Sequence[Cell]) -> list[str]:
    """Set a method's values and, where it has some, its intervals below them."""
    values = [escape(name), *map(_latex_value, cells)]
    intervals = [rf"{{\tiny {escape(cell.interval)}}}" if cell.interval else "" for cell in cells]
    return [_latex_line(values), *([_latex_line(["", *intervals])] if any(intervals) else [])]


def _latex_line(entries: Sequence[str]) -> str:
    return " & ".join(entries) + r" \\"


def _latex_value(cell: Cell) -> str:
    text = escape(cell.text)
    return {"best": rf"\textbf{{{text}}}", "tied": text + LATEX[DAGGER]}.get(cell.mark, text)


def _plain(text: str) -> str:
    """Keep text in its cell and its line."""
    return " ".join(text.replace("|", r"\|").split())


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [line[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True))]
