"""The next study, planned from the spreads that this one shows."""

from __future__ import annotations

import math

from evalsuite.errors import UserError
from turk.analysis import Analysis
from turk.cost import minutes_of
from turk.plan_report import Asked, plan_report
from turk.planning import Design, Spreads, comparisons_of
from turk.terms import completed


def pilot_plan(analysis: Analysis, form: str) -> str:
    """Print a plan for a study like the analyzed one, with its spreads, rates and lengths of sessions.

    Raises:
        UserError: The study measures no fool rates, or has too few answers for the model.
    """
    study, model = analysis.study, analysis.model
    if analysis.measure != "fool_rate" or model is None or not model.converged:
        raise UserError(
            f"study {study.name!r}: --plan needs fool rates and a model that converged; got {analysis.measure} of "
            f"{analysis.kept.participants} people. Collect more answers, or use `turk plan`."
        )
    rates = analysis.kept.rates["value"].clip(0.01, 0.99)
    trials = int(study.parameters["test"])
    every = trials + int(study.parameters.get("practice") or 0) + int(study.parameters.get("catch") or 0)
    design = Design(
        conditions=len(study.conditions),
        photos=len(study.photos),
        trials=trials,
        rate=float(rates.mean()),
        spreads=spreads_of(model.spreads),
        comparisons=comparisons_of(len(study.conditions), str(completed(study.analysis)["contrasts"])),
    )
    origin = f"as {analysis.kept.participants} people of {study.name} show them"
    asked = Asked(design, study.recruiter, study.reward_usd, minutes_of(every), trials_in_all=every, origin=origin)
    return plan_report(asked, form)


def spreads_of(fitted: dict[str, float]) -> Spreads:
    """Turn the model's spreads into the planner's: photos within conditions are what keeps conditions from agreeing."""
    shared, own = fitted["photo"], fitted.get("photo within condition", 0.0)
    total = math.hypot(shared, own)
    return Spreads(fitted["participant"], total, shared**2 / total**2 if total else 1.0)
