"""What only pairwise comparisons do."""

import pytest

from evalsuite.errors import UserError
from turk.protocols.pairwise import PROTOCOL, arms, truth
from turk.study import REAL, Stimulus, Trial


def test_one_colorizer_cannot_be_compared() -> None:
    with pytest.raises(UserError, match="conditions: pairwise compares two or more; got ours"):
        arms(("ours",))


def test_a_choice_counts_for_the_right_one() -> None:
    trial = Trial("test", (Stimulus("cat", "ours"), Stimulus("cat", "theirs")), (0, 1))

    assert [PROTOCOL.score(trial, side).value for side in ("left", "right")] == [0, 1]


def test_in_catch_trials_the_real_photo_is_right() -> None:
    trial = Trial("catch", (Stimulus("cat", "random"), Stimulus("cat", REAL)), (0, 1))

    assert truth(trial) == "right"
    assert [PROTOCOL.score(trial, side).correct for side in ("left", "right")] == [False, True]
