"""A logistic model with crossed effects: each person and each photo moves the chance on the logit scale.

logit P(1) = effect of the condition + person + photo (+ photo within condition), the latter normal around 0. The
likelihood's integral over people and photos is Laplace's approximation, as in lme4's glmer with nAGQ = 1, and standard
errors come from the curvature of the deviance, as there. The tests hold it against lme4's numbers.

Source: Bates, Maechler, Bolker and Walker, Fitting linear mixed-effects models using lme4, J. Stat. Softw. 67 (2015) 1,
and for the generalized model Bates, Computational methods for mixed models (2014), section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import Bounds, minimize
from scipy.special import expit, logit, ndtri
from threadpoolctl import threadpool_limits

from turk.laplace import Model

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
STEP = 1e-4
ABSENT = 1e-3
"""A spread below this is taken for none: the deviance is flat there, and has no curvature to invert."""
LARGEST = 10.0
NODES = np.polynomial.hermite_e.hermegauss(61)


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes:
        effects: (C,) fixed effects, logits at an average person and photo.
        errors: (C,) their standard errors; NaN where the curvature does not tell.
        covariance: (C, C) of the effects.
        spreads: Group to standard deviation, in logits.
        deviance: Minus twice the log likelihood.
        answers: How many.
        converged: Whether the search ended where it should.
    """

    effects: Floats
    errors: Floats
    covariance: Floats
    spreads: Mapping[str, float]
    deviance: float
    answers: int
    converged: bool

    def rate(self, position: int, level: float = 0.95) -> tuple[float, float, float]:
        """Return the rate over all people and photos that an effect means, and its interval at the fitted spreads."""
        out = float(ndtri((1 + level) / 2)) * self.errors[position]
        total = float(np.sqrt(sum(sd**2 for sd in self.spreads.values())))
        ends = self.effects[position] + np.array([0.0, -out, out])
        nodes, weights = NODES
        value, low, high = expit(ends[:, None] + total * nodes) @ weights / weights.sum()
        return float(value), float(low), float(high)

    def contrast(self, a: int, b: int) -> tuple[float, float]:
        """Return the difference of two effects and its standard error."""
        c = self.covariance
        return float(self.effects[a] - self.effects[b]), float(np.sqrt(c[a, a] + c[b, b] - 2 * c[a, b]))


def fit(model: Model) -> Fit:
    """Fit a model by minimizing its deviance."""
    # Matrices this small are not worth a second thread, and threads that wait for each other cost more than they do.
    with threadpool_limits(limits=1, user_api="blas"):
        return _fit(model)


def _fit(model: Model) -> Fit:
    columns, names = model.design.shape[1], list(model.groups)
    shares = (model.answers @ model.design + 0.5) / (model.design.sum(0) + 1)
    # A start that is right for columns that say which condition it is, and good enough for others.
    at = np.concatenate([logit(np.clip(shares, 0.02, 0.98)), np.full(len(names), 0.5)])

    def deviance(values: Floats) -> tuple[float, Floats]:
        return model.deviance(values[:columns], values[columns:])

    edges = Bounds(
        np.append(np.full(columns, -np.inf), np.zeros(len(names))),
        np.append(np.full(columns, np.inf), np.full(len(names), LARGEST)),
    )
    found = minimize(deviance, at, (), "L-BFGS-B", True, bounds=edges, options={"ftol": 1e-13, "maxiter": 500})
    best = np.asarray(found.x, np.float64)
    present = np.concatenate([np.ones(columns, bool), best[columns:] > ABSENT])
    covariance = _covariance(deviance, best, np.flatnonzero(present))[:columns, :columns]
    return Fit(
        effects=best[:columns],
        errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        spreads=dict(zip(names, best[columns:].tolist(), strict=True)),
        deviance=float(found.fun),
        answers=round(float(model.weights.sum())),
        converged=bool(found.success) and bool(np.isfinite(covariance).all()),
    )


def _covariance(deviance: Callable[[Floats], tuple[float, Floats]], at: Floats, free: Integers) -> Floats:
    """Twice the inverse of the deviance's second derivatives in the directions that matter."""
    curve = np.empty((len(free), len(free)))
    for row, k in enumerate(free):
        step = np.zeros(len(at))
        step[k] = STEP
        curve[row] = (deviance(at + step)[1] - deviance(at - step)[1])[free] / (2 * STEP)
    try:
        return np.asarray(2 * cho_solve(cho_factor((curve + curve.T) / 2), np.eye(len(free))), np.float64)
    except LinAlgError:
        return np.full(curve.shape, np.nan)
