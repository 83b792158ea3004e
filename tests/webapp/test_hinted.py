"""Methods with several numbers of hints."""

from __future__ import annotations

from dataclasses import replace

from webapp.hinted import hint_lines
from webapp.queries.records import Cell, Entry


def entry(key: int, name: str, *accepts: str) -> Entry:
    """A method that looks at these things."""
    return Entry(key, 1, "run", name, name.title(), "", "", {"accepts": ["L", *accepts]}, name.title())


def cell(value: float | None) -> Cell:
    """A value with an interval of one to both sides."""
    return Cell(value, value and value - 1, value and value + 1, value, 10)


def test_a_sweep_becomes_a_line_in_the_order_of_its_hints_beside_methods_without() -> None:
    entries = [
        entry(1, "levin2004.50", "hints"), entry(2, "levin2004.5", "hints"), entry(3, "gray"),
        entry(4, "truth", "target"), entry(5, "levin2004.0", "hints"),
    ]  # fmt: skip
    scores = {(e.id, 7): cell(20.0 + e.id) for e in entries[:4]} | {(5, 7): cell(None)}

    swept, level = hint_lines(entries, scores, 7)

    assert (swept.label, swept.xs, list(swept.ys), list(swept.low)) == (
        "levin2004",
        [5, 50],
        [22.0, 21.0],
        [21.0, 20.0],
    )
    assert (level.label, level.xs, list(level.ys)) == ("Gray", [5, 50], [23.0, 23.0])


def test_the_same_sweep_in_two_runs_makes_two_lines() -> None:
    first = [entry(1, "mine.5", "hints"), entry(2, "mine.50", "hints")]
    again = [replace(one, id=one.id + 10, run="again", run_id=2) for one in first]

    lines = hint_lines([*first, *again], {(one.id, 7): cell(20.0 + one.id) for one in [*first, *again]}, 7)

    assert [(line.label, list(line.ys)) for line in lines] == [
        ("mine (run)", [21.0, 22.0]),
        ("mine (again)", [31.0, 32.0]),
    ]


def test_one_number_of_hints_makes_no_line() -> None:
    entries = [entry(1, "levin2004.50", "hints"), entry(2, "mine.v2")]

    assert hint_lines(entries, {(1, 7): cell(20.0), (2, 7): cell(21.0)}, 7) == []
