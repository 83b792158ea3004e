"""What the tables say of a run folder: the rows, with the keys of entries, metrics and photos filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import UserError
from evalsuite.results import Run
from evalsuite.summary import finite

if TYPE_CHECKING:
    from evalsuite.backbones.confusions import Confusions
    from evalsuite.chroma import Chroma
    from evalsuite.tournament import Match, Rank

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
OUTPUTS = "outputs.sha256"
FIXED = ("value", "ci95", "n", "unit", "better")


def scores(
    run: Run, photos: Mapping[str, int]
) -> Iterator[tuple[tuple[str, str], NDArray[np.int64], NDArray[np.float64]]]:
    """Give the finite values of every colorizer and metric, ordered by photo."""
    for (colorizer, metric), rows in run.scores.groupby(["colorizer", "metric"], observed=True, sort=False):
        kept = rows[np.isfinite(rows["value"])]
        ids = kept["image"].astype(object).map(photos)
        if ids.isna().any():
            stranger = kept["image"][ids.isna()].iloc[0]
            raise UserError(f"{run.path}: scores.parquet has {stranger!r}, no photo of the manifest. Run it again.")
        order = np.argsort(ids.to_numpy(np.int64))
        yield (str(colorizer), str(metric)), ids.to_numpy(np.int64)[order], kept["value"].to_numpy(np.float64)[order]


def spread(values: NDArray[np.float64]) -> dict[str, float]:
    """Mean, standard deviation and quantiles of scores per photo, as far as there are any."""
    if len(values) == 0:
        return {}
    found = np.quantile(values, list(QUANTILES.values())).tolist()
    described = dict(zip(QUANTILES, found, strict=True)) | {"mean": float(values.mean())}
    return described | ({"sd": float(values.std(ddof=1))} if len(values) > 1 else {})


def summaries(
    run: Run,
    entries: Mapping[str, int],
    metrics: Mapping[str, int],
    spreads: Mapping[tuple[str, str], Mapping[str, float]],
    ranks: Mapping[tuple[str, str], Rank],
) -> Iterator[dict[str, Any]]:
    """What the pages say of every colorizer and metric, from summary.json, spreads and ranks."""
    for colorizer, table in run.summary["colorizers"].items():
        for metric, score in table.items():
            lo, hi = score["ci95"] or (None, None)
            shape = dict.fromkeys(("mean", "sd", *QUANTILES)) | dict(spreads.get((colorizer, metric), {}))
            rank = ranks.get((colorizer, metric))
            yield {
                "entry_id": entries[colorizer],
                "metric_id": metrics[metric],
                "n": score["n"],
                "value": score["value"],
                "ci_lo": lo,
                "ci_hi": hi,
                **shape,
                "rank_lo": rank and rank.lo,
                "rank_hi": rank and rank.hi,
                "tie_group": rank and rank.group,
                "details": {key: value for key, value in score.items() if key not in FIXED},
            }


def pairs(matches: Iterable[Match], entries: Mapping[str, int], metrics: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The differences of a tournament, without values that are not finite."""
    for match in matches:
        found = match.difference
        yield {
            "a_entry_id": entries[match.a],
            "b_entry_id": entries[match.b],
            "metric_id": metrics[match.metric],
            "n": match.n,
            "difference": finite(found.value),
            "ci_lo": finite(found.ci95[0]),
            "ci_hi": finite(found.ci95[1]),
            "p": finite(found.p),
            "p_holm": finite(match.p_holm),
            "test": found.test,
        }


def curves(run: Run, entries: Mapping[str, int], metrics: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The curves of curves.json."""
    for colorizer, found in run.curves.items():
        for metric, points in found.items():
            yield {"entry_id": entries[colorizer], "metric_id": metrics[metric], "points": points}


def about(run: Run, colorizer: str) -> dict[str, Any]:
    """What pages say of a colorizer beside its scores: what it looks at, what its paper is and reports."""
    record = run.manifest["colorizers"][colorizer]
    reported = record.get("reported", {}).get(run.manifest["dataset"]["name"], {})
    accepts, cite = list(record.get("accepts", ("L",))), record.get("cite", "")
    return {"accepts": accepts, "reported": dict(reported), "cite": cite}


def outputs(run: Run, entries: Mapping[str, int], photos: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The pictures of outputs.sha256: which entry made which of which photo."""
    listing = run.path / OUTPUTS
    for line in listing.read_text().splitlines() if listing.is_file() else ():
        sha256, _, path = line.partition("  ")
        _, colorizer, photo = path.removesuffix(".png").split("/", 2)
        if colorizer in entries and photo in photos:
            yield {"entry_id": entries[colorizer], "photo_id": photos[photo], "sha256": sha256}


def chromas(found: Iterable[Chroma], run_id: int) -> Iterator[dict[str, Any]]:
    """The colors of photos and outputs."""
    for colors in found:
        bins = None if colors.bins is None else colors.bins.astype("<f8").tobytes()
        histogram = colors.histogram.astype("<i8").tobytes()
        yield {"run_id": run_id, "name": colors.name, "histogram": histogram, "bins": bins}


def confusions(found: Iterable[Confusions], run_id: int) -> Iterator[dict[str, Any]]:
    """The pairs of classes that recoloring makes classifiers confuse."""
    for one in found:
        yield {"run_id": run_id, "metric": one.metric, "name": one.colorizer, "pairs": list(one.pairs)}


def failures(run: Run, run_id: int, entries: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The photos that have no score and why, of the whole run and of its colorizers."""
    for photo in run.manifest["photos"]:
        if photo["status"] != "scored":
            yield {"run_id": run_id, "entry_id": None, "photo": photo["id"], "reason": photo["reason"]}
    for failure in run.manifest["failures"]:
        entry = entries[failure["colorizer"]]
        yield {"run_id": run_id, "entry_id": entry, "photo": failure["photo"], "reason": failure["reason"]}
