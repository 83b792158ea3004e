"""An analysis as tables for people to read: Markdown that is aligned for terminals, or LaTeX."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from evalsuite.typesetting import Cell, Table, number
from turk.analysis import Analysis, Findings
from turk.analysis_cells import TITLES, interval, p_cell, target_interval
from turk.analysis_details import (
    learning_table,
    model_table,
    pairs_table,
    photos_table,
    reactions_table,
    singles_table,
)
from turk.analysis_notes import about, differences_notes, equivalence_notes, rates_notes
from turk.progress import Progress


def tables(analysis: Analysis) -> list[Table]:
    """Set all tables that have something to say, the result first."""
    found = [_rates(analysis)]
    if not analysis.kept.differences.empty:
        found.append(_differences(analysis))
    if not analysis.kept.equivalence.empty:
        found.append(_equivalence(analysis))
    if not analysis.pairs.empty:
        found.append(pairs_table(analysis.pairs))
    if not analysis.singles.empty:
        found.append(singles_table(analysis.singles))
    if not analysis.learning.empty:
        found.append(learning_table(analysis))
    if not analysis.reactions.empty:
        found.append(reactions_table(analysis.reactions))
    if analysis.model is not None:
        found.append(model_table(analysis.model))
    if analysis.photos["ranked"].any():
        found.append(photos_table(analysis.photos))
    return [*found, *counts(analysis.progress, analysis.excluded)]


def counts(progress: Progress, excluded: pd.DataFrame) -> Iterator[Table]:
    """Set the tables that may be seen at any time: what came of sessions, and who is left out and why."""
    heads = ("Arm", "Wanted", "Entered", "Declined", "Refused", "Left", "Abandoned", "Under way", "Finished", "Kept")
    gone = excluded.drop_duplicates("session").groupby("arm").size()
    rows = []
    for row in progress.flow.to_dict("records"):
        numbers = [row[name] for name in progress.flow.columns[1:]]
        numbers.append(row["finished"] - int(gone.get(row["arm"], 0)))
        rows.append((row["arm"], tuple(Cell(f"{count:,}") for count in numbers)))
    yield Table("What came of the sessions", heads, tuple(rows))
    if not excluded.empty:
        listed = [
            (f"{row['session']}", (Cell(row["arm"]), Cell(row["rule"]), Cell(row["reason"])))
            for row in excluded.to_dict("records")
        ]
        yield Table("Left out, by the rules of the frozen study", ("Session", "Arm", "Rule", "Why"), tuple(listed))


def _rates(analysis: Analysis) -> Table:
    title, unit, digits = TITLES[analysis.measure]
    heads = ["Condition", title, "[95%, these photos]", "[95%, new photos]", "People", "Trials", "Photos"]
    both = analysis.everyone is not analysis.kept
    if both:
        heads.append("With everybody [95%, new photos]")
    everyone = _by(analysis.everyone, "condition")
    rows = []
    for row in analysis.kept.rates.to_dict("records"):
        cells = [Cell(number(row["value"], unit, digits))]
        cells += [Cell(target_interval(row, target, unit, digits)) for target in ("these", "new")]
        cells += [Cell(f"{row[name]:,}") for name in ("participants", "trials", "photos")]
        if both:
            other = everyone.loc[row["condition"]]
            cells.append(Cell(number(other["value"], unit, digits), target_interval(other, "new", unit, digits)))
        rows.append((row["condition"], tuple(cells)))
    return Table(about(analysis), tuple(heads), tuple(rows), tuple(rates_notes(analysis)))


def _differences(analysis: Analysis) -> Table:
    _, unit, digits = TITLES[analysis.measure]
    both = analysis.everyone is not analysis.kept
    points = ", points" if unit == "fraction" else ""
    heads = ["a - b", f"Difference{points} [95%, new photos]", "[95%, these photos]", "p", "p (Holm)"]
    heads += ["With everybody [95%, new photos]", "p (Holm)"] if both else []
    everyone = _by(analysis.everyone, "a", "b")
    rows = []
    for row in analysis.kept.differences.to_dict("records"):
        cells = [
            Cell(number(row["value"], unit, digits, True), target_interval(row, "new", unit, digits, True)),
            Cell(target_interval(row, "these", unit, digits, True)),
            p_cell(row["p"]),
            p_cell(row["p_holm"]),
        ]
        if both:
            other = everyone.loc[(row["a"], row["b"])]
            cells.append(
                Cell(number(other["value"], unit, digits, True), target_interval(other, "new", unit, digits, True))
            )  # fmt: skip
            cells.append(p_cell(other["p_holm"]))
        rows.append((f"{row['a']} - {row['b']}", tuple(cells)))
    caption = "Differences of conditions, on the same resamples of photos"
    return Table(caption, tuple(heads), tuple(rows), tuple(differences_notes(analysis)))


def _equivalence(analysis: Analysis) -> Table:
    _, unit, digits = TITLES[analysis.measure]
    rows = []
    for row in analysis.kept.equivalence.to_dict("records"):
        name = f"{row['a']} - chance (50%)" if not isinstance(row["b"], str) else f"{row['a']} - {row['b']}"
        ends = row["low90"], row["high90"]
        cells = (
            Cell(number(row["value"], unit, digits, True), interval(ends, unit, digits, True)),
            p_cell(row["p_holm"]),
            Cell("yes" if row["equivalent"] else "not shown"),
        )
        rows.append((name, cells))
    margin = number(analysis.kept.equivalence["margin"].iloc[0], unit, digits)
    heads = ("Is it the same?", "Difference [90%, new photos]", "p (Holm)", f"Same within {margin}")
    return Table("Equivalence (two one-sided tests)", heads, tuple(rows), tuple(equivalence_notes(analysis)))


def _by(found: Findings, *keys: str) -> pd.DataFrame:
    frame = found.rates if keys == ("condition",) else found.differences
    return frame.set_index(list(keys) if len(keys) > 1 else keys[0])
