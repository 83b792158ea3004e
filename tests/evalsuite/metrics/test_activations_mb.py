"""activations_mb on small networks."""

import pytest
import torch
from torch import Tensor, nn

from evalsuite.contracts import Batch
from evalsuite.metrics.activations_mb import probe

PHOTO = Batch(torch.zeros(1, 1, 100, 100), (), (), ())


class Network(nn.Module):
    """Layers in a row on L."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, batch: Batch) -> Tensor:
        output: Tensor = self.layers(batch.L)
        return output


def test_every_layer_counts_by_what_it_puts_out() -> None:
    network = Network(
        nn.Conv2d(1, 8, 3, padding=1, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.Upsample(scale_factor=2)
    )

    assert probe(network.eval(), PHOTO) == (3 * 8 * 50 * 50 + 8 * 100 * 100) * 4 / 1e6


def test_layers_that_write_in_place_or_pass_on_are_not_counted_twice() -> None:
    network = Network(nn.Conv2d(1, 8, 1), nn.ReLU(inplace=True), nn.Dropout(), nn.Identity(), nn.Flatten())

    assert probe(network.eval(), PHOTO) == 8 * 100 * 100 * 4 / 1e6


def test_a_layer_that_runs_twice_counts_twice() -> None:
    layer = nn.Conv2d(1, 1, 1)

    assert probe(Network(layer, layer), PHOTO) == 2 * 100 * 100 * 4 / 1e6


def test_layers_that_give_several_tensors_are_understood() -> None:
    class Twins(nn.Module):
        def forward(self, image: Tensor) -> dict[str, list[Tensor]]:
            return {"both": [image + 1, image + 2]}

    class Second(nn.Module):
        def forward(self, twins: dict[str, list[Tensor]]) -> Tensor:
            return twins["both"][1]

    assert probe(Network(Twins(), Second()), PHOTO) == 2 * 100 * 100 * 4 / 1e6


@pytest.mark.slow
def test_nothing_stays_hooked_to_the_network_even_after_an_error() -> None:
    network = Network(nn.Conv2d(3, 8, 1))

    with pytest.raises(RuntimeError, match="channels"):
        probe(network, PHOTO)

    assert not network.layers[0]._forward_hooks


def test_a_method_without_a_network_has_none() -> None:
    assert probe(lambda batch: batch.L, PHOTO) == 0.0
