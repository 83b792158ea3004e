"""A whole study on this machine: launched, taken by simulated people through the recruiter's site, paid and closed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from evalsuite.db import make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from turk import browsing
from turk.billing import length_of
from turk.browsing import Onlooker
from turk.cost import reward_for
from turk.crowd import KINDS, Shares, kinds_in_turn
from turk.design import arms_of
from turk.emulator.emulator import Emulator, Settings
from turk.guests import WAYS, Hall
from turk.judge import Judge
from turk.observers import Observer, make_population
from turk.own_site import own_site
from turk.recruiting_terms import wage_floor
from turk.registry import protocol
from turk.simulate import MANNERS, eyes
from turk.studies import find_study, insert_study, study_of
from turk.study import Study
from turk.tables import SessionRow
from turk.visitor import Report, Visitor

TOPIC = "arn:aws:sns:us-east-1:123456789012:rehearsal"
CREDENTIALS: Mapping[str, str | None] = {
    "AWS_ACCESS_KEY_ID": "REHEARSAL", "AWS_SECRET_ACCESS_KEY": "REHEARSAL", "AWS_SESSION_TOKEN": None,
    "AWS_PROFILE": None, "PROLIFIC_TOKEN": "REHEARSAL",
}  # fmt: skip
"""Of nobody: no rehearsal uses those of this machine; None is unset."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is rehearsed.

    Attributes:
        recruiter: mturk, prolific or link.
        people: How many come; the copy of the study has as many places.
        shares: Of each kind of observer.
        rates: Planted rates by condition; those left out have usual ones.
        seed: Equal seeds are equal people.
        at_once: How many at the same time.
        browsers: How many of the people come with Chromium, one after the other, in real time and with care.
        minutes: How long everybody who finishes took; None for as long as it was.
        emulator: How the recruiters' servers are set up.
    """

    recruiter: str
    people: int
    shares: Shares
    rates: Mapping[str, float]
    seed: int = 0
    at_once: int = 8
    browsers: int = 0
    minutes: float | None = None
    emulator: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Stage:
    """A rehearsal under way.

    Attributes:
        study: The copy.
        engine: Its database, which nothing else uses.
        database: The database's address.
        hall: Where people go.
        endpoint: The recruiter's server; None for a link.
    """

    study: Study
    engine: Engine
    database: str
    hall: Hall
    endpoint: str | None


@contextmanager
def staged(engine: Engine, name: str, wish: Wish, folder: Path) -> Iterator[Stage]:
    """Copy a study into a database of its own, and start the recruiters' servers and our site around it.

    Args:
        engine: The study's database, which is only read.
        name: The study.
        wish: What is rehearsed.
        folder: Where the copy goes.

    Raises:
        UserError: There is no such study, or something does not start.
    """
    database = f"sqlite:///{folder}/rehearsal.db"
    study = _copy(engine, name, wish, make_engine(database))
    own = make_engine(database)
    with (
        Emulator(wish.emulator) as emulator,
        _credentials(),
        own_site(database, settings=_site_settings(emulator)) as site,
    ):
        endpoint = {"mturk": emulator.endpoint_url, "prolific": emulator.prolific_url}.get(wish.recruiter)
        yield Stage(study, own, database, Hall(emulator, site, study.name), endpoint)
    own.dispose()


def let_in(stage: Stage, wish: Wish, told: Callable[[Report], object] = id) -> list[Report]:
    """Let everybody come, through the recruiter's site and our own pages.

    Raises:
        UserError: The recruiter offers nothing, or the site does not go on.
    """
    people = make_population(stage.study, wish.rates, wish.seed)
    see, way = eyes(stage.study), WAYS[wish.recruiter]

    visitors = [
        Visitor(
            study=stage.study.name,
            kind=kind,
            query={},
            key=stage.hall.site.key,
            manners=KINDS[kind],
            part=Judge(Observer(people, number, KINDS[kind].mind)),
            seed=(wish.seed, MANNERS, number),
            see=see,
            rehearses=True,
        )
        for number, kind in enumerate(kinds_in_turn(wish.shares, wish.people))
    ]

    def one(number: int) -> Report:
        report = way(stage.hall, visitors[number], number)
        told(report)
        return report

    onlookers = [Onlooker(Observer(people, number, "psychometric"), see) for number in range(wish.browsers)]
    first = _with_windows(stage, wish, onlookers, told) if onlookers else []
    with ThreadPoolExecutor(wish.at_once) as pool:
        return [*first, *pool.map(one, range(len(first), wish.people))]


def take_time(stage: Stage, minutes: float) -> None:
    """Have everybody who finished taken so long: in the copy's database, they began earlier."""
    with session_scope(stage.engine) as db:
        for row in db.scalars(select(SessionRow).where(SessionRow.state == "finished")):
            if row.finished_at is not None:
                row.created_at = row.finished_at - timedelta(minutes=minutes)


def wait_for_bonuses(stage: Stage) -> None:
    """Put the recruiters' clock forward: Prolific pays bonuses some time after they were ordered."""
    if stage.endpoint is not None:
        stage.hall.emulator.admin.advance(seconds=stage.hall.emulator.settings.settling + 1)


def _with_windows(
    stage: Stage, wish: Wish, onlookers: Sequence[Onlooker], told: Callable[[Report], object]
) -> list[Report]:
    way, reports = browsing.WAYS[wish.recruiter], []
    with browsing.chromium() as browser:
        for number, somebody in enumerate(onlookers):
            browsing.come(stage.hall, somebody, number, browser, way)
            reports.append(Report("psychometric", "finished"))
            told(reports[-1])
    return reports


@contextmanager
def _credentials() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in CREDENTIALS}
    _set(CREDENTIALS)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _copy(engine: Engine, name: str, wish: Wish, own: Engine) -> Study:
    with session_scope(engine, read_only=True) as db:
        row = find_study(db, name)
        study, folder = study_of(row), Path(row.folder)
    protocol(study.protocol)  # refuses studies in which people color
    arms = len(arms_of(study))
    if wish.people % arms:
        raise UserError(f"--n: the study has {arms} arms, and each gets as many people; got {wish.people}. Correct it.")
    study = replace(study, recruiter=wish.recruiter, participants_per_condition=wish.people // arms)
    upgrade(own)
    with session_scope(own) as db:
        study = _with_wage(study, length_of(db, study, 0, name).minutes)
        kept = insert_study(db, study, folder)
        # A rehearsal shows how money and people go; what may be seen of the truth is for `turk audit` to say.
        kept.audit = {"sha256": study.hash, "passed": True, "auc": 0.5, "limit": 0.53, "rehearsal": True}
    own.dispose()
    return study


def _with_wage(study: Study, minutes: float) -> Study:
    """Pay the wage floor where the study was made for a link and pays less."""
    least = reward_for(minutes, wage_floor(study.settings))
    return study if study.recruiter == "link" or study.reward_usd >= least else replace(study, reward_usd=least)


def _site_settings(emulator: Emulator) -> dict[str, str]:
    origins = (emulator.worker_site_url, emulator.endpoint_url)
    return {
        "REHEARSAL": "1", "RECRUITER_ORIGINS": ",".join(origins), "PROLIFIC_SITE": emulator.participant_site_url,
        "SNS_TOPICS": TOPIC, "PUBLIC_URL": "",
    }  # fmt: skip
