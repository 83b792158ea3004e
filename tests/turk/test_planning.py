"""Plans against published tables, simulated answers and the analysis itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.errors import UserError
from turk.planning import Design, Spreads, check, comparisons_of, variances

MANY = 10_000_000
TABLE = {
    20: (7.1, 5.9, 4.9, 4.9), 30: (6.8, 5.2, 4.1, 4.0), 40: (6.4, 4.8, 3.7, 3.5), 60: (6.0, 4.4, 3.1, 2.8),
    100: (5.7, 4.0, 2.6, 2.2), 200: (5.6, 3.7, 2.2, 1.6),
}  # fmt: skip
"""People to half-widths in points with 40, 100, 500 and 10,000 photos: 40 trials, 30%, sp .5, si 1, simulated."""


def single(photos: int, trials: int = 40, rate: float = 0.3) -> Design:
    """One condition with the usual spreads."""
    return Design(1, photos, trials, rate)


@pytest.mark.parametrize("people", list(TABLE))
def test_half_widths_are_those_of_the_simulated_table(people: int) -> None:
    found = [100 * single(photos).half_width(people) for photos in (40, 100, 500, 10_000)]

    assert found == pytest.approx(list(TABLE[people]), abs=0.15)


def test_more_trials_for_each_help_less_than_more_photos() -> None:
    more_trials = [100 * single(photos, trials=100).half_width(40) for photos in (100, 500, 10_000)]

    assert more_trials == pytest.approx([4.6, 3.3, 3.0], abs=0.15)
    assert single(500).half_width(40) < single(100, trials=100).half_width(40)


@pytest.mark.parametrize(("points", "people"), [(10, 20), (7, 40), (5, 78), (3, 215), (2, 483)])
def test_differences_need_as_many_people_as_simulated(points: float, people: int) -> None:
    design = Design(2, MANY, 40, 0.3, Spreads(rho=0))

    assert design.people_for(design.detectable, points / 100) == pytest.approx(people, rel=0.04, abs=1)


def test_what_can_be_detected_depends_on_corrections_and_on_sharing_photos() -> None:
    assert 100 * Design(2, MANY, 40, 0.3).detectable(40) == pytest.approx(7.0, abs=0.15)
    assert 100 * Design(2, MANY, 40, 0.3, comparisons=10).detectable(40) == pytest.approx(9.1, abs=0.2)
    assert 100 * Design(2, 100, 40, 0.3, Spreads(rho=0.7)).detectable(40) == pytest.approx(7.7, abs=0.2)
    assert 100 * Design(2, 100, 40, 0.3, Spreads(rho=0)).detectable(40) == pytest.approx(9.6, abs=0.25)


@pytest.mark.parametrize(("margin", "people"), [(5, 55), (3, 150)])
def test_equivalence_with_chance_needs_as_many_people_as_simulated(margin: float, people: int) -> None:
    design = single(MANY)

    assert design.people_for(design.equivalent, margin / 100) == pytest.approx(people, rel=0.04)


def test_few_photos_are_a_floor_that_no_number_of_people_breaks() -> None:
    design = single(100)

    assert 100 * design.limit(design.half_width) == pytest.approx(3.4, abs=0.1)
    assert design.people_for(design.half_width, 0.03) is None
    assert design.people_for(design.half_width, 0.0403) == pytest.approx(100, rel=0.03)


@pytest.mark.slow
def test_variances_are_those_of_simulated_people_and_photos() -> None:
    rng = np.random.default_rng(0)
    of_people, of_photos, of_answers = variances(0.3, 0.8, 0.6)
    people, photos = rng.normal(0, 0.8, (3000, 1)), rng.normal(0, 0.6, (1, 3000))
    level = -1.03

    chances = 1 / (1 + np.exp(-(level + people + photos)))

    assert chances.mean() == pytest.approx(0.3, abs=0.02)
    assert of_people == pytest.approx(chances.mean(1).var(), rel=0.12)
    assert of_photos == pytest.approx(chances.mean(0).var(), rel=0.12)
    assert of_people + of_photos + of_answers == pytest.approx(0.21)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 300), st.integers(40, 2000), st.floats(0.05, 0.95))
def test_more_people_and_more_photos_never_hurt(people: int, photos: int, rate: float) -> None:
    for name in ("half_width", "detectable", "equivalent"):
        few, more, wider = (
            getattr(Design(2, k, 40, rate), name)(n)
            for n, k in ((people, photos), (people + 1, photos), (people, 2 * photos))
        )
        assert more < few
        assert wider <= few


@settings(max_examples=20, deadline=None)
@given(st.floats(0.03, 0.3))
def test_the_fewest_people_are_enough_and_one_less_is_not(wanted: float) -> None:
    design = Design(2, MANY, 40, 0.3)
    people = design.people_for(design.detectable, wanted)

    assert people is not None
    assert design.detectable(people) <= wanted
    assert design.detectable(people - 1) > wanted


def test_a_single_person_detects_nothing() -> None:
    assert math.isinf(Design(2, 100, 40, 0.3).detectable(1))


@pytest.mark.parametrize(
    ("conditions", "contrasts", "number"), [(1, "all", 1), (2, "all", 1), (4, "all", 6), (4, "first", 3)]
)
def test_comparisons_are_counted(conditions: int, contrasts: str, number: int) -> None:
    assert comparisons_of(conditions, contrasts) == number


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (Design(2, 100, 40, 1.0), "--rate: between 0.005 and 0.995; got 1"),
        (Design(2, 100, 40, 0.3, Spreads(rho=2)), "--rho: between 0 and 1; got 2"),
        (Design(2, 30, 40, 0.3), "nobody sees a photo twice; got 40 trials and 30 photos"),
    ],
)
def test_designs_that_mean_nothing_are_refused(design: Design, said: str) -> None:
    with pytest.raises(UserError, match=said):
        check(design)
