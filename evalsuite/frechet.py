"""Distances between two sets of features: Frechet's (FID) and the kernel distance (KID), with what each photo adds.

A resample repeats photos, and repeated photos look like a distribution with less variety: both distances come out too
large in every resample, and an interval of resampled values need not contain the value. So a distance is made linear in
the photos' weights: each photo gets a pseudo-value, whose mean is the distance and whose spread gives its standard
error (the infinitesimal jackknife: Jaeckel 1972; Efron 1982). A resample then costs no matrix decomposition.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from evalsuite.errors import UserError

Floats = NDArray[np.float64]
BLOCK = 1024
"""Photos whose features are held in float64 at once where there are many."""


def gaussian_distance(mean1: Floats, covariance1: Floats, mean2: Floats, covariance2: Floats) -> float:
    """Frechet distance of two Gaussians.

    Args:
        mean1: (d,).
        covariance1: (d, d), symmetric.
        mean2: (d,).
        covariance2: (d, d), symmetric.

    Returns:
        |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), 0 for equal ones.

    Source:
        Dowson and Landau 1982, eq. 4. The trace of the root is the sum of the roots of the eigenvalues of
        C1^(1/2) C2 C1^(1/2), so that no root of a matrix without symmetry is needed.

    Example:
        In one dimension it is (m1 - m2)^2 + (s1 - s2)^2.

        >>> two, five = np.array([2.0]), np.array([5.0])
        >>> round(gaussian_distance(two, np.eye(1) * 3**2, five, np.eye(1) * 7**2), 9)
        25.0
    """
    values, vectors = _eigen(covariance1)
    root = (vectors * np.sqrt(values)) @ vectors.T
    overlap = np.sqrt(_eigen(root @ covariance2 @ root)[0]).sum()
    shift = mean1 - mean2
    return float(shift @ shift + np.trace(covariance1) + np.trace(covariance2) - 2 * overlap)


def frechet(outputs: NDArray[np.floating], targets: NDArray[np.floating]) -> Floats:
    """Compute the Frechet distance of the features of outputs and targets, photo by photo.

    Args:
        outputs: (n, d), a row per photo.
        targets: (n, d), of the same photos.

    Returns:
        (n,), in squared feature units: their mean is the distance (covariances divided by n - 1), lower is better. NaN
        for fewer than two photos.

    Raises:
        UserError: The shapes differ.

    Source:
        Heusel et al. 2017, eq. 6. With n <= d the trace of the root is the sum of the singular values of the n x n
        products of centred rows, else it comes from symmetric eigenvalues. The derivative by a photo's weight is our
        own: it needs the singular vectors u and v only.

    Example:
        >>> x, y = np.array([[0.0], [2.0]]), np.array([[3.0], [7.0]])
        >>> round(float(frechet(x, y).mean()), 9)  # means 1 and 5, deviations 2**.5 and 8**.5
        18.0
    """
    n = _photos(outputs, targets)
    if n < 2:
        return np.full(n, np.nan)
    if np.array_equal(outputs, targets):
        return np.zeros(n)
    x, y = Sample(outputs), Sample(targets)
    overlaps = _overlaps_of_few(x, y) if n <= outputs.shape[1] else _overlaps_of_many(x, y, n)
    shift = x.mean - y.mean
    values = shift @ shift - 2 * n * overlaps
    for part in _parts(n):
        a, b = x.rows(part), y.rows(part)
        values[part] += n * (np.square(a).sum(1) + np.square(b).sum(1))
        values[part] += 2 * np.sqrt(n - 1) * ((a - b) @ shift)
    return np.asarray(values)


def kernel(outputs: NDArray[np.floating], targets: NDArray[np.floating]) -> tuple[Floats, float]:
    """Compute the kernel distance of the features of outputs and targets, photo by photo.

    Args:
        outputs: (n, d), a row per photo.
        targets: (n, d), of the same photos.

    Returns:
        (n,) whose mean is the squared maximum mean discrepancy, lower is better, 0 in the mean over datasets where
        nothing differs; and what code for unrelated sets gives, which also compares each output with its own target.
        NaN for fewer than two photos.

    Raises:
        UserError: The shapes differ.

    Source:
        Binkowski et al. 2018: kernel (x.y / d + 1)^3. Outputs and targets are pairs, so the unbiased estimator is the
        U-statistic of Gretton et al. 2012, eq. 4, over all pairs of different photos (no random subsets).

    Example:
        >>> x, y = np.ones((2, 1)), np.zeros((2, 1))  # k(1, 1) = 8, all others 1: 8 + 1 - 2
        >>> float(kernel(x, y)[0].mean())
        7.0
    """
    n = _photos(outputs, targets)
    if n < 2:
        return np.full(n, np.nan), float("nan")
    within = np.zeros(n)
    for features in (outputs, targets):
        rows, _, own = _kernel_sums(features, features)
        within += (rows - own) / (n - 1)
    rows, columns, own = _kernel_sums(outputs, targets)
    against_others = within - (rows + columns - 2 * own) / (n - 1)
    return 2 * against_others - against_others.mean(), float(within.mean() - 2 * rows.mean() / n)


class Sample:
    """Features (n, d) whose rows are centred and divided by sqrt(n - 1), so that their Gram is the covariance.

    Args:
        features: (n, d), a row per photo; may be mapped from a file and is read in blocks.
    """

    def __init__(self, features: NDArray[np.floating]) -> None:
        self._features = features
        self.mean: Floats = np.mean(features, axis=0, dtype=np.float64)

    def rows(self, part: slice) -> Floats:
        """Return some of the rows."""
        return np.asarray((self._features[part] - self.mean) / np.sqrt(len(self._features) - 1))

    def covariance(self) -> Floats:
        """(d, d), divided by n - 1."""
        total = np.zeros((len(self.mean), len(self.mean)))
        for part in _parts(len(self._features)):
            rows = self.rows(part)
            total += rows.T @ rows
        return total


def _overlaps_of_few(x: Sample, y: Sample) -> Floats:
    """Share the trace of the root among n <= d photos by the singular vectors of the products of rows."""
    u, values, v = linalg.svd(x.rows(slice(None)) @ y.rows(slice(None)).T, overwrite_a=True)
    return np.asarray((np.square(u) @ values + np.square(v.T) @ values) / 2)


def _overlaps_of_many(x: Sample, y: Sample, n: int) -> Floats:
    """Share the trace of the root among n > d photos: the same singular vectors from d x d matrices."""
    values, vectors = _eigen(x.covariance())
    root, inverse = (vectors * np.sqrt(values)) @ vectors.T, (vectors * _inverse_root(values)) @ vectors.T
    squares, turned = _eigen(root @ y.covariance() @ root)
    to_u, to_v = inverse @ turned, root @ turned
    shares = np.empty(n)
    for part in _parts(n):
        u, v = np.square(x.rows(part) @ to_u), np.square(y.rows(part) @ to_v)
        shares[part] = (u @ np.sqrt(squares) + v @ _inverse_root(squares)) / 2
    return shares


def _eigen(symmetric: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues, never negative, and eigenvectors of a positive semidefinite matrix."""
    values, vectors = linalg.eigh(symmetric, driver="evd", check_finite=False)
    return np.clip(values, 0, None), vectors


