"""Who sees what: a session's plan from the study's seed, its arm, its rank and its own seed.

Photos rotate over ranks: the test photos of rank r are the r-th slice of seeded permutations chained one after the
other, the same in every arm, so that arms are compared on the same photos and all photos are seen equally often.
Where people color, two ranks after each other are a couple: the same photos in the same order, under each other's
conditions.
"""

from __future__ import annotations

import hashlib
from itertools import islice

import numpy as np

from turk.balance import shuffled
from turk.registry import any_protocol, colorings
from turk.study import Draw, Plan, Study

PLACES, ROTATION, OTHERS, SESSION = range(4)
"""What a generator is for, the first word of its seed after the study's."""


def arms_of(study: Study) -> tuple[str, ...]:
    """What a session of the study may be assigned to."""
    return any_protocol(study.protocol).arms(study.conditions)


def block_order(study: Study, positions: int) -> tuple[str, ...]:
    """The arm of each position, in permuted blocks: every block of as many positions as arms has each arm once.

    The rank of a position in its arm is the number of its block, so position // number of arms.
    """
    arms = arms_of(study)
    rng = _generator(study, PLACES)
    blocks = -(-positions // len(arms))
    return tuple(arm for _ in range(blocks) for arm in shuffled(rng, arms))[:positions]


def plan_session(study: Study, arm: str, rank: int, seed: int) -> Plan:
    """Plan a session; equal arguments give equal plans.

    Args:
        study: As it was frozen.
        arm: One of `arms_of(study)`.
        rank: How-many-th place of its arm, from 0: the photos of the session.
        seed: The session's own: everything else; where people color, nothing hangs on it.

    Raises:
        UserError: The study has too few photos, or catch trials but nothing to show in them.
    """
    couple = study.protocol in colorings()
    turn = rank // 2 if couple else rank
    words = hashlib.sha256(arm.encode()).digest()[:8]
    rng = _generator(study, SESSION, int.from_bytes(words, "big"), turn, 0 if couple else seed)
    draw = Draw(
        rng=rng,
        photos=_photos(study, turn, rng),
        arm=arm,
        conditions=study.conditions,
        catch=study.catch,
        parameters=study.parameters,
        rank=rank,
        truth=study.truth,
    )
    return any_protocol(study.protocol).plan(draw)


def _photos(study: Study, rank: int, rng: np.random.Generator) -> tuple[str, ...]:
    """The photos of a session in the order of use: for practice and catch trials, for test trials, spare ones.

    Which are for what hangs on the rank alone; each part is then in the session's own order.
    """
    test = int(study.parameters["test"])
    before = any_protocol(study.protocol).photos_needed(study.parameters) - test
    tested = _slice(study, test, rank)
    others = shuffled(_generator(study, OTHERS, rank), sorted(set(study.photos) - set(tested)))
    parts = (others[:before], tested, others[before:])
    return tuple(photo for part in parts for photo in shuffled(rng, part))


def _slice(study: Study, size: int, rank: int) -> list[str]:
    """The rank-th slice of chained permutations of all photos; no slice has a photo twice."""
    rng = _generator(study, ROTATION)
    served: list[str] = []
    left: list[str] = []
    for _ in range(rank + 1):
        served, left = left[:size], left[size:]
        if len(served) < size:
            fresh = shuffled(rng, study.photos)
            have = set(served)
            new = dict.fromkeys(islice((photo for photo in fresh if photo not in have), size - len(served)))
            left = [photo for photo in fresh if photo not in new]
            served += new
    return served


def _generator(study: Study, *words: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([study.seed, *words]))
