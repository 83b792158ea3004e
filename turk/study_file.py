"""A study file: one commented page of YAML becomes a checked draft, and every mistake is named with its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from evalsuite.errors import UserError
from turk.answers import REPLACEMENTS
from turk.device import LEAST_HZ
from turk.lines import Entry, nearest, read_lines
from turk.parameters import read_parameters, read_parameters_value
from turk.people import IDENTITY_DAYS
from turk.recruiting_file import read_recruiting
from turk.registry import all_protocols
from turk.rules import RULES, Rule, defaults, limit
from turk.source_file import Source, read_photos, read_source
from turk.study import AnyProtocol, Coloring, Parameter
from turk.sweeping import ABANDON_MINUTES
from turk.terms import ANALYSIS
from turk.texts import LOCALE, SHIPPED, own_texts, read_templates

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
RECRUITERS = ("link", "prolific", "mturk")
MOST_REWARD_USD = 1000
MOST_PLACES = 100_000
KEYS = (
    "name", "protocol", "source", "parameters", "participants_per_condition", "recruiter", "reward_usd", "contact",
    "texts", "locales", "exclusions", "stopping", "analysis", "seed", "device", "abandon_minutes", "replacements",
    "identity_days", "wage_floor_usd", "caps", "recruiting", "mturk", "prolific",
)  # fmt: skip
PARTICIPANTS = Parameter(40, "people per condition", least=1, most=MOST_PLACES)
SETTINGS: Mapping[str, Parameter] = {
    "abandon_minutes": Parameter(
        ABANDON_MINUTES, "after so many minutes without a sign, a place goes to somebody else", least=5, most=1440
    ),
    "replacements": Parameter(
        REPLACEMENTS, "the most trials of a session that are replaced because their exposure failed", least=0, most=500
    ),
    "identity_days": Parameter(
        IDENTITY_DAYS, "after so many days it is forgotten what a link's page called a person", least=1, most=3650
    ),
}
DEVICE: Mapping[str, Parameter] = {
    "touch": Parameter(True, "whether phones and tablets may take part"),
    "min_width": Parameter(0, "the least width of the window, in CSS pixels; 0: what the images need", 0, 10_000),
    "min_height": Parameter(0, "the least height of the window, in CSS pixels; 0: what the images need", 0, 10_000),
    "min_refresh_hz": Parameter(LEAST_HZ, "the least refresh rate where exposures are limited, in Hz", 0, 1000),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A study file, read and checked; no image has been looked at.

    Attributes:
        text: The file's text.
        protocol: The protocol itself.
        parameters: Complete, and within their ranges.
        templates: Locale to key to template.
        settings: Everything that has no field of its own in the frozen study.
        The other attributes are called as in the file.
    """

    text: str
    name: str
    protocol: AnyProtocol
    parameters: Mapping[str, Any]
    source: Source
    participants_per_condition: int
    recruiter: str
    reward_usd: Decimal
    templates: Mapping[str, Mapping[str, str]]
    exclusions: Mapping[str, Any]
    stopping: Mapping[str, Any]
    analysis: Mapping[str, Any]
    seed: int
    settings: Mapping[str, Any]


def read_study_file(path: Path) -> Draft:
    """Read a study file.

    Raises:
        UserError: Anything in it is wrong; the message has the line, and what was expected.
    """
    whole = read_lines(path)
    keys = whole.known(KEYS)
    for needed in ("name", "source"):
        if needed not in keys:
            raise whole.error(f"a study file has the key {needed!r}, and this one does not. Add it.")
    chosen = _protocol(keys.get("protocol"))
    parameters = read_parameters(keys.get("parameters"), chosen.parameters, f"parameter of {chosen.name}")
    source = _source(keys["source"], path.resolve().parent, chosen, bool(parameters.get("catch")))
    name = read_name(keys["name"])
    recruiter = keys["recruiter"].chosen(RECRUITERS) if "recruiter" in keys else "link"
    participants = read_parameters_value(keys.get("participants_per_condition"), PARTICIPANTS)
    return Draft(
        text=path.read_text(encoding="utf-8-sig"),
        name=name,
        protocol=chosen,
        parameters=parameters,
        source=source,
        participants_per_condition=participants,
        recruiter=recruiter,
        reward_usd=keys["reward_usd"].money(MOST_REWARD_USD) if "reward_usd" in keys else Decimal("0.00"),
        templates=_templates(keys, path.resolve().parent),
        exclusions=_exclusions(keys.get("exclusions"), chosen, parameters),
        stopping=_stopping(keys.get("stopping"), participants),
        analysis=read_parameters(keys.get("analysis"), ANALYSIS, "term of the analysis"),
        seed=keys["seed"].whole(0, 2**31 - 1) if "seed" in keys else _seed(name),
        settings=_settings(keys) | read_recruiting(keys, recruiter),
    )


