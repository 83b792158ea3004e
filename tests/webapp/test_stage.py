"""The rows and pictures of a photo's page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from webapp.page import Asked
from webapp.stage import picture, picture_list, score_rows

VIEW = SimpleNamespace(here=lambda **chosen: "/photo/1?" + "&".join(f"{k}={v}" for k, v in chosen.items()))
ASKED = cast("Asked", VIEW)


def row(key: int, label: str, *cells: tuple[str, bool]) -> dict[str, Any]:
    """A method's row."""
    return {"entry": SimpleNamespace(id=key, label=label), "cells": cells}


def test_names_lead_to_the_stage_where_there_is_a_picture_and_the_best_is_bold() -> None:
    table = [row(1, "<A>", ("24.0", True)), row(2, "B", ("22.0", False))]

    assert score_rows(ASKED, table, 1, {1}, {2: "3 of 10"}) == (
        '<tr class="new"><th scope="row"><a href="/photo/1?a=1">&lt;A&gt;</a></th><td><b>24.0</b></td><td></td></tr>\n'
        '<tr><th scope="row">B</th><td>22.0</td><td>3 of 10</td></tr>\n'
    )


def test_pictures_lead_to_their_place_and_the_first_ten_have_a_digit() -> None:
    one = {"entry": 7, "label": 'a "b"', "address": "/p.png?x=1&y=2"}
    shown = [one | {"entry": 0}, one | {"entry": -1}, *[one] * 9]

    listed = picture_list(ASKED, shown, 256).splitlines()

    assert [line.split('href="')[1].split('"')[0] for line in listed[:3]] == [
        "/photo/1?b=0", "/p.png?x=1&amp;y=2", "/photo/1?a=7",
    ]  # fmt: skip
    assert ["<kbd>" in line for line in listed] == [True] * 10 + [False]
    assert picture(one, None, "current") == '<img id="current" src="/p.png?x=1&amp;y=2" alt="a &quot;b&quot;">'
