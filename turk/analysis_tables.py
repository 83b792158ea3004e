"""An analysis as tables for people to read: Markdown that is aligned for terminals, or LaTeX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from evalsuite.typesetting import DASH, Cell, Table, number, p_value, span
from turk.analysis import Analysis, Findings, Modeled
from turk.analysis_notes import about, differences_notes, equivalence_notes, model_notes, rates_notes
from turk.progress import Progress

TITLES = {
    "fool_rate": ("Fool rate (%)", "fraction", 1), "naturalness": ("Called natural (%)", "fraction", 1),
    "rating": ("Mean rating (1-5)", "points", 2), "preference": ("Strength (log odds)", "log odds", 2),
}  # fmt: skip
"""Measure to its column's head, its unit and its decimals."""
PHOTOS_SHOWN = 3


def tables(analysis: Analysis) -> list[Table]:
    """Set all tables that have something to say, the result first."""
    found = [_rates(analysis)]
    if not analysis.kept.differences.empty:
        found.append(_differences(analysis))
    if not analysis.kept.equivalence.empty:
        found.append(_equivalence(analysis))
    if not analysis.pairs.empty:
        found.append(_pairs(analysis.pairs))
    if not analysis.singles.empty:
        found.append(_singles(analysis.singles))
    if not analysis.learning.empty:
        found.append(_learning(analysis))
    if not analysis.reactions.empty:
        found.append(_reactions(analysis.reactions))
    if analysis.model is not None:
        found.append(_model(analysis.model))
    if not analysis.photos.empty:
        found.append(_photos(analysis.photos))
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
        cells += [Cell(_span(row, target, unit, digits)) for target in ("these", "new")]
        cells += [Cell(f"{row[name]:,}") for name in ("participants", "trials", "photos")]
        if both:
            other = everyone.loc[row["condition"]]
            cells.append(Cell(number(other["value"], unit, digits), _span(other, "new", unit, digits)))
        rows.append((row["condition"], tuple(cells)))
    return Table(about(analysis), tuple(heads), tuple(rows), tuple(rates_notes(analysis)))


def _differences(analysis: Analysis) -> Table:
    _, unit, digits = TITLES[analysis.measure]
    both = analysis.everyone is not analysis.kept
    heads = ["a - b", "Difference, points [95%, new photos]", "[95%, these photos]", "p", "p (Holm)"]
    heads += ["With everybody [95%, new photos]", "p (Holm)"] if both else []
    everyone = _by(analysis.everyone, "a", "b")
    rows = []
    for row in analysis.kept.differences.to_dict("records"):
        cells = [
            Cell(number(row["value"], unit, digits, True), _span(row, "new", unit, digits, True)),
            Cell(_span(row, "these", unit, digits, True)),
            Cell(p_value(_known(row["p"]))),
            Cell(p_value(_known(row["p_holm"]))),
        ]
        if both:
            other = everyone.loc[(row["a"], row["b"])]
            cells.append(
                Cell(number(other["value"], unit, digits, True), _span(other, "new", unit, digits, True))
            )  # fmt: skip
            cells.append(Cell(p_value(_known(other["p_holm"]))))
        rows.append((f"{row['a']} - {row['b']}", tuple(cells)))
    caption = "Differences of conditions, on the same resamples of photos"
    return Table(caption, tuple(heads), tuple(rows), tuple(differences_notes(analysis)))


def _equivalence(analysis: Analysis) -> Table:
    _, unit, digits = TITLES[analysis.measure]
    rows = []
    for row in analysis.kept.equivalence.to_dict("records"):
        name = f"{row['a']} - chance (50%)" if _missing(row["b"]) else f"{row['a']} - {row['b']}"
        ends = None if np.isnan(row["low90"]) else (row["low90"], row["high90"])
        cells = (
            Cell(number(row["value"], unit, digits, True), span(ends, unit, digits, True)),
            Cell(p_value(_known(row["p_holm"]))),
            Cell("yes" if row["equivalent"] else "not shown"),
        )
        rows.append((name, cells))
    margin = number(analysis.kept.equivalence["margin"].iloc[0], unit, digits)
    heads = ("Is it the same?", "Difference [90%, new photos]", "p (Holm)", f"Same within {margin}")
    return Table("Equivalence (two one-sided tests)", heads, tuple(rows), tuple(equivalence_notes(analysis)))


def _pairs(pairs: pd.DataFrame) -> Table:
    ordered = pairs["order"].notna().any()
    heads = ["Condition", "d'", "c", "Says left (%)", "p"]
    heads += ["Fooled, fake first (%)", "fake second (%)", "Difference", "p"] if ordered else []
    rows = []
    for row in pairs.to_dict("records"):
        cells = [_with(row, "d_prime", "d'", 2), _with(row, "criterion", "c", 2), _with(row, "left", "fraction", 1)]
        cells.append(Cell(p_value(_known(row["left_p"]))))
        if ordered:
            cells += [Cell(number(row[name], "fraction", 1)) for name in ("first", "second")]
            cells += [_with(row, "order", "fraction", 1, True), Cell(p_value(_known(row["order_p"])))]
        rows.append((row["condition"], tuple(cells)))
    note = (
        "d' = (z(H) - z(F)) / sqrt(2), c = -(z(H) + z(F)) / 2, with H the share of left where the fake is left and F "
        "where it is right, log-linear correction. Half of the fakes are left, so left off 50% is a leaning. "
        "[95%, new photos]"
    )
    return Table("How well fakes are found, and leanings", tuple(heads), tuple(rows), (note,))


