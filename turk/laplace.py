"""Laplace's approximation of the likelihood of turk.glmm, with its gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, log_expit

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
NEWTON_STEPS = 60
TOLERANCE = 1e-9


class Model:
    """Answers and how they are grouped; its deviance, with the modes of people and photos kept between calls.

    Args:
        answers: (n,) 0 or 1.
        design: (n, C) of the fixed effects.
        groups: Name to (n,) which of its members an answer is of, from 0.
        weights: (n,) how often each row counts; 1 where it is left out.
    """

    def __init__(
        self, answers: Floats, design: Floats, groups: Mapping[str, Integers], weights: Floats | None = None
    ) -> None:
        self.answers, self.design, self.groups = answers, design, dict(groups)
        self.weights = np.ones(len(answers)) if weights is None else weights
        # The largest group is eliminated first: its block of the curvature is diagonal.
        sizes = {name: int(code.max()) + 1 for name, code in groups.items()}
        self._order = sorted(range(len(sizes)), key=lambda g: -list(sizes.values())[g])
        self._codes = [list(groups.values())[g] for g in self._order]
        self._sizes = [list(sizes.values())[g] for g in self._order]
        self._starts = np.concatenate([[0], np.cumsum(self._sizes[1:])]).astype(int)
        self._modes = [np.zeros(size) for size in self._sizes]

    def deviance(self, effects: Floats, spreads: Floats) -> tuple[float, Floats]:
        """Return Laplace's approximation of minus twice the log likelihood, and its gradient by effects and spreads."""
        scaled = np.asarray(spreads, np.float64)[self._order]
        fixed = self.design @ effects
        value = self._find_modes(fixed, scaled)
        curvature = self._curvature(fixed, scaled)
        slope = self._slope(fixed, scaled, curvature)
        by_spread = np.empty(len(scaled))
        by_spread[self._order] = slope[len(effects) :]
        return value + curvature.log_size, np.concatenate([slope[: len(effects)], by_spread])

    def _find_modes(self, fixed: Floats, spreads: Floats) -> float:
        value = self._penalized(fixed, spreads, self._modes)
        for _ in range(NEWTON_STEPS):
            step = self._curvature(fixed, spreads).solve(self._pull(fixed, spreads))
            size, before = 1.0, value
            while size > 1e-6:
                tried = [mode + size * part for mode, part in zip(self._modes, step, strict=True)]
                value = self._penalized(fixed, spreads, tried)
                if value <= before:
                    self._modes = tried
                    break
                size, value = size / 2, before
            if before - value < TOLERANCE:
                break
        return value

    def _moved(self, spreads: Floats, parts: Sequence[Floats]) -> Floats:
        """(n,) what members of groups add to the logits."""
        moves = [sd * part[code] for sd, part, code in zip(spreads, parts, self._codes, strict=True)]
        return np.asarray(np.sum(moves, axis=0), np.float64)

    def _penalized(self, fixed: Floats, spreads: Floats, modes: Sequence[Floats]) -> float:
        logits = fixed + self._moved(spreads, modes)
        likely = log_expit(logits) * self.answers + log_expit(-logits) * (1 - self.answers)
        return float(-2 * self.weights @ likely + sum(mode @ mode for mode in modes))

    def _sums(self, values: Floats) -> list[Floats]:
        """Sum values per member, for each group."""
        grouped = zip(self._codes, self._sizes, strict=True)
        return [np.bincount(code, values, size).astype(np.float64) for code, size in grouped]

    def _pull(self, fixed: Floats, spreads: Floats) -> list[Floats]:
        """The slope of the penalized likelihood by the modes."""
        rest = self.weights * (self.answers - expit(fixed + self._moved(spreads, self._modes)))
        return [sd * rests - mode for sd, rests, mode in zip(spreads, self._sums(rest), self._modes, strict=True)]

    def _curvature(self, fixed: Floats, spreads: Floats) -> _Curvature:
        chance = expit(fixed + self._moved(spreads, self._modes))
        curve = self.weights * chance * (1 - chance)
        first = 1 + spreads[0] ** 2 * np.bincount(self._codes[0], curve, self._sizes[0])
        total = int(self._starts[-1])
        across, inner = np.empty((total, self._sizes[0])), np.eye(total)
        for g, rows in enumerate(self._slices(), 1):
            across[rows] = spreads[0] * spreads[g] * self._crossed(curve, g, 0)
            for h, columns in enumerate(self._slices(), 1):
                inner[rows, columns] += spreads[g] * spreads[h] * self._crossed(curve, g, h)
        return _Curvature.of(first, across, inner, self._starts)

    def _slices(self) -> list[slice]:
        return [slice(start, stop) for start, stop in pairwise(self._starts.tolist())]

    def _crossed(self, values: Floats, g: int, h: int) -> Floats:
        """Sum values per pair of members of two groups."""
        shape = self._sizes[g], self._sizes[h]
        cells = np.bincount(self._codes[g] * shape[1] + self._codes[h], values, shape[0] * shape[1])
        return cells.astype(np.float64).reshape(shape)

    def _slope(self, fixed: Floats, spreads: Floats, curvature: _Curvature) -> Floats:
        """The deviance's gradient: through the likelihood, the curvature's size, and the modes that follow."""
        chance = expit(fixed + self._moved(spreads, self._modes))
        rest, curve = self.weights * (self.answers - chance), self.weights * chance * (1 - chance)
        parts = self._leverages(spreads, curvature)
        leverage = np.sum([sd * part for sd, part in zip(spreads, parts, strict=True)], axis=0)
        bent = leverage * curve * (1 - 2 * chance)
        follow = curvature.solve([sd * summed for sd, summed in zip(spreads, self._sums(bent), strict=True)])
        direct = bent - curve * self._moved(spreads, follow) - 2 * rest
        by_spread = [
            direct @ mode[code] + 2 * curve @ part + following @ rests
            for mode, code, part, following, rests in zip(
                self._modes, self._codes, parts, follow, self._sums(rest), strict=True
            )
        ]
        return np.concatenate([direct @ self.design, by_spread])

    def _leverages(self, spreads: Floats, curvature: _Curvature) -> list[Floats]:
        """For each group (n,): the inverse curvature between an answer's member and all its members, times spreads."""
        within, between, first = curvature.inverse()
        codes = [code + start for code, start in zip(self._codes[1:], self._starts[:-1].tolist(), strict=True)]
        found = [spreads[0] * first[self._codes[0]]]
        for g, code in enumerate(codes, 1):
            cross = between[code, self._codes[0]]
            found[0] = found[0] + spreads[g] * cross
            inner = [spreads[h] * within[code, other] for h, other in enumerate(codes, 1)]
            found.append(spreads[0] * cross + np.sum(inner, axis=0))
        return found


