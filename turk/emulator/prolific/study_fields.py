"""The fields of a study: which there are, what they may hold, and what they hold if they are left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from turk.emulator.prolific.codes import read_codes
from turk.emulator.prolific.errors import ApiError
from turk.emulator.serving import is_loopback

REQUIRED = (
    "name",
    "description",
    "external_study_url",
    "prolific_id_option",
    "total_available_places",
    "estimated_completion_time",
    "reward",
)
CHOICES = {
    "prolific_id_option": {"question", "url_parameters", "not_required"},
    "device_compatibility": {"desktop", "tablet", "mobile"},
    "peripheral_requirements": {"audio", "camera", "download", "microphone"},
}
DEFAULTS: dict[str, Any] = {
    "internal_name": None,
    "completion_codes": [],
    "maximum_allowed_time": None,
    "device_compatibility": [],
    "peripheral_requirements": [],
    "filters": [],
    "naivety_distribution_rate": None,
    "submissions_config": {},
    "study_labels": [],
    "content_warnings": [],
    "content_warning_details": "",
    "metadata": None,
    "is_external_study_url_secure": False,
}
LIMITS = {"max_submissions_per_participant": 1, "max_concurrent_submissions": -1}
DAY = 24 * 60
Check = Callable[[Any], str | None]


def longest_time(minutes: float) -> int:
    """Tell the least that the maximum allowed time may be, in minutes; used where none is given, which is assumed.

    Source: docs.prolific.com, "Create a draft study", maximum_allowed_time.
    """
    return math.ceil(2 + 2 * minutes + 2 * math.sqrt(minutes))


def read_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check the fields of a draft; unknown ones are left out, which is assumed."""
    missing = {name: ["This field is required."] for name in REQUIRED if given.get(name) in (None, "")}
    if missing:
        raise ApiError(400, missing)
    fields = {**DEFAULTS, **{name: given[name] for name in (*REQUIRED, *DEFAULTS) if name in given}}
    wrong = {name: [rule] for name, check in CHECKS.items() if (rule := check(fields[name]))}
    if wrong:
        raise ApiError(400, wrong)
    fields["reward"], fields["total_available_places"] = int(fields["reward"]), int(fields["total_available_places"])
    fields["filters"] = fields["filters"] or []
    fields["submissions_config"] = read_config(fields["submissions_config"])
    fields["completion_codes"] = read_codes(fields["completion_codes"], fields["reward"])
    fields["maximum_allowed_time"] = _read_time(fields)
    return fields


def read_config(value: Any) -> dict[str, Any]:
    """Check how often and how many at a time may take part."""
    if not isinstance(value, dict):
        raise ApiError(400, {"submissions_config": ["Expected an object."]})
    config = {name: default if value.get(name) is None else value[name] for name, default in LIMITS.items()}
    if not all(type(number) is int and (number == -1 or number >= 1) for number in config.values()):
        raise ApiError(400, {"submissions_config": ["Each limit is a whole number from 1, or -1 for none."]})
    return config


def _read_time(fields: Mapping[str, Any]) -> int:
    least = longest_time(fields["estimated_completion_time"])
    longest = fields["maximum_allowed_time"]
    if longest is None:
        return least
    number = isinstance(longest, int | float) and not isinstance(longest, bool)
    if not number or not least <= longest <= max(DAY, least):
        raise ApiError(400, {"maximum_allowed_time": [f"A number of minutes, at least {least} and at most a day."]})
    return int(longest)


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "Not a valid string."


def _whole(least: int) -> Check:
    rule = f"A whole number from {least} is required."
    return lambda value: None if type(value) in (int, float) and value == int(value) >= least else rule


def _one_of(name: str) -> Check:
    rule = f"Choose from {', '.join(sorted(CHOICES[name]))}."
    return lambda value: None if isinstance(value, str) and value in CHOICES[name] else rule


def _some_of(name: str) -> Check:
    rule = f"Choose from {', '.join(sorted(CHOICES[name]))}."
    return lambda value: None if isinstance(value, list) and set(map(str, value)) <= CHOICES[name] else rule


def _address(value: Any) -> str | None:
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    secure = parts.scheme == "https" and parts.hostname
    local = parts.scheme == "http" and is_loopback(parts.hostname)
    return None if secure or local else "Enter a valid URL with https; http is for this machine only."


def _filters(value: Any) -> str | None:
    if value is None or (isinstance(value, list) and all(_is_filter(rule) for rule in value)):
        return None
    return "A list of filters, each with filter_id and selected_values, selected_range or selected_filters."


def _is_filter(rule: Any) -> bool:
    if not isinstance(rule, dict) or not isinstance(rule.get("filter_id"), str):
        return False
    if rule["filter_id"] in ("and", "or"):
        parts = rule.get("selected_filters")
        return isinstance(parts, list) and all(_is_filter(part) for part in parts)
    values = rule.get("selected_values")
    return isinstance(values, list) or (values is None and isinstance(rule.get("selected_range"), dict))


CHECKS: dict[str, Check] = {
    "name": _text,
    "description": _text,
    "external_study_url": _address,
    "prolific_id_option": _one_of("prolific_id_option"),
    "total_available_places": _whole(1),
    "estimated_completion_time": _whole(1),
    "reward": _whole(1),
    "device_compatibility": _some_of("device_compatibility"),
    "peripheral_requirements": _some_of("peripheral_requirements"),
    "filters": _filters,
    "is_external_study_url_secure": lambda value: None if isinstance(value, bool) else "Must be a valid boolean.",
}
