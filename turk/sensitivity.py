"""What answers say beside the rate: how well fakes are told from real photos, and leanings to a side or a turn.

Shares of 0 and 1 have no z, so a half is added to every count and one to every number of trials (the log-linear rule:
Hautus, Behav. Res. Methods Instrum. Comput. 27 (1995) 46). Two images are the two-alternative task, one image yes or no
(Macmillan and Creelman, Detection Theory, 2nd ed. (2005), chapters 1 and 7):

- two images: H is the share of "left" where the fake is left, F where it is right; d' = (z(H) - z(F)) / sqrt(2);
- one image: H is the share of "fake" where it is one, F where it is a real photo; d' = z(H) - z(F);
- both: c = -(z(H) + z(F)) / 2, positive where "left" or "fake" is said too rarely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from turk.checks import SIDES
from turk.influence import Statistic, difference
from turk.sample import Sample, Sums
from turk.spread import Spread
from turk.study import REAL

Bools = NDArray[np.bool_]
HALF = 0.5
PAIRS = (
    "condition", "d_prime", "d_prime_low", "d_prime_high", "criterion", "criterion_low", "criterion_high",
    "left", "left_low", "left_high", "left_p", "first", "second", "order", "order_low", "order_high", "order_p",
)  # fmt: skip
SINGLES = (
    "condition", "on_fakes", "on_fakes_low", "on_fakes_high", "on_reals", "on_reals_low", "on_reals_high", "both",
    "both_low", "both_high", "d_prime", "d_prime_low", "d_prime_high", "criterion", "criterion_low", "criterion_high",
)  # fmt: skip


def pairs(taken: Sample, conditions: Sequence[str], draws: int, seed: int) -> pd.DataFrame:
    """Return a row per condition of a study that shows a fake beside its photo, PAIRS; intervals are for new photos.

    `left` is the share of answers "left" (half of the fakes are left), `first` and `second` the fool rates where the
    fake came first or second, `order` first minus second; the last four are NaN where both are shown at once.
    """
    shown = _pair_trials(taken)
    if not shown.any():
        return pd.DataFrame(columns=list(PAIRS))
    seen = [name for name in conditions if (shown & taken.where("condition", name)).any()]
    sums = taken.sums(_pair_sums(taken, shown, seen), draws, seed)
    in_turn = bool((taken.trials["fake_turn"] != taken.trials["fake_place"])[shown].any())
    rows = [{"condition": name, **_sided(sums, name), **_ordered(sums, name, in_turn)} for name in seen]
    return pd.DataFrame(rows, columns=list(PAIRS))


def singles(taken: Sample, conditions: Sequence[str], draws: int, seed: int) -> pd.DataFrame:
    """Return a row per condition of a study that shows one image, real or fake, SINGLES; intervals are for new photos.

    `on_fakes` is the share of fakes called real, `on_reals` of real photos called fakes by the same people, and `both`
    their mean, which HYPE reports.
    """
    seen = [name for name in conditions if (taken.where("condition", name) & taken.where("arm", name)).any()]
    if not (taken.where("condition", REAL).any() and seen):
        return pd.DataFrame(columns=list(SINGLES))
    quantities: dict[str, ArrayLike] = {}
    for name in seen:
        kinds = {"fakes": taken.where("condition", name)}
        kinds["reals"] = taken.where("condition", REAL) & taken.where("arm", name)
        for kind, shown in kinds.items():
            quantities[f"{kind} of {name}"] = shown
            quantities[f"errors on {kind} of {name}"] = shown & taken.where("correct", False)
    sums = taken.sums(quantities, draws, seed)
    return pd.DataFrame([{"condition": name, **_errors(sums, name)} for name in seen], columns=list(SINGLES))


def d_prime(hits: Statistic, alarms: Statistic, alternatives: int) -> Statistic:
    """Return the statistic d' from the shares H and F, of one image or two alternatives."""
    root = float(np.sqrt(alternatives))
    return lambda sums: np.asarray((ndtri(hits(sums)) - ndtri(alarms(sums))) / root, np.float64)


