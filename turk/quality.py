"""Exclusion rules: whom and why. A study freezes its rules before there is data; excluding is not refusing pay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from turk.checks import FAST_MS, SLOW_MS, Check, Columns, Finding, correct, invalid, median, one_side, run, share
from turk.frames import COMPLETED

COLUMNS = ("session", "participant", "arm", "rule", "threshold", "value", "reason")
BY_HAND = "by_hand"
"""The name, in place of a rule's, under which a person's recorded decision is listed."""

READ = ("kind", "valid", "correct", "rt_ms", "answer", "replaces")


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


def exclude(
    responses: pd.DataFrame, sessions: pd.DataFrame, rules: Mapping[str, Any], decisions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """List whom the rules and recorded decisions leave out, and why.

    Only finished sessions are looked at: others never count, and need no rule.

    Args:
        responses: turk.frames.responses.
        sessions: turk.frames.sessions.
        rules: The frozen study's: name in RULES to threshold; None turns a rule off.
        decisions: turk.frames.decisions: rows of kind "exclude" with a session and a reason.

    Returns:
        A row per session and rule that it breaks: COLUMNS. A session that breaks two rules is there twice.

    Raises:
        KeyError: A rule that is not in RULES; study files are checked when they are read.
    """
    finished = sessions[sessions["state"].isin(COMPLETED)]
    trials = _by_session(responses, finished["session"])
    rows: list[dict[str, Any]] = []
    for name, threshold in rules.items():
        rule = RULES[name]
        for session in finished.itertuples() if threshold is not None else ():
            found = rule.broken(trials[session.session], float(threshold))
            if found is not None:
                rows.append(_row(session, name, float(threshold), found))
    rows += _decided(finished, decisions)
    return pd.DataFrame(rows, columns=list(COLUMNS))


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


def _row(session: Any, rule: str, threshold: float | None, found: Finding) -> dict[str, Any]:
    value, reason = found
    cells = (session.session, session.participant, session.arm, rule, threshold, value, reason)
    return dict(zip(COLUMNS, cells, strict=True))


def _decided(finished: pd.DataFrame, decisions: pd.DataFrame | None) -> list[dict[str, Any]]:
    if decisions is None or decisions.empty:
        return []
    chosen = decisions[(decisions["kind"] == "exclude") & decisions["session"].isin(finished["session"])]
    by_session = {session.session: session for session in finished.itertuples()}
    return [
        _row(by_session[d.session], BY_HAND, None, (np.nan, f"decided by {d.by}: {d.reason}"))
        for d in chosen.itertuples()
    ]


def _by_session(responses: pd.DataFrame, sessions: pd.Series[int]) -> dict[Any, Columns]:
    ordered = responses.sort_values(["session", "number"])
    columns = {name: ordered[name].to_numpy() for name in READ if name not in ("correct", "replaces")}
    columns["correct"] = ordered["correct"].eq(True).fillna(False).to_numpy(np.bool_)
    columns["replaces"] = ordered["replaces"].notna().to_numpy(np.bool_)
    keys = ordered["session"].to_numpy()
    starts, stops = (np.searchsorted(keys, sessions.to_numpy(), side) for side in ("left", "right"))
    return {
        session: {name: values[start:stop] for name, values in columns.items()}
        for session, start, stop in zip(sessions, starts, stops, strict=True)
    }


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