def _inverse_root(values: Floats) -> Floats:
    """1 / sqrt(value), 0 for what is rounding error of 0."""
    kept = values > values.max() * len(values) * np.finfo(np.float64).eps
    return np.where(kept, 1 / np.sqrt(np.where(kept, values, 1)), 0)


def _kernel_sums(a: NDArray[np.floating], b: NDArray[np.floating]) -> tuple[Floats, Floats, Floats]:
    """Sum (a_i . b_j / d + 1)^3 over j, over i, and give it for i = j: three times (n,)."""
    n, d = a.shape
    rows, columns, own = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in _parts(n):
        for j in _parts(n) if a is not b else (j for j in _parts(n) if j.start >= i.start):
            block = np.asarray(a[i], np.float32) @ np.asarray(b[j], np.float32).T
            values = (block.astype(np.float64) / d + 1) ** 3
            rows[i] += values.sum(1)
            columns[j] += values.sum(0)
            if i == j:
                own[i] = values.diagonal()
            elif a is b:
                rows[j] += values.sum(0)
    return rows, columns, own


def _parts(n: int) -> Iterator[slice]:
    """Cut n photos into blocks."""
    for start in range(0, n, BLOCK):
        yield slice(start, min(start + BLOCK, n))


def _photos(outputs: NDArray[np.floating], targets: NDArray[np.floating]) -> int:
    if outputs.ndim != 2 or outputs.shape != targets.shape:
        got = f"{outputs.shape} and {targets.shape}"
        raise UserError(f"features: (n, d) of the same n photos; got {got}. Compare outputs with their own targets.")
    return len(outputs)
