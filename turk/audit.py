"""The leak audit: does anything but pixels tell a real photo from a fake? A classifier tries to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from evalsuite.db import make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from turk.clues import clues_of
from turk.design import arms_of, plan_session
from turk.hosted import Elsewhere, lend
from turk.own_site import own_site
from turk.received import Browser, Shown
from turk.registry import protocol
from turk.simulate import eyes
from turk.studies import insert_study
from turk.study import REAL, Study

LIMIT = 0.53
"""The largest AUC with which a study may start."""
LEAST_IMAGES = 2000
"""With fewer, chance alone exceeds the limit in more than one study of a hundred."""
LEVEL = 0.95
FOLDS = 5
STRONGEST = 3
LEARNER: Mapping[str, Any] = {"max_iter": 40, "max_leaf_nodes": 15, "min_samples_leaf": 40, "random_state": 0}
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Area:
    """An area under the ROC curve with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an audit found.

    Attributes:
        area: How well the truth is told from everything but pixels; .5 is not at all.
        images: How many images the classifier was tried on.
        sessions: In how many sessions they were shown.
        strongest: The clues that tell most by themselves, with the area of each.
    """

    area: Area
    images: int
    sessions: int
    strongest: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        """What the study keeps of it."""
        return {
            "auc": self.area.value, "ci95": [self.area.low, self.area.high], "images": self.images,
            "sessions": self.sessions, "strongest": [list(clue) for clue in self.strongest],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Audit:
    """What is told without looking.

    Attributes:
        truth: Real photos from fakes, or conditions from each other where no photo is shown.
        catch: Fakes of catch trials from fakes of test trials; None where there are no catch trials. They are few, so
            only an interval that lies beyond the limit fails.
    """

    truth: Verdict
    catch: Verdict | None = None

    @property
    def failed(self) -> Verdict | None:
        """What keeps the study from starting."""
        if self.truth.area.value > LIMIT:
            return self.truth
        return self.catch if self.catch is not None and self.catch.area.low > LIMIT else None

    def to_json(self) -> dict[str, Any]:
        """What the study keeps."""
        catch = None if self.catch is None else self.catch.to_json()
        return {**self.truth.to_json(), "catch": catch, "limit": LIMIT, "passed": self.failed is None}


def audit_study(
    study: Study, folder: Path, images: int, told: Callable[[int], object] = id, elsewhere: Elsewhere | None = None
) -> Audit:
    """Let simulated participants take a copy of a study on a site of its own, and try to tell the truth.

    Nothing is written to the study's database; all that comes is measured on the real site, over HTTP.

    Args:
        study: As it was frozen.
        folder: Its files.
        images: How many images are asked for, about.
        told: Called with the number of images of each session when it is through.
        elsewhere: Copies of its stimuli that browsers are sent to.

    Raises:
        UserError: Too few images for a verdict, or the site does not answer.
    """
    if images < LEAST_IMAGES:
        raise UserError(f"audit: a verdict needs at least {LEAST_IMAGES} images; got {images}. Ask for more.")
    return judged(study, receive(study, folder, sessions_for(study, images), told, elsewhere))


def judged(study: Study, images: Sequence[Shown]) -> Audit:
    """Judge what was received of a study."""
    shown_alone = protocol(study.protocol).measure == "preference" or not study.truth
    kinds = study.conditions if shown_alone else (REAL,)
    if study.catch is None or study.catch in study.conditions:
        return Audit(judge(images, kinds))
    fakes = [shown for shown in images if shown.stimulus.condition != REAL and not shown.practice]
    return Audit(judge(images, kinds), judge(fakes, (study.catch,)))


def sessions_for(study: Study, images: int) -> int:
    """How many sessions show about so many images; every fold of the classifier gets two at least."""
    plan = plan_session(study, arms_of(study)[0], 0, 0)
    return max(2 * FOLDS, -(-images // sum(len(trial.stimuli) for trial in plan.trials)))


def receive(
    study: Study, folder: Path, sessions: int, told: Callable[[int], object] = id, elsewhere: Elsewhere | None = None
) -> list[Shown]:
    """Collect what browsers receive in so many sessions."""
    with tempfile.TemporaryDirectory(prefix="audit-") as work:
        url = f"sqlite:///{work}/audit.db"
        engine = make_engine(url)
        upgrade(engine)
        with session_scope(engine) as session:
            # A link's participants need no parameters of a platform; nothing else of a page hangs on who sent them.
            row = insert_study(session, study, folder)
            row.recruiter = "link"
            if elsewhere is not None:
                lend(session, row, elsewhere)
        engine.dispose()
        see = eyes(study)
        with own_site(url) as site, ThreadPoolExecutor(AT_ONCE) as pool:
            browsers = (Browser(site, study.name, number, see) for number in range(sessions))
            found = []
            for shown in pool.map(Browser.take, browsers):
                found += shown
                told(len(shown))
    return found


def judge(images: Sequence[Shown], kinds: Sequence[str] = (REAL,)) -> Verdict:
    """Train on some sessions, try on the others, and say how well the truth was told.

    Args:
        images: What browsers received.
        kinds: The conditions that are to be told from all others, one after the other; the mean of their areas counts.

    Raises:
        UserError: All images are of one kind.
    """
    clues = clues_of(images)
    groups = np.array([shown.session for shown in images])
    truths = [_truth(images, kind) for kind in kinds]
    told = [area_under(_scores(clues, truth, groups), truth, groups) for truth in truths]
    mean = Area(*(float(np.mean([getattr(area, name) for area in told])) for name in ("value", "low", "high")))
    alone = {str(name): _alone(column.to_numpy(), truths) for name, column in clues.items()}
    strongest = sorted(alone.items(), key=lambda clue: -clue[1])[:STRONGEST]
    return Verdict(mean, len(images), len(np.unique(groups)), tuple(strongest))


def area_under(scores: NDArray[np.float64], truth: NDArray[np.bool_], groups: NDArray[np.int64]) -> Area:
    """Compute the area under the ROC curve, and its interval where rows of a group hang together.

    Args:
        scores: (N,) higher for what is held to be true.
        truth: (N,)
        groups: (N,) the session of each row.

    Source:
        Obuchowski 1997, Nonparametric analysis of clustered ROC curve data (Biometrics 53): structural components as
        in DeLong et al. 1988, summed by group.
    """
    positive, negative = int(truth.sum()), int((~truth).sum())
    ranks = rankdata(scores)
    inner = np.empty(len(scores))
    inner[truth], inner[~truth] = rankdata(scores[truth]), rankdata(scores[~truth])
    placed = np.where(truth, (ranks - inner) / negative, 1 - (ranks - inner) / positive)
    area = float(placed[truth].mean())
    number = pd.factorize(groups)[0]
    count = int(number.max()) + 1
    spread = [
        np.bincount(number[rows], placed[rows] - area, count) / size * np.sqrt(count / (count - 1))
        for rows, size in ((truth, positive), (~truth, negative))
    ]
    error = float(np.sqrt(((spread[0] + spread[1]) ** 2).sum()))
    reach = float(norm.ppf(0.5 + LEVEL / 2)) * error
    return Area(area, max(0.0, area - reach), min(1.0, area + reach))


def _truth(images: Sequence[Shown], kind: str) -> NDArray[np.bool_]:
    truth = np.array([shown.stimulus.condition == kind for shown in images])
    if truth.all() or not truth.any():
        raise UserError(f"audit: images of two kinds are needed; got only {kind!r} or none of it. Add a condition.")
    return truth


def _scores(clues: pd.DataFrame, truth: NDArray[np.bool_], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each image's score by a classifier that has not seen its session."""
    scores = np.empty(len(truth))
    values = clues.to_numpy()
    for train, test in GroupKFold(FOLDS).split(values, truth, groups):
        learner = HistGradientBoostingClassifier(**LEARNER).fit(values[train], truth[train])
        scores[test] = learner.predict_proba(values[test])[:, 1]
    return scores


def _alone(values: NDArray[np.float64], truths: Sequence[NDArray[np.bool_]]) -> float:
    """How well a clue by itself tells the truth, in either direction."""
    ranks = rankdata(values)
    areas = [(ranks[truth].mean() - (truth.sum() + 1) / 2) / (~truth).sum() for truth in truths]
    return float(np.mean([max(area, 1 - area) for area in areas]))
