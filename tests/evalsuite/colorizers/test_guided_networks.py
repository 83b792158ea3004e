"""siggraph17 with hints, against the published network written out from the names of its state dict."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from evalsuite.colorizers.release import Recipe, hint_input
from evalsuite.colorizers.siggraph17 import COLORIZER, SIGGRAPH17, class_colors
from evalsuite.contracts import Batch, Hints, Setting

CPU = torch.device("cpu")
State = dict[str, Tensor]
DILATED = {"model5": 2, "model6": 2}


def seeded() -> SIGGRAPH17:
    """The network with random weights and statistics."""
    with torch.device("meta"):
        network = SIGGRAPH17()
    network = network.to_empty(device="cpu").eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(3)
    for key, value in network.state_dict().items():
        if not value.is_floating_point():
            value.fill_(1)
            continue
        fan = max(1, value[0].numel()) if value.ndim > 1 else 1
        value.uniform_(-1, 1, generator=generator).mul_((3 / fan) ** 0.5 if fan > 1 else 0.3)
        if key.endswith("running_var"):
            value.abs_().add_(0.5)
    return network


def block(state: State, name: str, x: Tensor, first: int = 0) -> Tensor:
    """Convolutions of 3 x 3, each followed by a ReLU, and a BatchNorm, at the places that the names have."""
    index = first
    while state[f"{name}.{index}.weight"].ndim == 4:
        grown = DILATED.get(name, 1)
        x = F.conv2d(x, state[f"{name}.{index}.weight"], state[f"{name}.{index}.bias"], padding=grown, dilation=grown)
        x, index = F.relu(x), index + 2
    mean, variance, weight, bias = (
        state[f"{name}.{index}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return F.batch_norm(x, mean, variance, weight, bias)


def up(state: State, name: str, x: Tensor) -> Tensor:
    return F.conv_transpose2d(x, state[f"{name}.0.weight"], state[f"{name}.0.bias"], stride=2, padding=1)


def short(state: State, name: str, x: Tensor) -> Tensor:
    return F.conv2d(x, state[f"{name}.0.weight"], state[f"{name}.0.bias"], padding=1)


def published(state: State, L: Tensor, ab: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The published network from L in 0..100, ab in Lab units and a mask of 0 and 1, to ab and to class logits."""
    one = block(state, "model1", torch.cat([(L - 50) / 100, ab / 110, mask], dim=1))
    two = block(state, "model2", one[:, :, ::2, ::2])
    three = block(state, "model3", two[:, :, ::2, ::2])
    x = block(state, "model4", three[:, :, ::2, ::2])
    for name in ("model5", "model6", "model7"):
        x = block(state, name, x)
    eight = block(state, "model8", F.relu(up(state, "model8up", x) + short(state, "model3short8", three)), 1)
    nine = block(state, "model9", F.relu(up(state, "model9up", eight) + short(state, "model2short9", two)), 1)
    ten = F.relu(up(state, "model10up", nine) + short(state, "model1short10", one))
    ten = F.leaky_relu(F.conv2d(ten, state["model10.1.weight"], state["model10.1.bias"], padding=1), 0.2)
    out = torch.tanh(F.conv2d(ten, state["model_out.0.weight"], state["model_out.0.bias"])) * 110
    return out, F.conv2d(eight, state["model_class.0.weight"], state["model_class.0.bias"])


def photo(side: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = (torch.rand(2, 1, side, side, generator=generator) < 0.2).float()
    ab = (torch.rand(2, 2, side, side, generator=generator) * 200 - 100) * mask
    return torch.rand(2, 1, side, side, generator=generator) * 100, ab, mask


@pytest.mark.slow
def test_hints_enter_the_network_as_published() -> None:
    network = seeded()
    L, ab, mask = photo(32)
    hints = torch.cat([ab / 110, mask], dim=1)

    expected, logits = published(dict(network.state_dict()), L, ab, mask)

    torch.testing.assert_close(network((L - 50) / 100, hints), expected, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(network.logits((L - 50) / 100, hints), logits, atol=1e-5, rtol=1e-5)


@pytest.mark.slow
def test_no_hints_are_hints_of_nothing() -> None:
    network = seeded()
    L, ab, mask = photo(32)

    assert torch.equal(network((L - 50) / 100), network((L - 50) / 100, torch.cat([ab, mask], dim=1) * 0))
    assert not torch.equal(network((L - 50) / 100), network((L - 50) / 100, torch.cat([ab / 110, mask], dim=1)))


@pytest.mark.slow
def test_a_gray_hint_is_not_the_same_as_none() -> None:
    network = seeded()
    L, _, mask = photo(32)

    told = network((L - 50) / 100, torch.cat([mask * 0, mask * 0, mask], dim=1))

    assert not torch.equal(network((L - 50) / 100), told)


def test_hints_are_brought_to_the_networks_size_and_units() -> None:
    _, ab, mask = photo(64)

    given = hint_input(Hints(ab, mask))

    assert given.shape == (2, 3, 256, 256)
    torch.testing.assert_close(given[:, :2, 2::4, 2::4], ab / 110)
    assert torch.equal(given[:, 2:, 2::4, 2::4], mask)


def test_the_batchs_hints_reach_the_network() -> None:
    seen: list[tuple[Tensor, ...]] = []

    class Watching(nn.Module):
        def forward(self, *given: Tensor) -> Tensor:
            seen.append(given)
            return given[0]

    L, ab, mask = photo(64)
    recipe = Recipe(Watching())

    recipe(Batch(L, (), (0, 1), (0, 1)))
    recipe(Batch(L, (), (0, 1), (0, 1), hints=Hints(ab, mask)))

    assert [len(given) for given in seen] == [1, 2]
    assert torch.equal(seen[1][1], hint_input(Hints(ab, mask)))


def test_the_classes_are_a_grid_with_b_running_first() -> None:
    colors = class_colors(CPU)

    # colorization-pytorch numbers the bin of (a, b) as 23 (a + 110) / 10 + (b + 110) / 10.
    for a, b in ((-110, -110), (0, 0), (30, -50), (110, 110)):
        assert colors[23 * (a + 110) // 10 + (b + 110) // 10].tolist() == [a, b]


@pytest.mark.slow
def test_the_distribution_is_that_of_the_class_head(tmp_path: Path) -> None:
    network = seeded()
    torch.save(network.state_dict(), tmp_path / "random.pth")
    assert COLORIZER.distribution is not None
    L, ab, mask = photo(256)

    found = COLORIZER.distribution(Setting(CPU, weights=tmp_path / "random.pth"))(
        Batch(L, (), (0, 1), (0, 1), hints=Hints(ab, mask))
    )

    expected = published(dict(network.state_dict()), L, ab, mask)[1]
    torch.testing.assert_close(found.logits, expected, atol=1e-4, rtol=1e-4)
    assert torch.equal(found.colors, class_colors(CPU))
