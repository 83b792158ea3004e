"""How single images add up to HYPE-infinity's error rate."""

import pytest

from turk.protocols.single import PROTOCOL
from turk.study import REAL, Stimulus, Trial


def test_the_mean_over_both_halves_is_the_error_rate_and_over_one_half_its_kind() -> None:
    fakes = [Trial("test", (Stimulus(f"f{k}", "ours"),), (0,)) for k in range(4)]
    reals = [Trial("test", (Stimulus(f"r{k}", REAL),), (0,)) for k in range(4)]

    fooled = [
        PROTOCOL.score(trial, said).value for trial, said in zip(fakes, ["real", "fake", "fake", "fake"], strict=True)
    ]
    alarmed = [
        PROTOCOL.score(trial, said).value for trial, said in zip(reals, ["fake", "fake", "real", "real"], strict=True)
    ]

    assert sum(fooled) / 4 == pytest.approx(0.25)
    assert sum(alarmed) / 4 == pytest.approx(0.5)
    assert sum(fooled + alarmed) / 8 == pytest.approx(0.375)
