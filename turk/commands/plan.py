"""turk plan"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import click

from turk.cost import FEES, minutes_of, reward_for
from turk.plan_report import Asked, plan_report
from turk.planning import RHO, SI, SP, Design, Spreads, check, comparisons_of

FORMATS = ("markdown", "latex", "csv", "json")


class Dollars(click.ParamType[Decimal]):
    """An amount of dollars, exact and not negative."""

    name = "usd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read it."""
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{value!r} is no amount of dollars. Write 1.40.", param, ctx)
        if not amount.is_finite() or amount < 0:
            self.fail(f"dollars are 0 or more; got {value}.", param, ctx)
        return amount


@click.command("plan")
@click.option("--conditions", type=click.IntRange(1), default=2, show_default=True, help="Colorizers to compare.")
@click.option("--photos", type=click.IntRange(2), required=True, help="Photos of the pool, shown in every condition.")
@click.option("--effect", type=float, metavar="POINTS", help="The difference that shall be found, such as 5.")
@click.option("--half-width", type=float, metavar="POINTS", help="Of the 95% interval of a rate, for new photos.")
@click.option("--budget", type=Dollars(), metavar="USD", help="The most that may be spent, fees included.")
@click.option("--wage", type=Dollars(), default="12", show_default=True, metavar="USD", help="Per hour.")
@click.option("--reward", type=Dollars(), metavar="USD", help="Per session, instead of the wage.")
@click.option(
    "--recruiter", type=click.Choice(list(FEES)), default="link", show_default=True, help="Whose fees to add."
)
@click.option("--people", type=click.IntRange(2), help="Per condition: look at this number alone.")
@click.option("--trials", type=click.IntRange(1), default=40, show_default=True, help="Test trials of a session.")
@click.option(
    "--other-trials", type=click.IntRange(0), default=18, show_default=True, help="Practice and catch trials."
)
@click.option("--rate", type=float, default=30, show_default=True, metavar="PERCENT", help="Expected fool rate.")
@click.option(
    "--contrasts", type=click.Choice(["all", "first"]), default="all", show_default=True, help="Pairs tested."
)
@click.option("--sp", default=SP, show_default=True, help="Spread of people, in logits.")
@click.option("--si", default=SI, show_default=True, help="Spread of photos, in logits.")
@click.option("--rho", default=RHO, show_default=True, help="Correlation of photo effects between conditions.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
def command(
    conditions: int, photos: int, effect: float | None, half_width: float | None, budget: Decimal | None,
    wage: Decimal, reward: Decimal | None, recruiter: str, people: int | None, trials: int, other_trials: int,
    rate: float, contrasts: str, sp: float, si: float, rho: float, form: str,
) -> None:  # fmt: skip
    """Tell what numbers of people buy, in points and in dollars, before anybody is paid.

    The model is the one that `turk analyze` fits: people and photos differ on the logit scale.

    \b
    Example:
      turk plan --conditions 3 --photos 500 --effect 5 --recruiter prolific
      turk plan --photos 100 --budget 300 --wage 12 --recruiter mturk
      turk plan --photos 40 --half-width 5
    """
    compared = comparisons_of(conditions, contrasts)
    design = Design(conditions, photos, trials, rate / 100, Spreads(sp, si, rho), compared)
    check(design)
    for name, points in (("--effect", effect), ("--half-width", half_width)):
        if points is not None and not 0 < points < 100:
            raise click.BadParameter(f"points lie between 0 and 100; got {points:g}.", param_hint=name)
    minutes = minutes_of(trials + other_trials)
    asked = Asked(
        design=design, recruiter=recruiter, minutes=minutes, budget_usd=budget, people=people,
        trials_in_all=trials + other_trials,
        reward_usd=reward if reward is not None else reward_for(minutes, wage),
        effect=None if effect is None else effect / 100,
        half_width=None if half_width is None else half_width / 100,
    )  # fmt: skip
    click.echo(plan_report(asked, form))
