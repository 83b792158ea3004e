"""What forms choose from."""

from __future__ import annotations

from webapp.choices import options
from webapp.queries.records import Entry


def entry(key: int, title: str) -> Entry:
    """A method."""
    return Entry(key, 1, "run", f"m{key}", title, "", "", {}, title)


def test_one_method_is_chosen_another_left_out_and_no_name_is_markup() -> None:
    few = [entry(1, "A"), entry(2, "<B>"), entry(3, "C")]

    assert options(few, few[1], few[2]) == ('<option value="1">A</option><option value="2" selected>&lt;B&gt;</option>')
    assert options(few[:1], None) == '<option value="1">A</option>'