@dataclass(frozen=True)
class _Curvature:
    """The curvature of the penalized likelihood by the modes, its first block diagonal and eliminated."""

    first: Floats
    across: Floats
    factor: tuple[Floats, bool]
    starts: Integers
    log_size: float

    @classmethod
    def of(cls, first: Floats, across: Floats, inner: Floats, starts: Integers) -> _Curvature:
        """Factor the blocks."""
        factor = cho_factor(inner - (across / first) @ across.T, lower=True)
        size = np.log(first).sum() + 2 * np.log(np.diag(factor[0])).sum()
        return cls(first, across, factor, starts, float(size))

    def solve(self, right: Sequence[Floats]) -> list[Floats]:
        """Divide by the curvature, group by group."""
        scaled = right[0] / self.first
        if len(right) == 1:
            return [scaled]
        others = cho_solve(self.factor, np.concatenate(right[1:]) - self.across @ scaled)
        return [scaled - others @ self.across / self.first, *np.split(others, self.starts[1:-1])]

    def inverse(self) -> tuple[Floats, Floats, Floats]:
        """Return the inverse within the other groups, between them and the first, and the first's diagonal."""
        within = cho_solve(self.factor, np.eye(len(self.across)))
        between = -(within @ self.across) / self.first
        return within, between, (1 - np.einsum("ij,ij->j", between, self.across)) / self.first
