"""Values that came from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from turk import untrusted
from turk.refusals import Refused


@pytest.mark.parametrize("value", [None, 7, b"bytes", "x" * 11, "nul\x00", "\udc80", ["a"]])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(Refused, match="words: expected"):
        untrusted.text(value, "words", 10)


def test_a_text_is_taken_as_it_is() -> None:
    assert untrusted.text("zwölf 🙂", "words", 10) == "zwölf 🙂"


@pytest.mark.parametrize("value", [None, "1", True, float("nan"), float("inf"), -1, 11, 10**400])
def test_what_is_no_number_in_bounds_is_refused(value: Any) -> None:
    with pytest.raises(Refused, match="a number from 0 to 10"):
        untrusted.number(value, "count", 0, 10)


@pytest.mark.parametrize("value", [None, 0, 1, "true"])
def test_what_is_neither_true_nor_false_is_refused(value: Any) -> None:
    with pytest.raises(Refused, match="true or false"):
        untrusted.flag(value, "agree")


@pytest.mark.parametrize("value", [None, "short", "x" * 65, "sixteen letters!", 7])
def test_what_is_no_random_name_is_refused(value: Any) -> None:
    with pytest.raises(Refused, match="16 to 64"):
        untrusted.nonce(value, "tab")


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (untrusted.facts, {"a": {"b": 1}}),
        (untrusted.facts, {"a": [[1]]}),
        (untrusted.facts, {"a": [1] * 11}),
        (untrusted.facts, {"1a": 1}),
        (untrusted.facts, {"a": "x" * 501}),
        (untrusted.facts, {"a": 1e16}),
        (untrusted.facts, "text"),
        (untrusted.record, [1]),
    ],
)
def test_what_are_no_plain_facts_is_refused(reader: Callable[[Any, str], Any], value: Any) -> None:
    with pytest.raises(Refused):
        reader(value, "facts")


def test_plain_facts_are_taken_as_they_are() -> None:
    given = {"a": 1, "b": 1.5, "c": "text", "d": None, "e": True, "f": [1, "two"]}

    assert untrusted.facts(given, "facts") == given