def _singles(singles: pd.DataFrame) -> Table:
    heads = ("Condition", "Fakes called real (%)", "Real photos called fake (%)", "Both errors, mean (%)", "d'", "c")
    rows = [
        (row["condition"], (
            _with(row, "on_fakes", "fraction", 1), _with(row, "on_reals", "fraction", 1),
            _with(row, "both", "fraction", 1), _with(row, "d_prime", "d'", 2), _with(row, "criterion", "c", 2),
        ))
        for row in singles.to_dict("records")
    ]  # fmt: skip
    note = (
        "The mean of both errors is what HYPE reports. d' = z(H) - z(F), with H the share of fakes called fake and F "
        "of real photos called fake, log-linear correction. [95%, new photos]"
    )
    return Table("Errors on fakes and on real photos", heads, tuple(rows), (note,))


def _learning(analysis: Analysis) -> Table:
    title, unit, digits = TITLES[analysis.measure]
    heads = ("Condition", "1st quarter", "2nd", "3rd", "4th", "2nd half - 1st half [95%]", "p")
    rows = []
    for row in analysis.learning.to_dict("records"):
        quarters = [Cell(number(row[name], unit, digits)) for name in ("first", "second", "third", "fourth")]
        ends = None if np.isnan(row["low"]) else (row["low"], row["high"])
        change = Cell(number(row["change"], unit, digits, True), span(ends, unit, digits, True))
        rows.append((row["condition"], (*quarters, change, Cell(p_value(_known(row["p"]))))))
    return Table(f"{title} over the session", heads, tuple(rows))


def _reactions(reactions: pd.DataFrame) -> Table:
    heads = (
        "Condition", "Trials", "25%", "Median", "75%", "Median, right", "Median, wrong", "Under 150 ms", "Over 10 s"
    )  # fmt: skip
    names = ("p25_ms", "median_ms", "p75_ms", "right_ms", "wrong_ms")
    rows = []
    for row in reactions.to_dict("records"):
        times = [Cell(number(row[name], "ms", 0)) for name in names]
        counted = Cell(f"{row['trials']:,}"), *times, Cell(f"{row['fast']}"), Cell(f"{row['slow']}")
        rows.append((row["condition"], counted))
    return Table("Reaction times (ms), from the question to the answer", heads, tuple(rows))


def _model(model: Modeled) -> Table:
    heads = ("Condition", "Logit at an average person and photo", "Standard error", "Rate over all [95%] (%)")
    rows = []
    for row in model.rates.to_dict("records"):
        ends = None if np.isnan(row["low"]) else (row["low"], row["high"])
        rate = Cell(number(row["rate"], "fraction", 1), span(ends, "fraction", 1))
        rows.append((row["condition"], (Cell(number(row["logit"], "", 2)), Cell(number(row["error"], "", 2)), rate)))
    caption = "Crossed-effects logistic model, beside the bootstrap"
    return Table(caption, heads, tuple(rows), tuple(model_notes(model)))


def _photos(photos: pd.DataFrame) -> Table:
    heads = ("Condition, photo", "Views", "Seen as real (%)", "Shrunk [95%] (%)")
    rows = []
    for condition in photos["condition"].unique():
        ranked = photos[photos["condition"].eq(condition) & photos["ranked"]]
        ends = pd.concat([ranked.head(PHOTOS_SHOWN), ranked.tail(PHOTOS_SHOWN)]).drop_duplicates()
        for row in ends.to_dict("records"):
            cells = Cell(f"{row['views']:.0f}"), Cell(number(row["value"], "fraction", 0))
            shrunk = Cell(number(row["shrunk"], "fraction", 1), span((row["low"], row["high"]), "fraction", 0))
            rows.append((f"{condition}, {row['photo']}", (*cells, shrunk)))
    few = int((~photos["ranked"].astype(bool)).sum())
    notes = ["Drawn toward the condition's rate as far as few views must be (empirical Bayes, beta-binomial)."]
    if few:
        notes.append(f"{few:,} of {len(photos):,} photos of a condition have fewer than 10 views and are not ranked.")
    return Table("Photos at both ends of each condition", heads, tuple(rows), tuple(notes))


def _by(found: Findings, *keys: str) -> pd.DataFrame:
    frame = found.rates if keys == ("condition",) else found.differences
    return frame.set_index(list(keys) if len(keys) > 1 else keys[0])


def _with(row: Any, name: str, unit: str, digits: int, signed: bool = False) -> Cell:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    ends = None if np.isnan(low) else (low, high)
    return Cell(number(row[name], unit, digits, signed), span(ends, unit, digits, signed))


def _span(row: Any, target: str, unit: str, digits: int, signed: bool = False) -> str:
    low, high = row[f"{target}_low"], row[f"{target}_high"]
    return DASH if np.isnan(low) else span((low, high), unit, digits, signed)


def _known(p: float) -> float | None:
    return None if np.isnan(p) else p


def _missing(name: Any) -> bool:
    return not isinstance(name, str)
