"""kill -9 of a study's server while people take part, over and over."""

from __future__ import annotations

import math
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
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
PORTS = range(20_000, 30_000)
"""Below those that systems give to outgoing connections, which would take a port while its server is away."""
PATIENCE_S = 180.0
"""How long nobody's answer may be acknowledged while the server is there."""


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
        with under_way(visits) as futures:
            while len(moments) <= kills:
                later = moments[-1] + rng.randint(1, apart)
                wait(visits, futures, later)
                time.sleep(rng.random() * 0.05)
                child.stop(signal.SIGKILL)
                moments.append(answered(visits))
                child = start_site(url, workers=2, port=port, key=KEY)
            wait(visits, futures)
        reports = [future.result() for future in futures]
    finally:
        child.stop()
    return Ordeal(reports, moments[1:])


@contextmanager
def under_way(visits: list[Visit]) -> Iterator[list[Future[Report]]]:
    """Let all visits go on at once; those that have not ended with the block stop after what they are doing."""
    stopped = threading.Event()
    try:
        with ThreadPoolExecutor(len(visits)) as pool:
            try:
                yield [pool.submit(visit.take, stopped) for visit in visits]
            finally:
                stopped.set()
    finally:
        for visit in visits:
            visit.wire.close()


def wait(visits: list[Visit], futures: list[Future[Report]], later: float = math.inf) -> None:
    """Wait until that many answers were acknowledged, or all visits have ended.

    Raises:
        TimeoutError: No answer was acknowledged for PATIENCE_S.
    """
    before, since = -1, time.monotonic()
    while answered(visits) < later and not all(future.done() for future in futures):
        if answered(visits) != before:
            before, since = answered(visits), time.monotonic()
        elif time.monotonic() - since > PATIENCE_S:
            raise TimeoutError(f"no answer was acknowledged for {PATIENCE_S:.0f} s, after {before}")
        time.sleep(0.001)


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
    """A port that nobody listens at, and that no connection will take."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise OSError("none of a hundred ports is free")
