"""What Prolific is sent about a study: the draft, who may take part, and the codes with which people come back."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from turk.cost import CENT, FEES
from turk.keys import ALPHABET
from turk.recruiters.contract import Offer
from turk.recruiting_terms import term

PARAMETERS = "PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
CODE_LENGTH = 8
OUTCOMES: Mapping[str, str] = {
    "complete": "",
    "screened_out": "The study is for people who agree to take part, and who have not taken part before.",
    "device_refused": "Your device or window does not show the pictures as the study needs it.",
    "no_place": "All places were taken when you came.",
}
"""Outcome to why its people are asked to give their place back; who completes is not."""
CODE_TYPES: Mapping[str, str] = {
    "complete": "COMPLETED",
    "screened_out": "FAILED_CHECK",
    "device_refused": "INCOMPATIBLE_DEVICE",
    "no_place": "NO_PLACE",
}
MOST_MINUTES = 24 * 60


def fee(amount_usd: Decimal, settings: Mapping[str, Any] | None = None) -> Decimal:
    """What Prolific takes for a reward or a bonus: about a third; half a cent goes up."""
    return (amount_usd * FEES["prolific"].share).quantize(CENT, ROUND_HALF_UP)


def make_codes() -> dict[str, str]:
    """A code for each outcome; all people of an outcome share it."""
    return {name: "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for name in OUTCOMES}


def group_name(offer: Offer) -> str:
    """What the group of those is called who took part, and who see the study no more."""
    return f"Took part in {offer.study.name} ({offer.study.hash[:12]})"


def draft(offer: Offer, places: int, token: str) -> dict[str, Any]:
    """The study as Prolific gets it; its internal name is the ledger's token, by which it is found again."""
    settings = offer.study.settings
    texts: Mapping[str, str] = next(iter(offer.study.texts.values()), {})
    minutes = max(1, round(offer.minutes))
    return {
        "name": term(settings, "recruiting", "title") or texts.get("title") or "A short study about pictures",
        "internal_name": token,
        "description": term(settings, "recruiting", "description")
        or f"Look at pictures and answer one question about each. It takes about {minutes} minutes.",
        "external_study_url": f"{offer.address}?{PARAMETERS}",
        "prolific_id_option": "url_parameters",
        "completion_codes": [_code(name, text, offer.facts["group"]) for name, text in offer.facts["codes"].items()],
        "total_available_places": places,
        "estimated_completion_time": minutes,
        "maximum_allowed_time": _longest(minutes, term(settings, "recruiting", "minutes_allowed")),
        "reward": int(offer.study.reward_usd * 100),
        "device_compatibility": _devices(settings),
        "filters": [{"filter_id": "participant_group_blocklist", "selected_values": [offer.facts["group"]]}],
        "is_external_study_url_secure": term(settings, "prolific", "signed"),
    }


def _code(name: str, text: str, group: str) -> dict[str, Any]:
    if name == "complete":
        actions: list[dict[str, Any]] = [
            {"action": "ADD_TO_PARTICIPANT_GROUP", "participant_group": group},
            {"action": "MANUALLY_REVIEW"},
        ]
    else:
        actions = [{"action": "REQUEST_RETURN", "return_reason": OUTCOMES[name]}]
    return {"code": text, "code_type": CODE_TYPES[name], "actions": actions, "actor": "participant"}


def _longest(minutes: int, allowed: int) -> int:
    # Source: docs.prolific.com, "Create a draft study", maximum_allowed_time: 2 + 2 t + 2 sqrt(t) at the least.
    least = math.ceil(2 + 2 * minutes + 2 * math.sqrt(minutes))
    return min(max(allowed, least), max(MOST_MINUTES, least))


def _devices(settings: Mapping[str, Any]) -> list[str]:
    return ["desktop", "tablet", "mobile"] if settings.get("device", {}).get("touch", True) else ["desktop"]
