"""A Methods paragraph with a study's real numbers, to be edited by its authors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from evalsuite.typesetting import number, p_value, span
from turk.analysis import Analysis
from turk.registry import protocol
from turk.rules import RULES
from turk.tables import COMPLETED
from turk.terms import completed

ESTIMATED = {
    "fool_rate": "fool rates", "naturalness": "the share called natural", "rating": "mean ratings",
    "preference": "Bradley-Terry strengths",
}  # fmt: skip


def methods(analysis: Analysis, responses: pd.DataFrame, sessions: pd.DataFrame) -> str:
    """Write what was done, to whom, and what came out.

    Args:
        analysis: The study's.
        responses: The frame that it was made from.
        sessions: The frame that it was made from.
    """
    warning = ["**SYNTHETIC PARTICIPANTS, NO PEOPLE.**"] if analysis.synthetic else []
    parts = (_task(analysis), _people(analysis, sessions), _exposure(responses, analysis), _statistics(analysis))
    paragraphs = [" ".join(part) for part in (*parts, _results(analysis))]
    source = protocol(analysis.study.protocol).source
    frozen = f"The study was frozen before data were collected as {analysis.study.hash}."
    return "\n\n".join(["# Methods", *warning, *paragraphs, frozen, f"Protocol: {source}"]) + "\n"


def _task(analysis: Analysis) -> Iterator[str]:
    study, asked = analysis.study, protocol(analysis.study.protocol)
    parameters = study.parameters
    yield f"We asked with the protocol {asked.name} ({asked.title[0].lower()}{asked.title[1:]})."
    shown = parameters.get("exposure_ms")
    timed = f"for {shown:g} ms each" if shown else "until the answer"
    yield (
        f"Images were shown at {parameters.get('size', '?')} x {parameters.get('size', '?')} CSS pixels {timed}; every "
        "image, real photos too, went through the same 8-bit Lab round trip and the same encoder."
    )
    yield (
        f"A session had {parameters.get('practice') or 0} practice trials, {parameters.get('test')} test trials and "
        f"{parameters.get('catch') or 0} catch trials in an order planned from a seed; nobody saw a photo twice, and "
        "sides and turns were balanced in each half."
    )
    yield (
        f"The {len(study.photos):,} photos were the same in every condition ({', '.join(study.conditions)}), and "
        "sessions were assigned in permuted blocks."
    )


def _people(analysis: Analysis, sessions: pd.DataFrame) -> Iterator[str]:
    study, flow = analysis.study, analysis.progress.flow
    yield f"{flow['entered'].sum():,} participants came (recruiter: {study.recruiter}, ${study.reward_usd} each)"
    gone = {name: int(flow[name].sum()) for name in ("declined", "refused", "left", "abandoned", "under_way")}
    listed = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in gone.items() if count)
    done = sessions[sessions["state"].isin(COMPLETED)]
    minutes = (done["finished_at"] - done["created_at"]).dt.total_seconds() / 60
    yield f"and {analysis.progress.finished:,} finished{f' ({listed})' if listed else ''};"
    if minutes.median() > 0:
        hourly = float(study.reward_usd) * 60 / minutes.median()
        yield f"the median session took {minutes.median():.1f} minutes, ${hourly:.2f} an hour."
    rules = [f"{name} {value} ({_short(name)})" for name, value in study.exclusions.items() if value is not None]
    out = analysis.excluded["session"].nunique()
    yield (
        f"Rules fixed before data were collected left out {out:,}: {'; '.join(rules)}."
        if rules
        else "No rule left anybody out."
    )


def _exposure(responses: pd.DataFrame, analysis: Analysis) -> Iterator[str]:
    planned = analysis.study.parameters.get("exposure_ms")
    test = responses[responses["kind"].eq("test")]
    if not planned or test["measured_ms"].notna().sum() == 0:
        return
    kept = test[test["valid"]]
    off = (kept["measured_ms"] - float(planned)).abs()
    ends = float(off.median()), float(off.quantile(0.95))
    yield exposure_sentence(float(test["valid"].mean()), len(test), ends, float(test["refresh_hz"].median()))


def exposure_sentence(share: float, trials: int, off_ms: tuple[float, float], refresh_hz: float) -> str:
    """Say how well images were shown.

    Args:
        share: Of the test trials that were as planned.
        trials: How many test trials there were.
        off_ms: How far those that count were off the plan, without sign: the median and the 95th percentile.
        refresh_hz: The median screen's.
    """
    return (
        f"{number(share, 'fraction', 1)}% of {trials:,} test exposures were within one frame "
        "of the plan and visible throughout; the others do not count and were replaced with fresh photos as far as "
        f"these lasted. Of those that count, the median was {off_ms[0]:.1f} ms off the plan and 95% were within "
        f"{off_ms[1]:.1f} ms, as the browser's compositor reports it; screens ran at a median of "
        f"{refresh_hz:.0f} Hz."
    )


def _statistics(analysis: Analysis) -> Iterator[str]:
    terms = completed(analysis.study.analysis)
    yield (
        f"We report {ESTIMATED[analysis.measure]} with 95% bootstrap intervals ({terms['draws']:,} draws): for these "
        "photos, resampling participants within their arm, and for new photos, resampling participants and photos, the "
        "latter with the same weights in all conditions; levels are adjusted for the number of participants and "
        "photos and for skewness."
    )
    tested = int(analysis.kept.differences["p"].notna().sum())
    corrected = _counted(tested, "comparison")
    yield f"Differences are tested on the same draws, two-sided, with Holm's correction for {corrected}."
    if not analysis.kept.equivalence.empty:
        yield f"Equivalence is two one-sided tests at 5% with a margin of {terms['equivalence_margin']:g} of the range."
    if analysis.model is not None:
        spreads = ", ".join(f"{sd:.2f} ({name})" for name, sd in analysis.model.spreads.items())
        yield (
            "A logistic model with crossed effects of participants and photos (Laplace approximation, as glmer of "
            f"lme4) has standard deviations of {spreads} logits."
        )


def _results(analysis: Analysis) -> Iterator[str]:
    fraction = analysis.measure in ("fool_rate", "naturalness")
    unit, digits, sign = ("fraction", 1, "%") if fraction else ("", 2, "")
    for row in analysis.kept.rates.to_dict("records"):
        new, these = (_ends(row, target) for target in ("new", "these"))
        yield (
            f"{row['condition']}: {number(row['value'], unit, digits)}{sign} {span(new, unit, digits)} for new photos, "
            f"{span(these, unit, digits)} for these ({row['participants']:,} participants, {row['trials']:,} trials)."
        )
    for row in analysis.kept.differences.to_dict("records"):
        p = None if np.isnan(row["p_holm"]) else row["p_holm"]
        yield (
            f"{row['a']} - {row['b']}: {number(row['value'], unit, digits, True)} "
            f"{span(_ends(row, 'new'), unit, digits, True)}, p (Holm) {p_value(p)}."
        )


def _ends(row: Mapping[Any, Any], target: str) -> tuple[float, float]:
    return row[f"{target}_low"], row[f"{target}_high"]


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _short(rule: str) -> str:
    return RULES[rule].help.split(". ")[0]
