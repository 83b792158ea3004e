"""kill -9 of a study's server while people take part, over and over."""

from __future__ import annotations

import random
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from evalsuite.db import session_scope
from turk.own_site import start_site
from turk.registry import protocol
from turk.simulate import Crowd, entered
from turk.study import Study
from turk.tables import SessionRow, TrialRow
from turk.visitor import Report, Visit

KEY = "the key of these participants"
CROWD = {"psychometric": 0.5, "double_submitter": 0.25, "reloader": 0.25}


@dataclass(frozen=True)
class Ordeal:
    """What a crowd was put through: its reports, and how many answers were acknowledged at each kill."""

    reports: list[Report]
    moments: list[int]


def survive(study: Study, url: str, people: int, kills: int, seed: int = 0) -> Ordeal:
    """Let people take a study while its server is killed and started again.

    The kills fall at random moments, spread over all answers, each while others are on their way.
    """
    port, rng = free_port(), random.Random(seed)
    child = start_site(url, workers=2, port=port, key=KEY)
    visits = list(entered(study, child.site, Crowd(people, CROWD, seed=seed)))
    apart = people * protocol(study.protocol).photos_needed(study.parameters) // (kills + 1)
    moments = [0]
    try:
        with ThreadPoolExecutor(people) as pool:
            futures = [pool.submit(visit.take) for visit in visits]
            while len(moments) <= kills:
                later = moments[-1] + rng.randint(1, apart)
                while answered(visits) < later and not all(future.done() for future in futures):
                    time.sleep(0.001)
                time.sleep(rng.random() * 0.05)
                child.stop(signal.SIGKILL)
                moments.append(answered(visits))
                child = start_site(url, workers=2, port=port, key=KEY)
            reports = [future.result() for future in futures]
    finally:
        child.stop()
        for visit in visits:
            visit.wire.close()
    return Ordeal(reports, moments[1:])


def answered(visits: list[Visit]) -> int:
    """How many answers were acknowledged so far."""
    return sum(len(visit.report.answers) for visit in visits)


def wrongs(engine: Engine, ordeal: Ordeal) -> list[str]:
    """What the ordeal broke; empty where every answer is there once and every session was finished."""
    faults = {fault for report in ordeal.reports for fault in report.faults}
    return [f"{what}: {count}" for what, count in counted(engine, ordeal).items() if count] + sorted(faults)


def counted(engine: Engine, ordeal: Ordeal) -> dict[str, int]:
    """How much of each kind the ordeal broke."""
    with session_scope(engine, read_only=True) as db:
        rows = db.execute(select(TrialRow.nonce, TrialRow.answer)).all()
        states = db.scalars(select(SessionRow.state)).all()
        numbers = select(func.count()).select_from(TrialRow).group_by(TrialRow.session_id, TrialRow.number)
        doubled = sum(count > 1 for count in db.scalars(numbers))
    kept = {row.nonce: row.answer for row in rows}
    given = {nonce: answer for report in ordeal.reports for nonce, answer in report.answers.items()}
    lost = sum(kept.get(nonce) != answer for nonce, answer in given.items())
    return {
        "acknowledged answers lost": lost,
        "trials never acknowledged": len(kept.keys() - given.keys()),
        "trials doubled": doubled,
        "sessions that did not go on to their end": sum(state != "finished" for state in states),
        "people who met a fault": sum(bool(report.faults) for report in ordeal.reports),
    }


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