def criterion(hits: Statistic, alarms: Statistic) -> Statistic:
    """Return the statistic c from the shares H and F."""
    return lambda sums: np.asarray(-(ndtri(hits(sums)) + ndtri(alarms(sums))) / 2, np.float64)


def log_linear(sums: Sums, part: str, whole: str) -> Statistic:
    """Return the statistic (part + 1/2) / (whole + 1)."""
    a, b = sums.pick(part, whole)
    return lambda drawn: np.asarray((drawn[..., a] + HALF) / (drawn[..., b] + 2 * HALF), np.float64)


def _pair_trials(taken: Sample) -> Bools:
    """Which trials showed a fake beside a real photo."""
    sided = taken.trials["answer"].isin(SIDES) & taken.trials["fake_place"].notna()
    return sided.to_numpy(np.bool_)


def _pair_sums(taken: Sample, shown: Bools, conditions: Sequence[str]) -> Mapping[str, ArrayLike]:
    left, fooled = taken.where("answer", "left"), taken.where("correct", False)
    quantities: dict[str, ArrayLike] = {}
    for name in conditions:
        mine = shown & taken.where("condition", name)
        quantities |= {f"trials of {name}": mine, f"left of {name}": mine & left}
        for side, place in (("left", 0), ("right", 1)):
            there = mine & taken.where("fake_place", place)
            quantities |= {f"fake {side} of {name}": there, f"left at fake {side} of {name}": there & left}
        for word, turn in (("first", 0), ("second", 1)):
            then = mine & taken.where("fake_turn", turn)
            quantities |= {f"fake {word} of {name}": then, f"fooled at fake {word} of {name}": then & fooled}
    return quantities


def _sided(sums: Sums, name: str) -> dict[str, float]:
    hits = log_linear(sums, f"left at fake left of {name}", f"fake left of {name}")
    alarms = log_linear(sums, f"left at fake right of {name}", f"fake right of {name}")
    left = sums.spread(sums.share(f"left of {name}", f"trials of {name}"), "new_photos", (0, 1))
    return {
        **_ends("d_prime", sums.spread(d_prime(hits, alarms, 2), "new_photos")),
        **_ends("criterion", sums.spread(criterion(hits, alarms), "new_photos")),
        **_ends("left", left),
        "left_p": left.p(HALF),
    }


def _ordered(sums: Sums, name: str, in_turn: bool) -> dict[str, float]:
    if not in_turn:
        return {}
    first, second = (
        sums.share(f"fooled at fake {word} of {name}", f"fake {word} of {name}") for word in ("first", "second")
    )
    gap = sums.spread(difference(first, second), "new_photos", (-1, 1))
    answers = sums.resamples.answers.sums
    values = {"first": float(first(answers)), "second": float(second(answers))}
    return {**values, **_ends("order", gap), "order_p": gap.p()}


def _errors(sums: Sums, name: str) -> dict[str, float]:
    fakes = sums.share(f"errors on fakes of {name}", f"fakes of {name}")
    reals = sums.share(f"errors on reals of {name}", f"reals of {name}")
    misses = log_linear(sums, f"errors on fakes of {name}", f"fakes of {name}")
    alarms = log_linear(sums, f"errors on reals of {name}", f"reals of {name}")

    def hits(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1 - misses(drawn)

    def both(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        return (fakes(drawn) + reals(drawn)) / 2

    return {
        **_ends("on_fakes", sums.spread(fakes, "new_photos", (0, 1))),
        **_ends("on_reals", sums.spread(reals, "new_photos", (0, 1))),
        **_ends("both", sums.spread(both, "new_photos", (0, 1))),
        **_ends("d_prime", sums.spread(d_prime(hits, alarms, 1), "new_photos")),
        **_ends("criterion", sums.spread(criterion(hits, alarms), "new_photos")),
    }


def _ends(name: str, spread: Spread) -> dict[str, float]:
    low, high = spread.interval()
    return {name: spread.value, f"{name}_low": low, f"{name}_high": high}
