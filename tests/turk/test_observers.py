"""Synthetic people do what they were planted to do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import exponnorm, kstest, lognorm

from evalsuite.errors import UserError
from turk.observers import Law, Observer, Population, make_population
from turk.registry import protocol
from turk.study import REAL, Screen, Stimulus, Study, Trial

PHOTOS = tuple(f"photo{number:03}" for number in range(60))
STUDY = Study(
    name="a-study",
    protocol="zhang2016",
    parameters={},
    conditions=("ours", "theirs", "others"),
    catch="random",
    photos=PHOTOS,
    stimuli={},
    participants_per_condition=40,
    recruiter="link",
    reward_usd=Decimal(1),
)
RATES = {"ours": 0.13, "theirs": 0.32, "others": 0.5}


def screen(name: str = "zhang2016") -> Screen:
    declared = protocol(name)
    defaults = {key: parameter.default for key, parameter in declared.parameters.items()}
    return declared.screen(Trial("test", (Stimulus("a", REAL), Stimulus("a", "ours")), (0, 1)), defaults)


def pair(photo: str, fake: str, place: int) -> tuple[Stimulus, ...]:
    both = (Stimulus(photo, fake), Stimulus(photo, REAL))
    return both if place == 0 else both[::-1]


def fooled(people: Population, fake: str, place: int | None = None, numbers: range = range(120)) -> np.ndarray:
    """Who is fooled by which photo, people by photos; the fake's place alternates unless it is given."""
    rows = []
    for number in numbers:
        observer = Observer(people, number)
        places = [(number + k) % 2 if place is None else place for k in range(len(PHOTOS))]
        rows.append(
            [
                observer.answer(screen(), pair(photo, fake, at), turn).choice != ("left", "right")[at]
                for turn, (photo, at) in enumerate(zip(PHOTOS, places, strict=True))
            ]
        )
    return np.array(rows, dtype=float)


@pytest.mark.slow
@pytest.mark.parametrize("law", [Law(), Law(lapse=0.2, side_bias=0.8, person_sd=1.0, photo_sd=1.5), Law(0, 0, 0, 0)])
@pytest.mark.parametrize("fake", RATES)
def test_the_rate_is_the_planted_one_whatever_the_law(law: Law, fake: str) -> None:
    rates = fooled(make_population(STUDY, RATES, 3, law), fake)

    error = rates.mean(axis=1).std() / np.sqrt(len(rates))
    assert abs(rates.mean() - RATES[fake]) < 4 * error
    assert error < 0.025


@pytest.mark.slow
def test_people_and_photos_differ_as_much_as_they_were_told_to() -> None:
    calm = fooled(make_population(STUDY, RATES, 1, Law(person_sd=0, photo_sd=0)), "theirs")
    people = fooled(make_population(STUDY, RATES, 1, Law(person_sd=1.0, photo_sd=0)), "theirs")
    photos = fooled(make_population(STUDY, RATES, 1, Law(person_sd=0, photo_sd=1.0)), "theirs")

    # Binomial spread of a mean of 60 answers at 32% is .060, of 120 answers .043.
    assert calm.mean(axis=1).std() == pytest.approx(0.060, abs=0.013)
    assert calm.mean(axis=0).std() == pytest.approx(0.043, abs=0.013)
    assert people.mean(axis=1).std() > 0.15
    assert people.mean(axis=0).std() < 0.06
    assert photos.mean(axis=0).std() > 0.15
    assert photos.mean(axis=1).std() < 0.08


@pytest.mark.slow
def test_a_side_bias_moves_answers_to_the_right_and_leaves_the_rate() -> None:
    people = make_population(STUDY, RATES, 2, Law(side_bias=1.0, person_sd=0, photo_sd=0))

    left, right = fooled(people, "theirs", place=0), fooled(people, "theirs", place=1)

    assert left.mean() > 0.5 > 0.25 > right.mean()
    assert (left.mean() + right.mean()) / 2 == pytest.approx(0.32, abs=0.025)


@pytest.mark.slow
def test_lapses_are_answers_at_random() -> None:
    people = make_population(STUDY, {"ours": 0.4}, 2, Law(lapse=0.78, person_sd=0, photo_sd=0))

    # All that is left of seeing is that 40% are fooled where lapses alone give 39%.
    assert fooled(people, "ours").mean() == pytest.approx(0.4, abs=0.025)
    assert people.level(0.4, (1, -1)) < -2.5


