"""A study taken by synthetic participants, over HTTP, with known strengths: a rehearsal before people come."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from evalsuite.errors import UserError
from turk.colorist import Colorist
from turk.crowd import KINDS, MIXED, Shares, kinds_in_turn
from turk.judge import Judge
from turk.novice import Novice, TrueColors
from turk.observers import Law, Observer, make_population
from turk.own_site import Site
from turk.study import REAL, Stimulus, Study
from turk.visitor import Part, Report, See, Visit, Visitor
from turk.wire import Watch, Wire, nobody

MANNERS, PAINTS = 2, 3
"""What a generator is for, the second word of its seed; 0 and 1 are turk.observers'."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who takes part.

    Attributes:
        people: How many.
        shares: Of each kind.
        rates: Planted rates by condition; those left out have usual ones.
        seed: Equal seeds are the same people, who give the same answers to the same study.
        law: How they differ and err.
        at_once: How many at the same time.
        waits: Whether they really wait for images and think, or only their virtual clocks do.
        colors: What they remember of the photos' colors, where they color.
    """

    people: int
    shares: Shares = field(default_factory=lambda: MIXED)
    rates: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    law: Law = field(default_factory=Law)
    at_once: int = 8
    waits: bool = False
    colors: TrueColors | None = None


def simulate(
    study: Study, site: Site, crowd: Crowd, told: Callable[[Report], object] = id, watch: Watch = nobody
) -> list[Report]:
    """Let a crowd take a study.

    Whoever finished in an earlier call is only counted; whoever was interrupted goes on. All enter in one order before
    anybody begins, so that the same crowd gets the same places.

    Args:
        study: As it was frozen.
        site: Where it runs.
        crowd: Who comes.
        told: Called for each participant when they are through.
        watch: Told of every request.

    Raises:
        UserError: The site lets nobody in, shows images of another study, or does not answer.
    """
    visits = list(entered(study, site, crowd, watch))
    stopped = threading.Event()
    with ThreadPoolExecutor(crowd.at_once) as pool:
        futures = [pool.submit(_take, visit, stopped) for visit in visits]
        try:
            for future in as_completed(futures):
                told(future.result())
        except BaseException:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [future.result() for future in futures]


def eyes(study: Study) -> See:
    """Tell images of a study apart by their bytes, as a person does by looking.

    Where a colorization has the very bytes of the photo, both are taken for the photo.

    Raises (when it looks):
        UserError: The image is none of the study's.
    """
    known: dict[str, Stimulus] = {}
    for condition in sorted(study.stimuli, key=lambda name: name != REAL):
        for photo, sha256 in study.stimuli[condition].items():
            known.setdefault(sha256, Stimulus(photo, condition))

    def see(data: bytes) -> Stimulus:
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 not in known:
            raise UserError(
                f"study {study.name!r}: images are those of this database; got another one. "
                "Name the database of the site that --url names."
            )
        return known[sha256]

    return see


def totals(reports: Sequence[Report]) -> dict[str, Counter[str]]:
    """By kind, in the order of KINDS: how many people, how they ended, and what happened."""
    table: dict[str, Counter[str]] = {}
    for kind in KINDS:
        of_kind = [report for report in reports if report.kind == kind]
        if of_kind:
            table[kind] = Counter({"people": len(of_kind)})
            for report in of_kind:
                table[kind].update({report.outcome: 1, "faults": len(report.faults)})
                table[kind].update(report.counts)
    return table


def entered(study: Study, site: Site, crowd: Crowd, watch: Watch = nobody) -> Iterator[Visit]:
    """Let a crowd in, one after the other; each is then at the step where they were before, or at the first."""
    see, part = eyes(study), _parts(study, crowd)
    for number, kind in enumerate(kinds_in_turn(crowd.shares, crowd.people)):
        visitor = Visitor(
            study=study.name,
            kind=kind,
            query=_query(study.recruiter, f"synthetic-{crowd.seed}-{number}"),
            key=site.key,
            manners=KINDS[kind],
            part=part(number, kind),
            seed=(crowd.seed, MANNERS, number),
            see=see,
            waits=crowd.waits,
        )
        visit = Visit(visitor, Wire(site.url, watch=watch))
        visit.enter()
        visit.wire.close()
        yield visit


def _parts(study: Study, crowd: Crowd) -> Callable[[int, str], Part]:
    """Tells what the person of a number and kind does in the study."""
    if crowd.colors is not None:
        colors = crowd.colors
        return lambda number, kind: Colorist(
            Novice(colors, (crowd.seed, PAINTS, number), KINDS[kind].mind == "psychometric")
        )
    people = make_population(study, crowd.rates, crowd.seed, crowd.law)
    return lambda number, kind: Judge(Observer(people, number, KINDS[kind].mind))


def _query(recruiter: str, person: str) -> dict[str, str]:
    """What the recruiter would put into the address."""
    if recruiter == "prolific":
        return {"PROLIFIC_PID": person, "STUDY_ID": "synthetic", "SESSION_ID": person}
    if recruiter == "mturk":
        origin = "https://workersandbox.mturk.com"
        return {"workerId": person, "assignmentId": person, "hitId": "synthetic", "turkSubmitTo": origin}
    return {"id": person}


def _take(visit: Visit, stopped: threading.Event) -> Report:
    try:
        return visit.take(stopped)
    finally:
        visit.wire.close()
