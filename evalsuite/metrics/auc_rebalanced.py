"""AuC with pixels weighed against the frequency of their true color."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evalsuite.bins import class_weights, nearest_bin
from evalsuite.columns import blocks
from evalsuite.contracts import Columns, Estimator, Metric, Rows
from evalsuite.errors import UserError
from evalsuite.metrics.auc import LIMIT
from evalsuite.native import array, for_each, kernels
from evalsuite.reductions import ratio
from evalsuite.views import Pair, View

BINS = 313


def measure(pair: Pair) -> Rows:
    """Sum over the pixels of each true ab bin what they add to AuC.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "gain": (N, 313) float32, the sum of 1 - min(d, 150) / 150 over pixels whose target falls into the bin;
        higher is better. "target.count": (N, 313) float32, the number of those pixels.

    Source:
        Zhang, Isola, Efros 2016, section 3.1: weights of Eqn 4 with lambda = 0, so inversely proportional to the
        probability of the bin. The paper leaves the prior and the pooling open: we take the nearest bin, the
        unsmoothed histogram of the targets (or a file), and pool over the dataset.

    Example:
        A dataset of 3 gray pixels, all right, and a red one, 150 units off: each of the two bins counts half.

        >>> import numpy as np
        >>> gain, count = np.zeros((2, 1, 313))
        >>> gain[0, [100, 300]], count[0, [100, 300]] = (3, 0), (3, 1)
        >>> reduce({"gain": gain, "target.count": count})(np.ones((1, 1))).tolist()
        [0.5]
    """
    bins, counts = pair.target.shared("ab_bins", lambda: _binned(pair.target))
    sums = torch.zeros(counts.shape, dtype=torch.float64, device=counts.device)
    if compiled := kernels("pixels", sums.device):
        target, output = array(pair.target.lab.flatten(2)), array(pair.output.lab.flatten(2))
        into, gains = array(bins), array(sums)
        for_each(len(bins), lambda k: compiled.sum_gains(target[k], output[k], into[k], LIMIT, gains[k]))
    else:
        sums.scatter_add_(1, bins, (1 - pair.ab_distance.flatten(1).clamp_max(LIMIT) / LIMIT).double())
    return {"gain": sums.float(), "target.count": counts}


def _binned(view: View) -> tuple[Tensor, Tensor]:
    """The bin of every pixel, (N, H * W) int64, and the number of pixels of every bin, (N, 313) float32."""
    bins = nearest_bin(view.ab).flatten(1)
    counts = torch.zeros(len(bins), BINS, dtype=torch.int64, device=bins.device)
    return bins, counts.scatter_add_(1, bins, bins.new_ones(()).expand_as(bins)).float()


def reduce(columns: Columns) -> Estimator:
    """Divide sum(w * gain) by sum(w * count), both summed over the dataset's pixels."""
    weights = _weights(columns)
    return ratio(_weighed(columns["gain"], weights), _weighed(columns["target.count"], weights))


def details(columns: Columns) -> Mapping[str, Any]:
    """Name the prior, count the pixels, and say how many equally weighted ones they are worth: (sum w)^2 / sum w^2."""
    counts, weights = _total(columns["target.count"]), _weights(columns)
    effective = (counts @ weights) ** 2 / (counts @ weights**2)
    prior = str(columns["constant.prior_name"]) if "constant.prior_name" in columns else "dataset"
    return {"prior": prior, "pixels": int(counts.sum()), "effective_sample_size": float(effective)}


def constants(options: Mapping[str, str]) -> Columns:
    """Read the prior of the option "prior", a .npy file of 313 probabilities or counts; without it there is none.

    Raises:
        UserError: No such file, or not 313 positive numbers.
    """
    if "prior" not in options:
        return {}
    path = Path(options["prior"])
    if not path.is_file():
        raise UserError(f"auc_rebalanced: the prior is a .npy file; got {str(path)!r}, which does not exist. Give one.")
    try:
        prior = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        rule = f"auc_rebalanced: the prior is a .npy file of numbers; {path.name} is none ({error})"
        raise UserError(f"{rule}. Write it by numpy.save.") from error
    if not isinstance(prior, np.ndarray) or prior.shape != (BINS,) or prior.dtype.kind not in "fiu":
        got = f"{prior.shape} {prior.dtype}" if isinstance(prior, np.ndarray) else "several arrays"
        raise UserError(f"auc_rebalanced: a prior holds 313 numbers; got {got}. Count all the bins.")
    if not (np.isfinite(prior).all() and (prior > 0).all()):
        raise UserError(f"auc_rebalanced: every bin of a prior is above 0; {path.name} is not so. Smooth it.")
    return {"prior": prior.astype(np.float64), "prior_name": np.array(path.name)}


def _weights(columns: Columns) -> NDArray[np.float64]:
    prior = columns["constant.prior"] if "constant.prior" in columns else _total(columns["target.count"])
    weights: NDArray[np.float64] = class_weights(torch.from_numpy(np.array(prior, np.float64)), mix=0.0).numpy()
    return weights


def _total(column: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(sum(part.sum(axis=0) for part in blocks(column)))


def _weighed(column: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([part @ weights for part in blocks(column)])


METRIC = Metric(
    name="auc_rebalanced",
    title="AuC rebalanced",
    unit="fraction",
    better="higher",
    kind="full-reference",
    source="Zhang, Isola, Efros 2016, https://arxiv.org/abs/1603.08511, section 3.1 and Eqn 4 with lambda = 0",
    definition=(
        "As auc, pixels weighted by 1 / probability of the ab bin nearest to their true color (lambda = 0) and pooled "
        "over the dataset: sum(w (1 - min(d, 150) / 150)) / sum(w). The prior is the targets' own unsmoothed histogram "
        "unless --prior names a file; effective_sample_size is (sum w)^2 / sum w^2 over pixels."
    ),
    load=lambda setting: measure,
    reduce=reduce,
    constants=constants,
    details=details,
)
