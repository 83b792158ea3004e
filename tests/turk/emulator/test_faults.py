"""Scripts of faults: what they may say, and that the same seed gives the same faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.errors import UserError
from turk.emulator.faults import KINDS, Faults, Rule, parse_script, read_script


def fired(faults: Faults, kind: str, subject: str, times: int) -> list[int]:
    """Which of so many calls fail, counted from 1."""
    return [number for number in range(1, times + 1) if faults.draw(kind, subject)]


def test_a_rule_fires_at_the_calls_it_lists() -> None:
    faults = Faults([Rule("throttle", "CreateHIT", times=(2, 4))])

    assert fired(faults, "throttle", "CreateHIT", 6) == [2, 4]


def test_a_rule_counts_matching_calls_only() -> None:
    faults = Faults([Rule("throttle", "Create*", times=(2,))])

    assert faults.draw("throttle", "CreateHIT") is None
    assert faults.draw("throttle", "GetHIT") is None
    assert faults.draw("slow", "CreateHIT") is None
    assert faults.draw("throttle", "CreateHITType")


def test_a_rule_rests_after_its_limit() -> None:
    assert fired(Faults([Rule("slow", limit=2)]), "slow", "GetHIT", 5) == [1, 2]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), rate=st.floats(0.2, 0.8))
def test_the_same_seed_gives_the_same_faults_whatever_else_is_called(seed: int, rate: float) -> None:
    rules = [Rule("throttle", "CreateHIT", rate=rate), Rule("slow", "*", rate=0.5)]
    alone, disturbed = Faults(rules, seed), Faults(rules, seed)

    first = fired(alone, "throttle", "CreateHIT", 40)
    second = [n for n in range(1, 41) if (disturbed.draw("slow", "x"), disturbed.draw("throttle", "CreateHIT"))[1]]

    assert first == second


def test_a_rate_is_about_the_share_of_calls_that_fail() -> None:
    # 1000 calls at 0.3: 300 plus or minus four standard deviations of 14.5.
    assert 242 <= len(fired(Faults([Rule("throttle", rate=0.3)], seed=1), "throttle", "x", 1000)) <= 358
    assert fired(Faults([Rule("throttle", rate=0.0)]), "throttle", "x", 100) == []


def test_other_seeds_give_other_faults() -> None:
    runs = {tuple(fired(Faults([Rule("slow", rate=0.5)], seed), "slow", "x", 30)) for seed in range(5)}

    assert len(runs) == 5


def test_what_happened_is_kept_and_a_new_script_starts_over() -> None:
    faults = Faults([Rule("slow", seconds=2)])
    faults.draw("slow", "GetHIT")
    assert [(fault.subject, fault.count) for fault in faults.happened] == [("GetHIT", 1)]

    faults.replace([], 0)

    assert faults.happened == []
    assert faults.draw("slow", "GetHIT") is None


def test_a_script_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text(
        json.dumps({"seed": 7, "rules": [{"kind": "slow", "on": "List*", "seconds": 0.5, "times": [1, 3]}]})
    )

    rules, seed = read_script(path)

    assert (rules, seed) == ((Rule("slow", "List*", times=(1, 3), seconds=0.5),), 7)
    assert read_script(path, 9)[1] == 9


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_scripted(kind: str) -> None:
    assert parse_script({"rules": [{"kind": kind}]}, "script") == ((Rule(kind),), 0)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([], 'script: a fault script has "rules"'),
        ({}, 'script: a fault script has "rules"'),
        ({"rules": [], "more": 1}, 'script: a fault script has "rules"'),
        ({"rules": [], "seed": "7"}, 'script: "seed" is a whole number; got "7"'),
        ({"rules": [], "seed": True}, 'script: "seed" is a whole number; got true'),
        (
            {"rules": ["slow"]},
            'script: rule 1: a rule has the fields kind, limit, on, rate, seconds, times; got "slow"',
        ),
        ({"rules": [{"kind": "slow"}, {"kind": "slow", "every": 2}]}, "script: rule 2: a rule has the fields"),
        ({"rules": [{"kind": "explode"}]}, 'script: rule 1: kind is one of throttle, .*; got "explode"'),
        ({"rules": [{"kind": "slow", "on": 3}]}, "script: rule 1: on is a pattern such as .*; got 3"),
        ({"rules": [{"kind": "slow", "times": [0]}]}, "script: rule 1: times lists whole numbers from 1"),
        ({"rules": [{"kind": "slow", "times": 3}]}, "script: rule 1: times lists whole numbers from 1; got 3"),
        ({"rules": [{"kind": "slow", "rate": 1.5}]}, "script: rule 1: rate is a share from 0 to 1; got 1.5"),
        ({"rules": [{"kind": "slow", "rate": "half"}]}, "script: rule 1: rate is a share from 0 to 1"),
        ({"rules": [{"kind": "slow", "seconds": -1}]}, "script: rule 1: seconds is a number from 0 to 600; got -1"),
        ({"rules": [{"kind": "slow", "limit": 1.5}]}, "script: rule 1: limit is a whole number from 0; got 1.5"),
        ({"rules": "x" * 200}, r"got \{\"rules\": \"x+\.\.\.\."),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_with_its_place(script: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_script(script, "script")


@pytest.mark.parametrize("content", [b"{", b"\xff", None])
def test_a_file_that_is_no_script_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "faults.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UserError, match=r"faults\.json: a fault script is a JSON file"):
        read_script(path)