def read_name(entry: Entry) -> str:
    """Read a study's name."""
    if not NAME.fullmatch(entry.text()):
        raise entry.error(f"a study's name has a-z, 0-9 and -, at most 64; got {entry.text()!r}. Rename the study.")
    return entry.text()


def _protocol(entry: Entry | None) -> AnyProtocol:
    known = all_protocols()
    return known["zhang2016" if entry is None else entry.chosen(known)]


def _source(entry: Entry, folder: Path, chosen: AnyProtocol, catches: bool) -> Source:
    if isinstance(chosen, Coloring):
        return read_photos(entry, folder, chosen)
    source = read_source(entry, folder, catches)
    try:
        chosen.arms(tuple(source.conditions))
    except UserError as error:
        raise source.entries["conditions"].error(str(error)) from None
    return source


def _templates(keys: Mapping[str, Entry], folder: Path) -> dict[str, dict[str, str]]:
    entry, locales = keys.get("texts"), keys.get("locales")
    own: Mapping[str, Mapping[str, Entry]] = {}
    if entry is not None and entry.is_mapping():
        own = {locale: texts.mapping() for locale, texts in entry.mapping().items()}
        for locale in own:
            _check_locale(entry, locale)
    elif entry is not None:
        own = own_texts(folder / Path(entry.text()).expanduser())
    wanted = [] if locales is None else [item.text() for item in locales.items()]
    if locales is not None:
        _check_locales(locales, wanted, own)
    return read_templates(own, wanted)


def _check_locale(entry: Entry, locale: str) -> None:
    if not LOCALE.fullmatch(locale):
        raise entry.error(f"texts are kept by language: {{en: {{title: ...}}}}; got {locale!r}. Name the language.")


def _check_locales(entry: Entry, wanted: list[str], own: Mapping[str, object]) -> None:
    known = dict.fromkeys((*SHIPPED, *own))
    for locale in wanted:
        if locale not in known:
            raise entry.error(f"there are no texts in {locale!r}. {nearest(locale, known)} Add yours with texts:.")
    if not wanted or len(set(wanted)) < len(wanted):
        raise entry.error(f"one language or more, each once; got {', '.join(wanted) or 'none'}. Correct the list.")


def _exclusions(entry: Entry | None, chosen: AnyProtocol, parameters: Mapping[str, Any]) -> dict[str, Any]:
    given = {} if entry is None or entry.empty else entry.known(RULES, "exclusion rule")
    if isinstance(chosen, Coloring):
        for rule in given.values():
            raise rule.error("exclusion rules look at answers, and where people color there are none. Remove the rule.")
        return {}
    usual = {name: _tidy(RULES[name], value) for name, value in defaults(parameters).items()}
    return usual | {name: _threshold(given[name], RULES[name], parameters) for name in given}


def _threshold(entry: Entry, rule: Rule, parameters: Mapping[str, Any]) -> float | None:
    if entry.empty or (not entry.is_list() and not entry.is_mapping() and entry.text() == "off"):
        return None
    most = limit(rule, parameters)
    if most < 0:
        raise entry.error(f"this protocol has no {rule.parameter} trials to look at. Remove the rule.")
    if rule.whole:
        return entry.whole(int(rule.least), int(most))
    return entry.number(rule.least, most)


def _tidy(rule: Rule, value: float) -> float:
    return int(value) if rule.whole else value


def _stopping(entry: Entry | None, participants: int) -> dict[str, Any]:
    given = {} if entry is None or entry.empty else entry.known(("participants",), "stopping rule")
    number = given.get("participants")
    if number is None or (not number.is_list() and not number.is_mapping() and number.text() == "all"):
        return {"participants": "all"}
    return {"participants": number.whole(1, participants)}


def _settings(keys: Mapping[str, Entry]) -> dict[str, Any]:
    contact = keys["contact"].text().strip() if "contact" in keys else ""
    if len(contact) > 200:
        raise keys["contact"].error(f"at most 200 characters; got {len(contact)}. An address is enough.")
    plain = {name: read_parameters_value(keys.get(name), parameter) for name, parameter in SETTINGS.items()}
    device = read_parameters(keys.get("device"), DEVICE, "demand on the device")
    return {"contact": contact, **plain, "device": device}


def _seed(name: str) -> int:
    """A study's own seed where the file names none: the same whenever it is built again."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1