@pytest.mark.slow
def test_guessers_guess_and_clickers_click_one_side() -> None:
    people = make_population(STUDY, RATES, 4)
    guesses, sides = [], set()
    for number in range(200):
        guesser, clicker = Observer(people, number, "guesser"), Observer(people, number, "one_side")
        guesses += [guesser.answer(screen(), pair(PHOTOS[0], "ours", 0), k).choice == "left" for k in range(20)]
        clicks = {clicker.answer(screen(), pair(PHOTOS[0], "ours", k % 2), k).choice for k in range(20)}
        assert len(clicks) == 1
        sides |= clicks

    assert np.mean(guesses) == pytest.approx(0.5, abs=0.03)
    assert sides == {"left", "right"}


@pytest.mark.slow
def test_whoever_sees_no_difference_guesses() -> None:
    people = make_population(STUDY, RATES, 4)
    same = (Stimulus(PHOTOS[0], REAL), Stimulus(PHOTOS[0], REAL))

    answers = [Observer(people, number).answer(screen(), same, 0).choice for number in range(600)]

    assert answers.count("left") / 600 == pytest.approx(0.5, abs=0.08)


def test_the_same_number_is_the_same_person_and_another_is_another() -> None:
    people = make_population(STUDY, RATES, 4)
    seen = [pair(photo, "ours", k % 2) for k, photo in enumerate(PHOTOS)]

    def answers(observer: Observer) -> list[object]:
        return [observer.answer(screen(), shown, turn) for turn, shown in enumerate(seen)]

    again = make_population(STUDY, RATES, 4)
    assert answers(Observer(people, 7)) == answers(Observer(again, 7))
    assert answers(Observer(people, 7)) != answers(Observer(people, 8))
    assert answers(Observer(people, 7)) != answers(Observer(make_population(STUDY, RATES, 5), 7))


def test_a_turn_that_is_tried_again_is_answered_alike_whatever_came_between() -> None:
    observer = Observer(make_population(STUDY, RATES, 4), 7)
    first = [observer.answer(screen(), pair(photo, "ours", 0), turn) for turn, photo in enumerate(PHOTOS)]

    assert observer.answer(screen(), pair(PHOTOS[20], "ours", 0), 20) == first[20]


@pytest.mark.slow
def test_reaction_times_follow_the_ex_gaussian() -> None:
    times = reaction_times(Law(rt=(900, 100, 400)))

    # Luce 1986: a normal plus an exponential; its mean is the sum of the means.
    assert kstest(times, exponnorm(K=4, loc=900, scale=100).cdf).pvalue > 0.001
    assert np.mean(times) == pytest.approx(1300, rel=0.05)


@pytest.mark.slow
def test_reaction_times_follow_the_lognormal() -> None:
    times = reaction_times(Law(rt=(600, 0.5, 200), rt_law="lognormal"))

    assert kstest(times, lognorm(s=0.5, loc=200, scale=600).cdf).pvalue > 0.001
    assert min(times) > 200


def reaction_times(law: Law) -> list[float]:
    people = make_population(STUDY, RATES, 6, law)
    return [Observer(people, number).answer(screen(), pair(PHOTOS[0], "ours", 0), 0).rt_ms for number in range(1000)]


def test_a_rate_of_an_unknown_condition_is_refused() -> None:
    with pytest.raises(UserError, match="--fool-rate: 'our' is no condition of the study; known: ours, theirs"):
        make_population(STUDY, {"our": 0.3}, 0)


def test_a_rate_that_lapses_alone_exceed_is_refused() -> None:
    with pytest.raises(UserError, match=r"--fool-rate: ours lies between 0.1 and 0.9; got 0.05. Correct it."):
        make_population(STUDY, {"ours": 0.05}, 0, Law(lapse=0.2))


def test_an_unknown_question_is_refused() -> None:
    odd = replace(screen(), question="which_is_older")

    with pytest.raises(UserError, match="observers: they cannot answer 'which_is_older'"):
        Observer(make_population(STUDY, RATES, 0, Law(lapse=0)), 0).answer(odd, pair(PHOTOS[0], "ours", 0), 0)


def test_rates_that_are_not_named_are_spread_over_those_of_papers() -> None:
    rates = make_population(STUDY, {"theirs": 0.2}, 0).rates

    assert rates == {"ours": 0.13, "theirs": 0.2, "others": 0.5, "random": 0.04, REAL: 0.85}
