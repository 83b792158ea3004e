"""Dollars and hours."""

from __future__ import annotations

from decimal import Decimal

import pytest

from turk.cost import FEES, MTURK_LARGE, affordable, minutes_of, price, reward_for

REWARD = Decimal("1.40")


def test_forty_people_on_mturk_cost_what_its_fees_say() -> None:
    assert price(40, REWARD, 7, FEES["mturk"].share).total_usd == Decimal("67.20")
    assert price(40, REWARD, 7, MTURK_LARGE).total_usd == Decimal("78.40")


def test_a_fee_is_at_least_a_cent_and_nothing_has_no_fee() -> None:
    assert price(10, Decimal("0.02"), 1, FEES["mturk"].share).fees_usd == Decimal("0.10")
    assert price(10, Decimal("0"), 1, FEES["mturk"].share).total_usd == 0
    assert price(40, REWARD, 7, FEES["link"].share).fees_usd == 0


def test_prolific_takes_a_third() -> None:
    assert price(30, REWARD, 7, FEES["prolific"].share).fees_usd == Decimal("14.10")


def test_hours_are_those_of_all_people() -> None:
    assert price(60, REWARD, 7, Decimal(0)).hours == pytest.approx(7)


def test_a_session_of_the_paper_takes_about_seven_minutes_and_pays_a_dollar_forty_at_twelve_an_hour() -> None:
    assert minutes_of(56) == pytest.approx(6.67, abs=0.01)
    assert reward_for(7, Decimal("12")) == REWARD
    assert reward_for(6.83, Decimal("12")) == Decimal("1.37")


def test_a_budget_pays_whole_people() -> None:
    assert affordable(Decimal("67.19"), REWARD, FEES["mturk"].share) == 39
    assert affordable(Decimal("67.20"), REWARD, FEES["mturk"].share) == 40
    assert affordable(Decimal("5"), Decimal("0"), FEES["link"].share) is None
