"""The nouns of a study, frozen: Study, Trial, and two kinds of protocols with what the browser is told.

People judge images (Protocol, Screen, Outcome) or color photos (Coloring, Task). A trial knows the answer and stays on
the server; a screen or a task is what a participant's browser may know of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import numpy as np

REAL = "real"
"""The condition of the photos themselves."""

Kind: TypeAlias = Literal["practice", "test", "catch"]
Parameters: TypeAlias = Mapping[str, Any]
"""A protocol's parameters by name, complete and checked."""


@dataclass(frozen=True, slots=True)
class Study:
    """A study as it is frozen; its hash covers every field.

    Attributes:
        name: [a-z0-9-]+, unique in a database.
        protocol: The name of a file in turk/protocols.
        parameters: The protocol's parameters, defaults filled in.
        conditions: The colorizers that are shown, in the order of the study file.
        catch: The condition of catch trials; None where the protocol has none.
        photos: Their ids (stems), sorted; every condition has an output of each.
        stimuli: Condition ("real" and the catch condition too) to photo id to the sha256 of the file that is served.
        participants_per_condition: Places of each arm.
        recruiter: "link", "prolific" or "mturk".
        reward_usd: What a participant is paid.
        texts: What participants read: locale to key to text, as the templates had it, and the consent's version.
        exclusions: Rule name to its threshold (see turk.rules).
        stopping: When the study is complete: {"participants": "all" or a number per arm}.
        analysis: What is computed: draws, level, contrasts, equivalence margin.
        seed: From which every session is planned.
        settings: Everything else of the study file (caps on people and money, wage floor, locale, ...).
    """

    name: str
    protocol: str
    parameters: Parameters
    conditions: tuple[str, ...]
    catch: str | None
    photos: tuple[str, ...]
    stimuli: Mapping[str, Mapping[str, str]]
    participants_per_condition: int
    recruiter: str
    reward_usd: Decimal
    texts: Mapping[str, Any] = field(default_factory=dict)
    exclusions: Mapping[str, Any] = field(default_factory=dict)
    stopping: Mapping[str, Any] = field(default_factory=dict)
    analysis: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON keeps it; dollars are text."""
        return asdict(self) | {
            "reward_usd": str(self.reward_usd),
            "conditions": list(self.conditions),
            "photos": list(self.photos),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Study:
        """The study that `to_json` wrote."""
        texts = ("conditions", "photos")
        kept = {name: tuple(value[name]) for name in texts} | {"reward_usd": Decimal(value["reward_usd"])}
        return cls(**{**value, **kept})

    @property
    def truth(self) -> bool:
        """Whether the photos have colors of their own; those of a run with --no-reference have none."""
        return bool(self.settings.get("truth", True))

    @property
    def hash(self) -> str:
        """The sha256 of the canonical JSON, 64 hexadecimal digits."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One image of a trial: a photo as a condition shows it."""

    photo: str
    condition: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What is shown and what is true.

    Attributes:
        kind: Practice, test or catch.
        stimuli: By place on the screen, from left to right: one or two.
        order: The places in the order of exposure, such as (1, 0): right first. Protocols that show both at once
            or a single image keep it all the same, as (0, 1) or (0,).
    """

    kind: Kind
    stimuli: tuple[Stimulus, ...]
    order: tuple[int, ...]

    @property
    def photos(self) -> frozenset[str]:
        """The photos that the trial uses up."""
        return frozenset(stimulus.photo for stimulus in self.stimuli)


@dataclass(frozen=True, slots=True)
class Screen:
    """What the browser is told of a trial beside the addresses of its images; nothing here depends on the truth.

    Attributes:
        layout: "sequence" shows the places one after the other in `order`, "together" all at once.
        order: The places in the order of exposure.
        size: Side of the stage's images in CSS pixels.
        fixation_ms: The cross before the first image.
        exposure_ms: How long each image (or all together) is visible; None until the answer.
        gap_ms: Between two images of a sequence.
        mask_ms: The mask after an image; between two images it is the first part of the gap.
        question: The text's key, such as "which_is_fake".
        choices: The answers that are allowed, in the order of their keys and buttons.
        points: "places" when a choice is made by clicking an image's place, else "buttons".
        feedback: Whether the browser is told the truth after it has answered (practice).
        timeout_ms: The longest time for an answer; None without limit.
    """

    layout: Literal["sequence", "together"]
    order: tuple[int, ...]
    size: int
    fixation_ms: int
    exposure_ms: int | None
    gap_ms: int
    mask_ms: int
    question: str
    choices: tuple[str, ...]
    points: Literal["places", "buttons"]
    feedback: bool
    timeout_ms: int | None = None

    @property
    def shortest_ms(self) -> int:
        """The least time between the trial's release and an honest answer."""
        shown = self.exposure_ms or 0
        images = len(self.order) if self.layout == "sequence" else 1
        return self.fixation_ms + images * shown + (images - 1) * self.gap_ms


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer means.

    Attributes:
        correct: Whether it names the truth; None where there is none (preference, naturalness).
        value: What is averaged: 1 when a fake was taken for real (fooled) and 0 when not; for preferences 1 when the
            stimulus at place 1 (right) was chosen; for naturalness 1 for natural; for ratings 1..5.
    """

    correct: bool | None
    value: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of a protocol that a study file may set."""

    default: Any
    help: str
    least: float | None = None
    most: float | None = None
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """What a protocol plans a session from.

    Attributes:
        rng: The session's own generator.
        photos: The photos in the order in which this session uses them up; the first ones are enough for practice
            and catch, then test, and those that remain replace trials whose exposure failed.
        arm: What this session sees: a condition, or "all".
        conditions: All conditions of the study.
        catch: The condition of catch trials, if any.
        parameters: Complete and checked.
        rank: How-many-th place of its arm the session has, from 0.
        truth: Whether the photos have colors of their own that can be shown; old black-and-white ones have none.
    """

    rng: np.random.Generator
    photos: tuple[str, ...]
    arm: str
    conditions: tuple[str, ...]
    catch: str | None
    parameters: Parameters
    rank: int = 0
    truth: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """A session as it is meant to go: trials in order, and photos left over for replacements in the order of use."""

    trials: tuple[Trial, ...]
    spare: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way to let people judge images, as one file of turk/protocols ends in it.

    Attributes:
        name: Its name in study files.
        title: Its name in texts.
        source: Authors, year, and where the protocol is described; how we deviate.
        measure: "fool_rate", "preference", "naturalness" or "rating": which analysis fits.
        parameters: Name to parameter.
        arms: From the conditions to what a session may be assigned to: each of them, or ("all",).
        photos_needed: From parameters to the least number of photos of a study.
        plan: A session's trials from a draw; equal draws give equal plans.
        replace: A trial like the given one with a fresh photo: same kind, conditions by place, order.
        screen: What the browser may know of a trial.
        score: What an answer means.
        truth: The choice that names the truth, shown after practice; None where there is none.
    """

    name: str
    title: str
    source: str
    measure: Literal["fool_rate", "preference", "naturalness", "rating"]
    parameters: Mapping[str, Parameter]
    arms: Callable[[tuple[str, ...]], tuple[str, ...]]
    photos_needed: Callable[[Parameters], int]
    plan: Callable[[Draw], Plan]
    replace: Callable[[Trial, str], Trial]
    screen: Callable[[Trial, Parameters], Screen]
    score: Callable[[Trial, str], Outcome]
    truth: Callable[[Trial], str | None]


@dataclass(frozen=True, slots=True)
class Task:
    """What the browser is told of a photo that is to be colored, beside the address of its gray image.

    Attributes:
        size: Side of the photo in pixels; points lie within it.
        seconds: How long a participant has, from the moment at which the photo is shown.
        recommendations: Whether colors are recommended at a point.
    """

    size: int
    seconds: int
    recommendations: bool


@dataclass(frozen=True, slots=True)
class Coloring:
    """A way to let people color photos, as one file of turk/protocols ends in it; others then judge the results.

    Attributes:
        name: Its name in study files.
        title: Its name in texts.
        source: Authors, year, and where the protocol is described; how we deviate.
        parameters: Name to parameter; `size`, `practice`, `test`, `seconds` and `practice_seconds` are among them.
        conditions: Under which people color; what they make under each is a condition of studies that judge it.
        photos_needed: From parameters to the least number of photos of a study.
        plan: A session's trials from a draw, of which nothing but the rank may tell sessions apart.
        task: What the browser may know of a trial.
    """

    name: str
    title: str
    source: str
    parameters: Mapping[str, Parameter]
    conditions: tuple[str, ...]
    photos_needed: Callable[[Parameters], int]
    plan: Callable[[Draw], Plan]
    task: Callable[[Trial, Parameters], Task]

    def arms(self, conditions: tuple[str, ...]) -> tuple[str, ...]:
        """Everybody colors under every condition."""
        return ("all",)


AnyProtocol: TypeAlias = Protocol | Coloring
