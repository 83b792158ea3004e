"""Faults by script: what goes wrong, on which call, how often; the same seed always gives the same faults."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from evalsuite.errors import UserError

KINDS = {
    "throttle": "the call is refused with a throttling error and nothing is done",
    "error_before": "the call is answered with a server error and nothing is done",
    "error_after": "the call is done, and then answered with a server error",
    "slow": "the answer comes `seconds` late",
    "lose_event": "a notification is never sent",
    "double_event": "a notification is sent twice",
    "silence_expired": "no notification is sent about a HIT that has expired",
    "reuse_assignment": "an assignment that was returned or abandoned is given to the next worker under the same id",
    "submit_twice": "a worker's submission arrives twice, and the worker sees the second answer",
    "return_after_finishing": "a worker who submits has returned the work instead",
}
FIELDS = {"kind", "on", "rate", "times", "limit", "seconds"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a script.

    Args:
        kind: What goes wrong, one of `KINDS`.
        on: Which calls or events it concerns, a pattern such as `Create*` or `AssignmentSubmitted`.
        rate: The share of matching calls that fail, 0 to 1.
        times: Which of the matching calls fail, counted from 1; goes before `rate`.
        limit: After how many faults the rule rests.
        seconds: How late a slow answer comes.
    """

    kind: str
    on: str = "*"
    rate: float = 1.0
    times: tuple[int, ...] = ()
    limit: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that happened: the rule, what it hit, and at which matching call."""

    rule: Rule
    subject: str
    count: int


class Faults:
    """A script at work: rules with their counters, and what has happened so far."""

    def __init__(self, rules: Sequence[Rule] = (), seed: int = 0) -> None:
        self._lock = threading.Lock()
        self.replace(rules, seed)

    def replace(self, rules: Sequence[Rule], seed: int) -> None:
        """Start over with another script."""
        with self._lock:
            self.rules, self.seed = tuple(rules), seed
            self._seen = [0] * len(self.rules)
            self._fired = [0] * len(self.rules)
            self.happened: list[Fault] = []

    def draw(self, kind: str, subject: str) -> Rule | None:
        """Decide whether this call fails in this way; every call counts."""
        with self._lock:
            hits = [
                index for index, rule in enumerate(self.rules) if rule.kind == kind and fnmatchcase(subject, rule.on)
            ]
            fired = [index for index in hits if self._fires(index)]
            if not fired:
                return None
            rule = self.rules[fired[0]]
            self.happened.append(Fault(rule, subject, self._seen[fired[0]]))
            return rule

    def _fires(self, index: int) -> bool:
        rule = self.rules[index]
        self._seen[index] += 1
        count = self._seen[index]
        if rule.limit is not None and self._fired[index] >= rule.limit:
            return False
        # A stream of its own per rule and call: other rules, and threads that call in another order, change nothing.
        chance = random.Random(f"{self.seed}:{index}:{count}").random()
        fires = count in rule.times if rule.times else chance < rule.rate
        self._fired[index] += fires
        return fires


def read_script(path: Path, seed: int | None = None) -> tuple[tuple[Rule, ...], int]:
    """Read a script; a seed given here goes before the script's own."""
    try:
        script = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: a fault script is a JSON file; got {error}. See `turk emulate --help`.") from error
    rules, own = parse_script(script, str(path))
    return rules, own if seed is None else seed


def parse_script(script: Any, where: str) -> tuple[tuple[Rule, ...], int]:
    """Turn `{"seed": 7, "rules": [{"kind": "throttle", "on": "Create*", "rate": 0.2}]}` into rules and a seed."""
    if not isinstance(script, dict) or set(script) - {"seed", "rules"} or not isinstance(script.get("rules"), list):
        raise UserError(f'{where}: a fault script has "rules", a list, and perhaps a "seed"; got {_short(script)}.')
    seed = script.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise UserError(f'{where}: "seed" is a whole number; got {_short(seed)}.')
    return tuple(_rule(item, f"{where}: rule {number}") for number, item in enumerate(script["rules"], 1)), seed


def _rule(item: Any, where: str) -> Rule:
    if not isinstance(item, dict) or set(item) - FIELDS:
        raise UserError(f"{where}: a rule has the fields {', '.join(sorted(FIELDS))}; got {_short(item)}.")
    if item.get("kind") not in KINDS:
        raise UserError(f"{where}: kind is one of {', '.join(KINDS)}; got {_short(item.get('kind'))}.")
    if not isinstance(item.get("on", "*"), str):
        raise UserError(f"{where}: on is a pattern such as Create*; got {_short(item['on'])}.")
    times = item.get("times", [])
    if not isinstance(times, list) or not all(_is_number(time, 1, whole=True) for time in times):
        raise UserError(f"{where}: times lists whole numbers from 1; got {_short(times)}.")
    _check_numbers(item, where)
    return Rule(**{**item, "times": tuple(times)})


def _check_numbers(item: Mapping[str, Any], where: str) -> None:
    if not _is_number(item.get("rate", 1.0), 0, 1):
        raise UserError(f"{where}: rate is a share from 0 to 1; got {_short(item['rate'])}.")
    if not _is_number(item.get("seconds", 0.0), 0, 600):
        raise UserError(f"{where}: seconds is a number from 0 to 600; got {_short(item['seconds'])}.")
    if item.get("limit") is not None and not _is_number(item["limit"], 0, whole=True):
        raise UserError(f"{where}: limit is a whole number from 0; got {_short(item['limit'])}.")


def _is_number(value: Any, low: float, high: float = float("inf"), *, whole: bool = False) -> bool:
    kinds = (int,) if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."
