"""Exclusion rules: when a session is left out. A study freezes its rules before there is data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from turk.checks import FAST_MS, SLOW_MS, Check, correct, invalid, median, one_side, run, share


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to leave a session out of the analysis.

    Attributes:
        help: When a session is left out, in words.
        default: The threshold of a study file that does not name the rule; None: then the rule is off.
        least: The smallest threshold.
        most: The largest.
        parameter: The protocol's parameter that counts the trials the rule looks at: where it is 0 or missing the rule
            cannot be used, and the threshold is at most this count.
        whole: Whether the threshold is a whole number.
        broken: The check itself.
    """

    help: str
    default: float | None
    least: float
    most: float
    parameter: str | None
    whole: bool
    broken: Check


def defaults(parameters: Mapping[str, Any]) -> dict[str, float]:
    """Name the rules that hold where a study file says nothing, as far as a protocol's parameters allow them."""
    held = {name: rule for name, rule in RULES.items() if rule.default is not None}
    return {
        name: float(rule.default)
        for name, rule in held.items()
        if rule.default is not None and rule.default <= limit(rule, parameters)
    }


def limit(rule: Rule, parameters: Mapping[str, Any]) -> float:
    """Return the largest threshold that a rule can have under these parameters; negative where it cannot be used."""
    if rule.parameter is None:
        return rule.most
    count = parameters.get(rule.parameter) or 0
    return min(rule.most, float(count)) if count else -1.0


RULES: Mapping[str, Rule] = {
    "catch_min_correct": Rule(
        "fewer catch trials right than this. A guesser passes 6 of 8 with probability .14, and someone who is right "
        "95% of the time fails it with .006",
        6, 0, 1000, "catch", True, correct("catch"),
    ),
    "practice_min_correct": Rule(
        "fewer practice trials right than this", None, 0, 1000, "practice", True, correct("practice")
    ),
    "max_invalid_share": Rule(
        "a larger share of test exposures than this missed their time by more than a frame or were hidden",
        0.25, 0, 1, None, False, invalid,
    ),
    "min_median_rt_ms": Rule(
        "a median reaction time below this, from the question to the answer",
        300, 0, 60_000, None, False, median,
    ),
    "max_fast_share": Rule(
        f"a larger share of answers than this within {FAST_MS} ms of the question",
        0.1, 0, 1, None, False, share(lambda times: times < FAST_MS, f"within {FAST_MS} ms"),
    ),
    "max_slow_share": Rule(
        f"a larger share of answers than this after more than {SLOW_MS // 1000} s",
        0.1, 0, 1, None, False, share(lambda times: times > SLOW_MS, f"after more than {SLOW_MS // 1000} s"),
    ),
    "same_side_p": Rule(
        "one side chosen so often that a fair coin does so with a probability (two-sided) below this: .001 is 31 of "
        "40, 37 of 50, 44 of 60",
        0.001, 0, 0.05, None, False, one_side,
    ),
    "max_same_side_run": Rule(
        "one side chosen more often than this in a row; 16 in 40 to 60 trials is beyond p = .001",
        15, 1, 1000, None, True, run,
    ),
}  # fmt: skip
"""Name to rule; the odds are exact binomial ones, and each is asserted by a test."""
