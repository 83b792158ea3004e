"""What a study file says of recruiting and paying, read and checked line by line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from turk.lines import Entry
from turk.parameters import read_parameters, read_parameters_value
from turk.recruiting_terms import (
    CAPS,
    HITS_BEFORE_A_RATE,
    MOST_CAP_USD,
    MOST_WAGE_USD,
    MTURK,
    PROLIFIC,
    RECRUITING,
    WAGE_FLOOR_USD,
)
from turk.study import Parameter

PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
MOST_PLACES = 30
"""A requirement of MTurk's names at most so many."""
LENGTHS = {"title": 128, "description": 2000, "keywords": 1000}
"""MTurk's limits, the tightest of the recruiters."""
PAID = ("wage_floor_usd", "caps", "recruiting")


def read_recruiting(keys: Mapping[str, Entry], recruiter: str) -> dict[str, Any]:
    """Read a study file's keys about a recruiter who pays; a link has none of them.

    Raises:
        UserError: A value is wrong, or belongs to another recruiter; the message has the line.
    """
    for name in ("mturk", "prolific"):
        if recruiter != name and name in keys:
            raise keys[name].error(f"the recruiter is {recruiter}. Remove the key, or write recruiter: {name}.")
    if recruiter == "link":
        for name in PAID:
            if name in keys:
                raise keys[name].error("nothing is paid through a link. Remove the key, or name another recruiter.")
        return {}
    floor = keys["wage_floor_usd"].money(MOST_WAGE_USD) if "wage_floor_usd" in keys else WAGE_FLOOR_USD
    read = {"wage_floor_usd": str(floor), "caps": _caps(keys.get("caps")), "recruiting": _offer(keys.get("recruiting"))}
    if recruiter == "mturk":
        return read | {"mturk": _mturk(keys.get("mturk"))}
    return read | {"prolific": read_parameters(keys.get("prolific"), PROLIFIC, "term of Prolific")}


def _caps(entry: Entry | None) -> dict[str, Any]:
    given = {} if entry is None or entry.empty else entry.known((*CAPS, "usd"), "cap")
    usd = given.pop("usd").money(MOST_CAP_USD) if "usd" in given else 0
    return {**_read(given, CAPS), "usd": str(usd)}


def _offer(entry: Entry | None) -> dict[str, Any]:
    read = read_parameters(entry, RECRUITING, "term of recruiting")
    for name, most in LENGTHS.items():
        if entry is not None and len(read[name]) > most:
            raise entry.mapping()[name].error(f"at most {most:,} characters; got {len(read[name]):,}. Shorten it.")
    return read


def _mturk(entry: Entry | None) -> dict[str, Any]:
    given = {} if entry is None or entry.empty else entry.known((*MTURK, "locales"), "requirement on workers")
    locales = _locales(given.pop("locales")) if "locales" in given else []
    read = _read(given, MTURK)
    if entry is not None and read["approval_percent"] and read["approved_hits"] < HITS_BEFORE_A_RATE:
        named = given.get("approved_hits", entry)
        rule = (
            f"approval rates read 100% until {HITS_BEFORE_A_RATE} HITs were decided, so that a rate alone asks nothing"
        )
        raise named.error(f"{rule}. Write approved_hits: {HITS_BEFORE_A_RATE} or more, or approval_percent: 0.")
    return {**read, "locales": locales}


def _locales(entry: Entry) -> list[str]:
    places = [item.text() for item in entry.items()]
    wrong = [place for place in places if not PLACE.fullmatch(place)]
    if wrong or len(places) > MOST_PLACES or len(set(places)) < len(places):
        got = wrong[0] if wrong else f"{len(places)} of them"
        raise entry.error(
            f"up to {MOST_PLACES} countries such as US, or parts of them such as US-CA, each once; got {got}. Correct "
            "the list."
        )
    return places


def _read(given: Mapping[str, Entry], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    return {name: read_parameters_value(given.get(name), parameter) for name, parameter in parameters.items()}
