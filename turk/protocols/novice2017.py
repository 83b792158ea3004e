"""People color gray photos by points, a minute each, half of them with recommended colors. (Zhang, Zhu et al. 2017)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from turk.balance import dealt, halves
from turk.pairs import hands
from turk.study import Coloring, Draw, Parameter, Parameters, Plan, Stimulus, Task, Trial

WITHOUT, WITH = "without_recommendations", "with_recommendations"
CONDITIONS = (WITHOUT, WITH)


def photos_needed(parameters: Parameters) -> int:
    """A photo for each trial: nobody colors one twice."""
    return int(parameters["practice"] + parameters["test"])


def plan(draw: Draw) -> Plan:
    """Practice with recommendations, then both conditions equally often in each half, turned round for odd ranks.

    Two ranks after each other have the same photos in the same order under each other's conditions: whoever compares
    the conditions compares them on the same photos, at the same turns of a session, and by as many people.
    """
    photos = hands(draw)
    trials = [_trial("practice", photo, WITH) for photo in photos["practice"]]
    trials += [_trial("test", photo, condition) for photo, condition in zip(photos["test"], _turns(draw), strict=True)]
    return Plan(tuple(trials), tuple(photos[None]))


def task(trial: Trial, parameters: Parameters) -> Task:
    """A photo, its time, and whether colors are recommended."""
    seconds = parameters["practice_seconds"] if trial.kind == "practice" else parameters["seconds"]
    return Task(parameters["size"], seconds, trial.stimuli[0].condition == WITH)


def _turns(draw: Draw) -> Iterator[str]:
    test = range(int(draw.parameters["test"]))
    for hand in dealt(draw.rng, CONDITIONS, [len(half) for half in halves(test)]):
        yield from (WITHOUT if (condition == WITH) == bool(draw.rank % 2) else WITH for condition in hand)


def _trial(kind: Literal["practice", "test"], photo: str, condition: str) -> Trial:
    return Trial(kind, (Stimulus(photo, condition),), (0,))


PROTOCOL = Coloring(
    name="novice2017",
    title="Color gray photos by points",
    source=(
        "Zhang, Zhu, Isola, Geng, Lin, Yu and Efros 2017, Real-Time User-Guided Image Colorization with Learned Deep "
        "Priors (ACM Transactions on Graphics 36, 4), user study: 28 novices, 10 photos each, a minute for each, "
        "colors recommended for 5 of the 10, after about two minutes of tutorial; the results then face a "
        "real-vs-fake test. "
        "We deviate: the tutorial is a photo of the study that does not count, every two people color the same photos "
        "in the same order under each other's conditions, and whoever is done early may say so."
    ),
    parameters={
        "size": Parameter(256, "side of a photo in pixels", least=64, most=512),
        "practice": Parameter(1, "photos of the tutorial, which do not count", least=0, most=10),
        "test": Parameter(10, "photos that a participant colors, half of them with recommendations", least=1, most=100),
        "seconds": Parameter(60, "how long a participant has for a photo, in s", least=5, most=3600),
        "practice_seconds": Parameter(120, "how long for a photo of the tutorial, in s", least=5, most=3600),
        "point_size": Parameter(6, "side of the patch that a point colors, in pixels", least=1, most=31),
        "recommended": Parameter(9, "how many colors are recommended at a point", least=1, most=20),
    },
    conditions=CONDITIONS,
    photos_needed=photos_needed,
    plan=plan,
    task=task,
)
