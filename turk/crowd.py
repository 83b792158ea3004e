"""Who takes part in a simulation: kinds of synthetic participants, their manners and their shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from evalsuite.errors import UserError
from turk.observers import Mind

Shares = Mapping[str, float]
"""Kind to its share; they add up to 1."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How somebody takes a study, whatever they answer.

    Attributes:
        mind: How they answer.
        reload_every: After how many trials they load the page again; 0 never.
        twice: Whether they send every answer again, and then another one.
        quits: Whether they go away in the middle, every other one without a word.
        hasty: Whether they answer before the images could be seen, and again when that is refused.
    """

    mind: Mind = "psychometric"
    reload_every: int = 0
    twice: bool = False
    quits: bool = False
    hasty: bool = False


KINDS: Mapping[str, Manners] = {
    "psychometric": Manners(),
    "reloader": Manners(reload_every=7),
    "double_submitter": Manners(twice=True),
    "quitter": Manners(quits=True),
    "guesser": Manners("guesser"),
    "one_side": Manners("one_side"),
    "too_fast": Manners("guesser", hasty=True),
}
MIXED: Shares = {
    "psychometric": 0.74,
    "reloader": 0.06,
    "double_submitter": 0.04,
    "quitter": 0.05,
    "guesser": 0.05,
    "one_side": 0.03,
    "too_fast": 0.03,
}
"""A crowd as crowdsourcing has it: one in six is of no use, and the rules of the study should find them."""


def read_shares(text: str) -> Shares:
    """Read `mixed`, the name of one kind, or `psychometric=0.9,guesser=0.1`.

    Raises:
        UserError: A kind is unknown or stands twice, or the shares do not add up to 1.
    """
    if text == "mixed":
        return MIXED
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, equals, share = (word.strip() for word in part.partition("="))
        if name not in KINDS or name in shares:
            fault = "stands twice" if name in shares else "is no kind of observer"
            raise UserError(f"--observers: {name!r} {fault}; known: mixed, {', '.join(KINDS)}.")
        shares[name] = _share(share) if equals else 1.0
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise UserError(f"--observers: shares add up to 1; got {sum(shares.values()):g}. Correct them.")
    return shares


def kinds_in_turn(shares: Shares, people: int) -> list[str]:
    """The kind of each participant; the first so-many are the same however many follow, and near their shares."""
    given: Counter[str] = Counter()
    order = []
    for number in range(1, people + 1):
        kind = max(shares, key=lambda name: shares[name] * number - given[name])
        given[kind] += 1
        order.append(kind)
    return order


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise UserError(f"--observers: a share lies between 0 and 1; got {text!r}. Write psychometric=0.9,guesser=0.1.")
    return share
