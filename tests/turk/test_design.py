"""Plans that stay as they are, and rotations worked out for awkward numbers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from decimal import Decimal

import numpy as np
import pytest

from turk.balance import crossed, spread
from turk.design import block_order, plan_session
from turk.registry import protocol
from turk.study import Kind, Study


def pair_study(photos: int, **parameters: int) -> Study:
    defaults = {name: parameter.default for name, parameter in protocol("zhang2016").parameters.items()}
    return Study(
        name="a-study",
        protocol="zhang2016",
        parameters=defaults | parameters,
        conditions=("ours", "theirs"),
        catch="random",
        photos=tuple(f"{number:03}" for number in range(photos)),
        stimuli={},
        participants_per_condition=40,
        recruiter="link",
        reward_usd=Decimal(1),
    )


def test_a_plan_made_today_is_made_again_by_every_later_version() -> None:
    plan = plan_session(pair_study(60), "ours", 3, 11)

    text = json.dumps(asdict(plan), sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "74f33bf21271b009"
    assert "".join(arm[0] for arm in block_order(pair_study(60), 12)) == "totootototto"


@pytest.mark.parametrize(("photos", "test"), [(12, 10), (25, 10), (11, 7), (40, 20), (100, 40)])
def test_photos_take_turns_however_the_numbers_fall(photos: int, test: int) -> None:
    study = pair_study(photos, practice=0, test=test, catch=0)
    views: Counter[str] = Counter()

    for rank in range(60):
        tested = [photo for trial in plan_session(study, "ours", rank, 0).trials for photo in trial.photos]
        assert len(set(tested)) == test
        views.update(tested)
        seen = [views[photo] for photo in study.photos]
        assert max(seen) - min(seen) <= 2


def test_what_replaces_a_trial_is_none_of_the_sessions_photos() -> None:
    plan = plan_session(pair_study(60, practice=2, test=20, catch=4), "theirs", 1, 2)

    assert len(plan.spare) == 60 - 26
    assert not set(plan.spare) & {photo for trial in plan.trials for photo in trial.photos}


@pytest.mark.parametrize("left_over", range(1, 4))
def test_what_cannot_be_divided_by_four_falls_on_every_cell(left_over: int) -> None:
    kinds: list[Kind] = ["test"] * left_over
    found = {cell for seed in range(60) for cell in crossed(np.random.default_rng(seed), kinds)}

    assert found == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_block_of_catch_trials_alone_is_one() -> None:
    assert spread(np.random.default_rng(0), 0, 3) == ["catch"] * 3
