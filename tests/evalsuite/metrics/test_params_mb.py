"""params_mb on small networks."""

import torch
from torch import nn

from evalsuite.contracts import Batch
from evalsuite.metrics.params_mb import probe

PHOTO = Batch(torch.zeros(1, 1, 8, 8), (), (), ())


def test_parameters_and_buffers_count_by_their_bytes() -> None:
    network = nn.Sequential(nn.Conv2d(1, 10, 3), nn.BatchNorm2d(10)).half()

    weights, normalization, statistics, counter = 10 * 9 + 10, 10 + 10, 10 + 10, 8
    assert probe(network, PHOTO) == (2 * (weights + normalization + statistics) + counter) / 1e6


def test_shared_parameters_count_once() -> None:
    layer = nn.Linear(1000, 1000, bias=False)

    assert probe(nn.Sequential(layer, nn.ReLU(), layer), PHOTO) == 4.0


def test_a_method_without_a_network_has_none() -> None:
    assert probe(lambda batch: batch.L, PHOTO) == 0.0
