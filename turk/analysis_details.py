"""The tables below an analysis's result: leanings, errors, the session's course, the model, and single photos."""

from __future__ import annotations

import pandas as pd

from evalsuite.typesetting import Cell, Table, number
from turk.analysis import Analysis, Modeled
from turk.analysis_cells import TITLES, interval, p_cell, with_interval
from turk.analysis_notes import model_notes

PHOTOS_SHOWN = 3
"""Photos at each end of a condition."""


def pairs_table(pairs: pd.DataFrame) -> Table:
    """Set d', leanings to a side, and the effect of the turn."""
    ordered = pairs["order"].notna().any()
    heads = ["Condition", "d'", "c", "Says left (%)", "p"]
    heads += ["Fooled, fake first (%)", "fake second (%)", "Difference", "p"] if ordered else []
    rows = []
    for row in pairs.to_dict("records"):
        cells = [
            with_interval(row, "d_prime", "d'", 2),
            with_interval(row, "criterion", "c", 2),
            with_interval(row, "left", "fraction", 1),
        ]
        cells.append(p_cell(row["left_p"]))
        if ordered:
            cells += [Cell(number(row[name], "fraction", 1)) for name in ("first", "second")]
            cells += [with_interval(row, "order", "fraction", 1, True), p_cell(row["order_p"])]
        rows.append((row["condition"], tuple(cells)))
    note = (
        "d' = (z(H) - z(F)) / sqrt(2), c = -(z(H) + z(F)) / 2, with H the share of left where the fake is left and F "
        "where it is right, log-linear correction. Half of the fakes are left, so left off 50% is a leaning. "
        "[95%, new photos]"
    )
    return Table("How well fakes are found, and leanings", tuple(heads), tuple(rows), (note,))


def singles_table(singles: pd.DataFrame) -> Table:
    """Set errors of both kinds."""
    heads = ("Condition", "Fakes called real (%)", "Real photos called fake (%)", "Both errors, mean (%)", "d'", "c")
    rows = []
    for row in singles.to_dict("records"):
        cells = [with_interval(row, name, "fraction", 1) for name in ("on_fakes", "on_reals", "both")]
        cells += [with_interval(row, name, "", 2) for name in ("d_prime", "criterion")]
        rows.append((row["condition"], tuple(cells)))
    note = (
        "The mean of both errors is what HYPE reports. d' = z(H) - z(F), with H the share of fakes called fake and F "
        "of real photos called fake, log-linear correction. [95%, new photos]"
    )
    return Table("Errors on fakes and on real photos", heads, tuple(rows), (note,))


def learning_table(analysis: Analysis) -> Table:
    """Set quarters of the session and what changed between its halves."""
    title, unit, digits = TITLES[analysis.measure]
    heads = ("Condition", "1st quarter", "2nd", "3rd", "4th", "2nd half - 1st half [95%]", "p")
    rows = []
    for row in analysis.learning.to_dict("records"):
        quarters = [Cell(number(row[name], unit, digits)) for name in ("first", "second", "third", "fourth")]
        ends = row["low"], row["high"]
        change = Cell(number(row["change"], unit, digits, True), interval(ends, unit, digits, True))
        rows.append((row["condition"], (*quarters, change, p_cell(row["p"]))))
    return Table(f"{title} over the session", heads, tuple(rows))


def reactions_table(reactions: pd.DataFrame) -> Table:
    """Set quartiles of reaction times."""
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


def model_table(model: Modeled) -> Table:
    """Set the crossed-effects model."""
    heads = ("Condition", "Logit at an average person and photo", "Standard error", "Rate over all [95%] (%)")
    rows = []
    for row in model.rates.to_dict("records"):
        ends = row["low"], row["high"]
        rate = Cell(number(row["rate"], "fraction", 1), interval(ends, "fraction", 1))
        rows.append((row["condition"], (Cell(number(row["logit"], "", 2)), Cell(number(row["error"], "", 2)), rate)))
    caption = "Crossed-effects logistic model, beside the bootstrap"
    return Table(caption, heads, tuple(rows), tuple(model_notes(model)))


def photos_table(photos: pd.DataFrame) -> Table:
    """Set the photos at both ends of each condition."""
    heads = ("Condition, photo", "Views", "Seen as real (%)", "Shrunk [95%] (%)")
    rows = []
    for condition in photos["condition"].unique():
        ranked = photos[photos["condition"].eq(condition) & photos["ranked"]]
        ends = pd.concat([ranked.head(PHOTOS_SHOWN), ranked.tail(PHOTOS_SHOWN)]).drop_duplicates()
        for row in ends.to_dict("records"):
            cells = Cell(f"{row['views']:.0f}"), Cell(number(row["value"], "fraction", 0))
            shrunk = Cell(number(row["shrunk"], "fraction", 1), interval((row["low"], row["high"]), "fraction", 0))
            rows.append((f"{condition}, {row['photo']}", (*cells, shrunk)))
    few = int((~photos["ranked"].astype(bool)).sum())
    notes = ["Drawn toward the condition's rate as far as few views must be (empirical Bayes, beta-binomial)."]
    if few:
        notes.append(f"{few:,} of {len(photos):,} photos of a condition have fewer than 10 views and are not ranked.")
    return Table("Photos at both ends of each condition", heads, tuple(rows), tuple(notes))
