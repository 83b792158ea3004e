"""How a study goes: what the live monitor says, and nothing of how conditions fare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from turk.blinding import met_by
from turk.design import arms_of
from turk.progress import ENDED, wanted_of
from turk.registry import protocols
from turk.study import Study
from webapp.money import money_of
from webapp.page import Asked
from webapp.queries.studies import WHO, Counted, Known, count, count_sessions, find, frozen

HOUR = 3600
PLACES = ("done", "taken", "free")
TELLING = ("catch_min_correct", "practice_min_correct")
"""Rules on how often people were right: of practice trials, and of catch trials that show a condition of the study."""


@dataclass(frozen=True)
class Monitor:
    """A study and how it goes.

    Attributes:
        known: The study's row.
        study: As it was frozen.
        synthetic: Whether it is about synthetic participants.
        blinded: Whether nothing may be shown of how the conditions fare.
        counted: Sessions, places and digests.
        money: webapp.money.money_of.
    """

    known: Known
    study: Study
    synthetic: bool
    blinded: bool
    counted: Counted
    money: Mapping[str, str | None]

    def __repr__(self) -> str:
        """What can change, for the ETag: a frozen study is told by its hash."""
        return repr((self.known, self.synthetic, self.blinded, self.counted, self.money))

    @property
    def wanted(self) -> int:
        """Finished sessions that the stopping rule wants."""
        return wanted_of(self.study) * len(arms_of(self.study))

    @property
    def judged(self) -> bool:
        """Whether people judge pictures, rather than color photos for others to judge."""
        return self.known.protocol in protocols()

    @property
    def who(self) -> str:
        """Whose answers, as in addresses; None in addresses for people."""
        return "synthetic" if self.synthetic else "people"


def read(asked: Asked) -> Monitor:
    """Read how the study of an address goes."""
    known, study, synthetic = _known(asked)
    counted = count(asked.session, known.id, synthetic, arms_of(study))
    money = money_of(asked.session, known.id, study, counted)
    return Monitor(known, study, synthetic, _blinded(asked, known, study, counted), counted, money)


def glance(asked: Asked) -> Monitor:
    """Read the same without places, digests and money, for pages that show none of them."""
    known, study, synthetic = _known(asked)
    counted = count_sessions(asked.session, known.id, synthetic)
    return Monitor(known, study, synthetic, _blinded(asked, known, study, counted), counted, {})


def _known(asked: Asked) -> tuple[Known, Study, bool]:
    known = find(asked.session, asked.parts["study"])
    return known, frozen(asked.session, known), WHO[asked.values["who"]]


def _blinded(asked: Asked, known: Known, study: Study, counted: Counted) -> bool:
    """Tell what turk.blinding.blinded does, from what was counted."""
    seen = counted.looks or counted.analyzed is not None or met_by(study, counted.finished_by_arm)
    return not (WHO[asked.values["who"]] or seen or known.state == "closed")


def told(monitor: Monitor) -> dict[str, Any]:
    """What a monitor says, as JSON has it."""
    counted, total = monitor.counted, monitor.counted.total
    return {
        "study": head(monitor), "who": monitor.who, "blinded": monitor.blinded,
        "finished": counted.finished, "wanted": monitor.wanted,
        "places": {arm: {state: counted.places.get(arm, {}).get(state, 0) for state in PLACES}
                   for arm in arms_of(monitor.study)} if counted.places else {},
        "sessions": flow(counted),
        "pace": pace(counted),
        "minutes": round(total.minutes / total.timed, 1) if total.timed else None,
        "money": dict(monitor.money),
        "timing": {"test": total.test, "valid": total.valid, "replaced": total.replaced,
                   "long_frames": total.long_frames,
                   "refresh_hz": {str(hz): n for hz, n in counted.rates.items() if hz is not None}},
        "catch": {"right": total.catch_right, "shown": total.catch_shown} if catch_shown(monitor) else None,
        "exclusions": exclusions(monitor),
    }  # fmt: skip


def head(monitor: Monitor) -> dict[str, Any]:
    """Which study it is."""
    known = monitor.known
    return {"id": known.id, "name": known.name, "hash": known.sha256, "protocol": known.protocol,
            "recruiter": known.recruiter, "state": known.state, "run": known.run_id}  # fmt: skip


def flow(counted: Counted) -> dict[str, int]:
    """Sessions of all arms by what came of them."""
    states: Counter[str] = Counter()
    for found in counted.sessions.values():
        states.update(found)
    ended = {name: states[name] for name in ENDED}
    under_way = sum(states.values()) - counted.finished - sum(ended.values())
    return {"entered": sum(states.values()), "under_way": under_way, **ended, "finished": counted.finished}


def pace(counted: Counted) -> dict[str, Any]:
    """Sessions that finished, by hour, and per hour from the first such hour to the last."""
    if not counted.hours:
        return {"per_hour": None, "hours": []}
    first, last = min(counted.hours), max(counted.hours)
    done = sum(counted.hours.values())
    hours = [{"hour": _at(hour), "finished": number} for hour, number in counted.hours.items()]
    return {"per_hour": round(done / (last - first + 1), 2), "hours": hours}


def catch_shown(monitor: Monitor) -> bool:
    """Whether catch trials may be counted: where they show a condition of the study, this is its fool rate."""
    study = monitor.study
    return study.catch is not None and (study.catch not in study.conditions or not monitor.blinded)


def exclusions(monitor: Monitor) -> dict[str, Any]:
    """Finished sessions that break rules of the frozen study, by rule; those that would tell too much are left out."""
    rules = [name for name, threshold in monitor.study.exclusions.items() if threshold is not None]
    silent = {name for name in TELLING if name in rules and _tells(monitor, name)}
    broken: Counter[str] = Counter()
    sessions = 0
    for names, number in monitor.counted.rules.items():
        open_names = [name for name in names.split(",") if name and name not in silent]
        broken.update(dict.fromkeys(open_names, number))
        sessions += number * bool(open_names)
    shown = {name: broken[name] for name in rules if name not in silent}
    return {"sessions": sessions, "rules": shown, "not_shown": sorted(silent)}


def _tells(monitor: Monitor, rule: str) -> bool:
    return monitor.blinded and (rule == "practice_min_correct" or monitor.study.catch in monitor.study.conditions)


def rows(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A record per number, for CSV."""
    lines: list[tuple[str, str, Any]] = [("finished", "", said["finished"]), ("wanted", "", said["wanted"])]
    lines += [("places", f"{arm} {state}", n) for arm, found in said["places"].items() for state, n in found.items()]
    lines += [("sessions", state, n) for state, n in said["sessions"].items()]
    lines += [("finished by hour", one["hour"], one["finished"]) for one in said["pace"]["hours"]]
    lines += [("minutes", "mean", said["minutes"])]
    lines += [("money", name, usd) for name, usd in said["money"].items()]
    lines += [("timing", name, n) for name, n in said["timing"].items() if name != "refresh_hz"]
    lines += [("sessions by refresh rate", f"{hz} Hz", n) for hz, n in said["timing"]["refresh_hz"].items()]
    lines += [("catch trials", name, n) for name, n in (said["catch"] or {}).items()]
    lines += [("exclusions", rule, n) for rule, n in said["exclusions"]["rules"].items()]
    return [{"quantity": quantity, "of": of, "value": value} for quantity, of, value in lines]


@lru_cache(maxsize=4096)
def _at(hour: int) -> str:
    return datetime.fromtimestamp(hour * HOUR, UTC).isoformat()
