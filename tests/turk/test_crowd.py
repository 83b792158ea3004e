"""Who comes to a simulation."""

from __future__ import annotations

from collections import Counter

import pytest

from evalsuite.errors import UserError
from turk.crowd import KINDS, MIXED, kinds_in_turn, read_shares


def test_a_mixed_crowd_has_every_kind_and_nothing_else() -> None:
    assert set(read_shares("mixed")) == set(KINDS)
    assert sum(MIXED.values()) == pytest.approx(1)


def test_shares_are_read() -> None:
    assert read_shares("guesser") == {"guesser": 1}
    assert read_shares("psychometric=0.9, guesser=0.1") == {"psychometric": 0.9, "guesser": 0.1}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("robot", "'robot' is no kind of observer; known: mixed, psychometric, "),
        ("", "'' is no kind of observer"),
        ("guesser=0.5,guesser=0.5", "'guesser' stands twice"),
        ("guesser=half", "a share lies between 0 and 1; got 'half'"),
        ("guesser=-1", "a share lies between 0 and 1; got '-1'"),
        ("guesser=nan", "a share lies between 0 and 1; got 'nan'"),
        ("guesser=0.5,quitter=0.4", "shares add up to 1; got 0.9"),
    ],
)
def test_what_is_no_crowd_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=f"--observers: {sentence}"):
        read_shares(text)


def test_kinds_come_near_their_shares_at_any_number_and_keep_their_turns() -> None:
    order = kinds_in_turn(MIXED, 400)

    assert order[:80] == kinds_in_turn(MIXED, 80)
    for people in (20, 80, 133, 400):
        counts = Counter(order[:people])
        assert all(abs(counts[kind] - share * people) <= 1.5 for kind, share in MIXED.items())
