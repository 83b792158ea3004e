"""Whom a study's frozen rules and recorded decisions leave out, and why; excluding is not refusing pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from turk.checks import Columns, Finding
from turk.rules import RULES
from turk.tables import COMPLETED

COLUMNS = ("session", "participant", "arm", "rule", "threshold", "value", "reason")
BY_HAND = "by_hand"
"""The name, in place of a rule's, under which a person's recorded decision is listed."""

READ = ("kind", "valid", "correct", "rt_ms", "answer", "replaces")


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
