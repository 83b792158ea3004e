"""What a reader of a table must know: intervals, order, photos that are missing, priors, failures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from evalsuite.results import DEFAULT_HINTS, Run
from evalsuite.standings import Standing
from evalsuite.stats import FEWEST
from evalsuite.typesetting import DAGGER, TIED

SHOWN = 5
"""Photos that failed, listed one by one; the manifest has all."""


def remarks(
    run: Run, metrics: Mapping[str, str], standings: Mapping[str, Standing], name: Callable[[str], str]
) -> Iterator[str]:
    """Say what stands below the tables of a run.

    Args:
        run: A complete run.
        metrics: Those in the tables, name to the title of their column.
        standings: Metric to the order of methods.
        name: From a colorizer's name to what it is called in the tables.
    """
    yield from _intervals(run, metrics)
    yield from _marks(standings)
    yield from _orders(metrics, standings, name)
    yield from _untested(run, metrics, standings)
    yield from _counts(run, metrics, name)
    yield from _priors(run, metrics)
    yield from _failures(run, name)
    yield from _grays(run)
    yield from _hinted(run, name)
    yield from _skipped(run)


def _scores(run: Run, metric: str) -> dict[str, Mapping[str, Any]]:
    found = {name: scores.get(metric) for name, scores in run.summary["colorizers"].items()}
    return {name: score for name, score in found.items() if score and score["value"] is not None}


def _intervals(run: Run, metrics: Mapping[str, str]) -> Iterator[str]:
    known = [metric for metric in metrics if any(score["ci95"] for score in _scores(run, metric).values())]
    if known:
        draws = sorted({run.manifest["metrics"][metric]["draws"] for metric in known}, reverse=True)
        counted = " or ".join(f"{number:,}" for number in draws)
        yield (
            f"In brackets: 95% percentile bootstrap interval over photos ({counted} resamples, the same for all "
            f"methods; seed {run.manifest['seed']})."
        )
        if (photos := run.summary["dataset"]["images"]) < FEWEST:
            yield (
                f"Only {photos} photos: fewer than {FEWEST} can show no difference at 95%, and their intervals are too "
                "narrow."
            )


def _marks(standings: Mapping[str, Standing]) -> Iterator[str]:
    if any(standing.best for standing in standings.values()):
        best = "Bold: the best method; baselines and methods that see the photo's own colors are not counted."
        tied = f" {DAGGER}: cannot be told from the best (the 95% interval of the paired difference holds 0)."
        yield best + (tied if any(standing.tied for standing in standings.values()) else "")


def _orders(metrics: Mapping[str, str], standings: Mapping[str, Standing], name: Callable[[str], str]) -> Iterator[str]:
    """Write the order on each metric as a chain."""
    ordered = {metric: standing for metric, standing in standings.items() if standing.apart}
    if ordered:
        yield f"Best first, > between neighbors that differ (paired, 95%), {TIED} where they cannot be told apart:"
    for metric, standing in ordered.items():
        signs = [f" {'>' if apart else TIED} " for apart in standing.apart]
        chain = "".join(a + b for a, b in zip(map(name, standing.order), (*signs, ""), strict=True))
        yield f"{metrics[metric]}: {chain}."


def _untested(run: Run, metrics: Mapping[str, str], standings: Mapping[str, Standing]) -> Iterator[str]:
    facts = run.manifest["metrics"]
    for metric, title in metrics.items():
        directed = facts[metric]["better"] and facts[metric]["kind"] != "cost"
        if directed and metric not in standings and len(_scores(run, metric)) > 1:
            yield f"{title}: no paired differences, as its plug-in is not at hand or photos differ."


def _counts(run: Run, metrics: Mapping[str, str], name: Callable[[str], str]) -> Iterator[str]:
    """Say where a value has fewer photos than the dataset."""
    images, fewer = run.summary["dataset"]["images"], defaultdict[tuple[str, int], list[str]](list)
    for metric, title in metrics.items():
        facts = run.manifest["metrics"][metric]
        for colorizer, score in _scores(run, metric).items():
            if facts["kind"] != "cost" and score["n"] != images:
                fewer[colorizer, score["n"]].append(title)
    for (colorizer, n), titles in fewer.items():
        yield f"{name(colorizer)} has {n:,} of {images:,} photos in {', '.join(titles)}."


def _priors(run: Run, metrics: Mapping[str, str]) -> Iterator[str]:
    """Name priors, and say how many pixels the weighted ones are worth."""
    for metric, title in metrics.items():
        scores = [score for score in _scores(run, metric).values() if "effective_sample_size" in score]
        if scores:
            least = min(scores, key=lambda score: float(score["effective_sample_size"]))
            prior = "the photos' own colors" if least["prior"] == "dataset" else least["prior"]
            worth = f"effective sample size {least['effective_sample_size']:,.0f} of {least['pixels']:,} pixels"
            yield f"{title}: prior from {prior}; {worth}."


def _failures(run: Run, name: Callable[[str], str]) -> Iterator[str]:
    dataset = run.manifest["dataset"]
    if dataset["failed"]:
        yield f"Photos that could not be decoded: {_listed(dataset['failed'])}."
    failed = defaultdict[str, list[Mapping[str, str]]](list)
    for failure in run.manifest["failures"]:
        failed[failure["colorizer"]].append(failure)
    for colorizer, failures in failed.items():
        yield f"Photos on which {name(colorizer)} failed: {_listed(failures)}."
    for colorizer, files in run.manifest.get("extra", {}).items():
        yield f"Results of {name(colorizer)} without a photo: {_few(files)}."


def _grays(run: Run) -> Iterator[str]:
    """Say how many photos have no colors to compare with."""
    dataset = run.manifest["dataset"]
    if "no_reference" in run.manifest["options"]:
        yield "The photos have no truth: outputs were looked at alone."
    elif dataset["gray"]:
        yield f"Truly gray photos: {dataset['gray']}, {'left out' if dataset['dropped'] else 'counted in'}."
        if dataset["gray"] == run.summary["dataset"]["images"]:
            yield (
                "No photo has colors: what compares with them rewards gray outputs. For old black-and-white photos, "
                "--no-reference looks at outputs alone."
            )


def _hinted(run: Run, name: Callable[[str], str]) -> Iterator[str]:
    """Say which methods were told colors, since that is no fair race with methods that were not."""
    options = run.manifest["options"]
    for colorizer, facts in run.manifest["colorizers"].items():
        if "hints" in facts["accepts"] and (given := _local_hints(options, facts.get("points", DEFAULT_HINTS))):
            yield f"{name(colorizer)} was given {given}; methods without hints were not."
        if "global_hints" in facts["accepts"]:
            whose = "its reference" if "references" in options else "the photo itself"
            yield f"{name(colorizer)} was given the color histogram and the mean saturation of {whose}."


def _local_hints(options: Mapping[str, str], points: int) -> str:
    """Say in words which points a method was given, "" for none."""
    if "scribbles" in options:
        return "scribbles of the user's own"
    if "hint_files" in options:
        return "recorded hints"
    count = options.get("hints", str(points))
    number = "a random number of" if count == "random" else count
    return "" if count == "0" else f"{number} simulated hints of the photos' own colors"


def _skipped(run: Run) -> Iterator[str]:
    """Name what was not at hand, all that lack the same thing in one line."""
    reasons = defaultdict[str, list[str]](list)
    for skipped in run.manifest["skipped"]:
        reasons[skipped["reason"]].append(f"{skipped['kind']} {skipped['name']}")
    for reason, names in reasons.items():
        yield f"Skipped {', '.join(names)}: {reason}"


def _listed(failures: Sequence[Mapping[str, str]]) -> str:
    """Name photos by what went wrong with them, the commonest reason first."""
    photos = defaultdict[str, list[str]](list)
    for failure in failures:
        photos[failure["reason"]].append(failure["photo"])
    reasons = sorted(photos, key=lambda reason: -len(photos[reason]))
    listed = [f"{_few(photos[reason])} ({reason})" for reason in reasons[:SHOWN]]
    rest = sum(len(photos[reason]) for reason in reasons[SHOWN:])
    return "; ".join(listed) + (f"; and {rest} more for other reasons" if rest else "")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
