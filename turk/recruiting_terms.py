"""What a study file may say of recruiting and paying people, and what holds where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from turk.study import Parameter

WAGE_FLOOR_USD = Decimal("8.00")
"""Dollars per hour below which nobody is asked: Prolific's own floor."""
MOST_WAGE_USD = 1000
MOST_CAP_USD = 1_000_000
HITS_BEFORE_A_RATE = 100
"""MTurk's approval rate reads 100 until so many HITs of a worker were decided (psiTurk's thread 291)."""

RECRUITING: Mapping[str, Parameter] = {
    "title": Parameter("", "what the offer is called; by default the page's own title"),
    "description": Parameter("", "what the offer says of the task; by default how many images, and how long"),
    "keywords": Parameter("images, photos, color, perception", "under which the offer is found"),
    "minutes_allowed": Parameter(60, "how long somebody may take, in minutes", least=5, most=1440),
    "days_on_offer": Parameter(7, "after so many days nobody new can begin", least=1, most=90),
    "auto_approval_days": Parameter(
        7, "after so many days the recruiter pays for work that nobody decided on", least=1, most=30
    ),
    "approval": Parameter(
        "finished", "whom `turk pay` pays: everyone who finished, or only those whom no exclusion rule leaves out; the "
        "others wait for a person's decision", choices=("finished", "kept"),
    ),
}  # fmt: skip
MTURK: Mapping[str, Parameter] = {
    "approval_percent": Parameter(95, "at least this share of a worker's HITs was approved; 0: not asked", 0, 100),
    "approved_hits": Parameter(100, "at least so many HITs of a worker were approved; 0: not asked", 0, 1_000_000),
    "masters": Parameter(False, "Masters only, for 5% more"),
    "one_per_place": Parameter(False, "a HIT for each place, instead of HITs of up to 9 places"),
}
PROLIFIC: Mapping[str, Parameter] = {
    "signed": Parameter(False, "whether Prolific signs its addresses, which it offers to some workspaces"),
}
CAPS: Mapping[str, Parameter] = {
    "people": Parameter(
        0, "the most people that are ever offered a place; 0: a quarter more than the study has", 0, 1_000_000
    ),
}
"""Beside them stands usd: what is never exceeded, fees and bonuses included."""
USD_CAP_HELP = "the most dollars, fees and bonuses included; 0: what all places cost, and half as much again"


def term(settings: Mapping[str, Any], group: str, name: str) -> Any:
    """Look a frozen study's term up, or what holds where it says nothing."""
    groups = {"recruiting": RECRUITING, "mturk": MTURK, "prolific": PROLIFIC, "caps": CAPS}
    return settings.get(group, {}).get(name, groups[group][name].default)


def wage_floor(settings: Mapping[str, Any]) -> Decimal:
    """The least wage of a frozen study, in dollars per hour."""
    return Decimal(settings.get("wage_floor_usd", WAGE_FLOOR_USD))
