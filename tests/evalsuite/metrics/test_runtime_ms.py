"""runtime_ms with a clock of our own."""

import pytest
import torch
from torch import Tensor

from evalsuite.contracts import Batch
from evalsuite.metrics.runtime_ms import probe

PHOTO = Batch(torch.zeros(1, 1, 8, 8), (), (), ())


class Slow:
    """A colorizer that moves the clock instead of taking time: the first run costs more."""

    def __init__(self, seconds: float, first: float) -> None:
        self.now, self.runs = 100.0, 0
        self.seconds, self.first = seconds, first

    def __call__(self, batch: Batch) -> Tensor:
        self.now += self.seconds if self.runs else self.first
        self.runs += 1
        return batch.L


@pytest.fixture
def colorize(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow(*request.param)
    monkeypatch.setattr("time.perf_counter", lambda: slow.now)
    return slow


@pytest.mark.parametrize("colorize", [(0.02, 5.0)], indirect=True)
def test_the_first_run_warms_up_and_twenty_are_timed(colorize: Slow) -> None:
    assert probe(colorize, PHOTO) == pytest.approx(20)
    assert colorize.runs == 21


@pytest.mark.parametrize("colorize", [(1.0, 1.0)], indirect=True)
def test_a_method_of_a_second_is_timed_for_ten_seconds(colorize: Slow) -> None:
    assert probe(colorize, PHOTO) == pytest.approx(1000)
    assert colorize.runs == 10


@pytest.mark.parametrize("colorize", [(60.0, 90.0)], indirect=True)
def test_the_slowest_method_is_still_timed_three_times(colorize: Slow) -> None:
    assert probe(colorize, PHOTO) == pytest.approx(60_000)
    assert colorize.runs == 4


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_is_waited_for() -> None:
    matrix = torch.randn(6000, 6000, device="cuda")

    def multiply(batch: Batch) -> Tensor:
        return matrix @ matrix

    assert probe(multiply, Batch(torch.zeros(1, 1, 8, 8, device="cuda"), (), (), ())) > 1
