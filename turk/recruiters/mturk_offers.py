"""What MTurk is sent about a study: the HIT type, who may take part, the page in the frame; and what Amazon takes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from turk.cost import CENT, FEES
from turk.recruiters.contract import Offer, Where
from turk.recruiting_terms import term

MOST_PER_HIT = 9
"""From 10 assignments on Amazon takes 20% more."""
MASTERS_SHARE = Decimal("0.05")
PERCENT_APPROVED, NUMBER_APPROVED = "000000000000000000L0", "00000000000000000040"
LOCALE = "00000000000000000071"
MASTERS, MASTERS_SANDBOX = "2F1QJWKUDD8XADTFD2Q0G6UTO95ALH", "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6"
SCHEMA = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd"
FRAME_HEIGHT = 900
MINUTE, DAY = 60, 86_400


def fee(reward_usd: Decimal, settings: Mapping[str, Any]) -> Decimal:
    """What Amazon takes for one assignment of a HIT of at most nine: 20%, 25% for Masters, at least a cent.

    Source: Amazon Mechanical Turk Pricing, as of 21 July 2015; half a cent goes up.
    """
    share = FEES["mturk"].share + (MASTERS_SHARE if term(settings, "mturk", "masters") else 0)
    return _share(reward_usd, share)


def bonus_fee(bonus_usd: Decimal) -> Decimal:
    """What Amazon takes for a bonus: surcharges are on rewards alone."""
    return _share(bonus_usd, FEES["mturk"].share)


def batch(settings: Mapping[str, Any]) -> int:
    """The most places of one HIT."""
    return 1 if term(settings, "mturk", "one_per_place") else MOST_PER_HIT


def qualification(offer: Offer) -> dict[str, str]:
    """The qualification that everyone gets who took part, and that nobody may have who begins."""
    return {
        "Name": f"Took part in {offer.study.name} ({offer.study.hash[:12]})",
        "Description": "Has taken part in this study before; once is all it needs.",
        "QualificationTypeStatus": "Active",
    }


def hit_type(offer: Offer, where: Where, qualification_id: str) -> dict[str, Any]:
    """The HIT type of a study."""
    settings = offer.study.settings
    texts: Mapping[str, str] = next(iter(offer.study.texts.values()), {})
    minutes = max(1, round(offer.minutes))
    return {
        "Title": term(settings, "recruiting", "title") or texts.get("title") or "A short study about pictures",
        "Description": term(settings, "recruiting", "description")
        or f"Look at pictures and answer one question about each. It takes about {minutes} minutes.",
        "Keywords": term(settings, "recruiting", "keywords"),
        "Reward": str(offer.study.reward_usd),
        "AssignmentDurationInSeconds": term(settings, "recruiting", "minutes_allowed") * MINUTE,
        "AutoApprovalDelayInSeconds": term(settings, "recruiting", "auto_approval_days") * DAY,
        "QualificationRequirements": requirements(settings, where, qualification_id),
    }


def requirements(settings: Mapping[str, Any], where: Where, qualification_id: str) -> list[dict[str, Any]]:
    """Who may take part."""
    least = {
        PERCENT_APPROVED: term(settings, "mturk", "approval_percent"),
        NUMBER_APPROVED: term(settings, "mturk", "approved_hits"),
    }
    wanted: list[dict[str, Any]] = [
        {"QualificationTypeId": kind, "Comparator": "GreaterThanOrEqualTo", "IntegerValues": [value]}
        for kind, value in least.items()
        if value
    ]
    places = settings.get("mturk", {}).get("locales", [])
    if places:
        wanted.append({"QualificationTypeId": LOCALE, "Comparator": "In", "LocaleValues": [_place(p) for p in places]})
    if term(settings, "mturk", "masters"):
        masters = MASTERS if where.live else MASTERS_SANDBOX
        wanted.append({"QualificationTypeId": masters, "Comparator": "Exists"})
    wanted.append({"QualificationTypeId": qualification_id, "Comparator": "DoesNotExist"})
    return [{**one, "ActionsGuarded": "PreviewAndAccept"} for one in wanted]


def question(address: str) -> str:
    """The study's page in MTurk's frame."""
    return (
        f'<ExternalQuestion xmlns="{SCHEMA}"><ExternalURL>{escape(address)}</ExternalURL>'
        f"<FrameHeight>{FRAME_HEIGHT}</FrameHeight></ExternalQuestion>"
    )


def code_of(answer: str | None) -> str | None:
    """The completion code in what a worker submitted; None where there is none, or it is no answer of a form."""
    try:
        root = ElementTree.fromstring(answer or "")
    except ElementTree.ParseError:
        return None
    for node in root.iterfind("{*}Answer"):
        if node.findtext("{*}QuestionIdentifier") == "code":
            return node.findtext("{*}FreeText")
    return None


def _share(amount_usd: Decimal, share: Decimal) -> Decimal:
    return max((amount_usd * share).quantize(CENT, ROUND_HALF_UP), CENT) if amount_usd else Decimal("0.00")


def _place(text: str) -> dict[str, str]:
    country, _, part = text.partition("-")
    return {"Country": country, "Subdivision": part} if part else {"Country": country}
