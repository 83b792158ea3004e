"""The networks have the layout of the official releases; their weights are not needed to know that."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.utils.flop_counter import FlopCounterMode

from evalsuite.bins import ab_bins, annealed_mean
from evalsuite.colorizers import eccv16, siggraph17
from evalsuite.colorizers.eccv16 import ECCV16
from evalsuite.colorizers.eccv16_norebalance import Logits
from evalsuite.colorizers.release import Recipe, network_input
from evalsuite.colorizers.siggraph17 import SIGGRAPH17
from evalsuite.contracts import Batch, Colorizer, Setting
from evalsuite.errors import Unavailable

# Facts of the official files: keys and shapes follow from colorizers/eccv16.py and siggraph17.py of the release.
ECCV16_FACTS = {
    "model1.0.weight": (64, 1, 3, 3),
    "model1.2.bias": (64,),
    "model1.4.running_mean": (64,),
    "model2.0.weight": (128, 64, 3, 3),
    "model2.4.num_batches_tracked": (),
    "model3.4.weight": (256, 256, 3, 3),
    "model3.6.running_var": (256,),
    "model4.0.weight": (512, 256, 3, 3),
    "model5.6.weight": (512,),
    "model6.2.weight": (512, 512, 3, 3),
    "model7.6.bias": (512,),
    "model8.0.weight": (512, 256, 4, 4),
    "model8.2.weight": (256, 256, 3, 3),
    "model8.4.bias": (256,),
    "model8.6.weight": (313, 256, 1, 1),
    "model8.6.bias": (313,),
    "model_out.weight": (2, 313, 1, 1),
}
SIGGRAPH17_FACTS = {
    "model1.0.weight": (64, 4, 3, 3),
    "model1.4.num_batches_tracked": (),
    "model3.6.weight": (256,),
    "model4.4.weight": (512, 512, 3, 3),
    "model7.6.running_var": (512,),
    "model8up.0.weight": (512, 256, 4, 4),
    "model3short8.0.weight": (256, 256, 3, 3),
    "model8.1.weight": (256, 256, 3, 3),
    "model8.3.bias": (256,),
    "model8.5.running_mean": (256,),
    "model9up.0.weight": (256, 128, 4, 4),
    "model2short9.0.weight": (128, 128, 3, 3),
    "model9.1.weight": (128, 128, 3, 3),
    "model9.3.weight": (128,),
    "model10up.0.weight": (128, 128, 4, 4),
    "model1short10.0.weight": (128, 64, 3, 3),
    "model10.1.weight": (128, 128, 3, 3),
    "model_class.0.weight": (529, 256, 1, 1),
    "model_out.0.weight": (2, 128, 1, 1),
    "model_out.0.bias": (2,),
}
CPU = torch.device("cpu")


def hollow(kind: type[nn.Module]) -> nn.Module:
    with torch.device("meta"):
        return kind().eval()


def seeded(kind: type[nn.Module]) -> nn.Module:
    """A network with random weights and statistics, made without touching the global generator."""
    network = hollow(kind).to_empty(device="cpu").requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    for key, value in network.state_dict().items():
        if value.is_floating_point():
            fan = max(1, value[0].numel()) if value.ndim > 1 else 1
            value.uniform_(-1, 1, generator=generator).mul_((3 / fan) ** 0.5 if fan > 1 else 0.3)
            if key.endswith("running_var"):
                value.abs_().add_(0.5)
        else:
            value.fill_(7)
    return network


@pytest.mark.parametrize(
    ("kind", "facts", "entries"),
    [(ECCV16, ECCV16_FACTS, 24 * 2 - 2 + 1 + 7 * 5), (SIGGRAPH17, SIGGRAPH17_FACTS, 2 * 31 + 9 * 5)],
    ids=["eccv16", "siggraph17"],
)
def test_keys_and_shapes_are_those_of_the_official_state_dict(
    kind: type[nn.Module], facts: dict[str, tuple[int, ...]], entries: int
) -> None:
    shapes = {key: tuple(value.shape) for key, value in hollow(kind).state_dict().items()}

    assert shapes.items() >= facts.items()
    assert len(shapes) == entries


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "millions", "gigaflops"), [(ECCV16, 32.24, 83.6), (SIGGRAPH17, 34.05, 150.5)], ids=["eccv16", "siggraph17"]
)
def test_size_and_work_are_those_of_the_open_model_zoo(
    kind: type[nn.Module], millions: float, gigaflops: float
) -> None:
    network = hollow(kind)
    with FlopCounterMode(display=False) as counter:
        network(torch.empty(1, 1, 256, 256, device="meta"))

    # The zoo's siggraph17 comes without the distribution head, which colors do not need.
    used = [p.numel() for name, p in network.named_parameters() if not name.startswith("model_class")]
    assert sum(used) / 1e6 == pytest.approx(millions, abs=0.01)
    assert counter.get_total_flops() / 1e9 == pytest.approx(gigaflops, rel=0.002)


def test_convolutions_are_dilated_in_blocks_five_and_six_alone() -> None:
    for kind in (ECCV16, SIGGRAPH17):
        convolutions = [(n, m) for n, m in hollow(kind).named_modules() if isinstance(m, nn.Conv2d)]
        assert {name.split(".")[0] for name, m in convolutions if m.dilation == (2, 2)} == {"model5", "model6"}


@pytest.fixture(scope="module", params=[eccv16, siggraph17], ids=["eccv16", "siggraph17"])
def official(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Colorizer, Path]:
    """A colorizer and random weights in the official layout, with the hash in the file's name."""
    network = seeded(ECCV16 if request.param is eccv16 else SIGGRAPH17)
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(network.state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return request.param.COLORIZER, path.rename(path.with_name(f"random-{digest[:8]}.pth"))


@pytest.mark.slow
def test_weights_in_the_official_layout_load_unchanged(official: tuple[Colorizer, Path]) -> None:
    colorizer, path = official
    saved = torch.load(path, weights_only=True)

    loaded = colorizer.load(Setting(CPU, weights=path))

    assert isinstance(loaded, Recipe)
    state = loaded.network.state_dict()
    assert state.keys() == saved.keys()
    assert all(torch.equal(state[key], saved[key]) for key in saved)
    assert not any(module.training for module in loaded.modules())


@pytest.mark.slow
def test_networks_give_ab_in_range_the_same_each_time_and_for_every_batch(official: tuple[Colorizer, Path]) -> None:
    colorizer, path = official
    network = colorizer.load(Setting(CPU, weights=path)).network  # type: ignore[attr-defined]  # a Recipe
    lightness = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(1)) - 0.5

    ab = network(lightness)

    assert ab.shape == (2, 2, 32, 32)
    assert ab.isfinite().all()
    assert ab.std() > 0
    assert torch.equal(ab, network(lightness))
    assert torch.allclose(ab, torch.cat([network(one[None]) for one in lightness]), atol=1e-4)


@pytest.mark.slow
def test_a_photo_of_any_size_is_colored_at_256_squared(official: tuple[Colorizer, Path]) -> None:
    colorizer, path = official
    colorize = colorizer.load(Setting(CPU, weights=path))

    assert colorize(Batch(torch.rand(1, 1, 40, 70) * 100, (), (0,), (0,))).shape == (1, 2, 256, 256)


@pytest.mark.parametrize("module", [eccv16, siggraph17], ids=["eccv16", "siggraph17"])
def test_without_network_and_file_a_network_is_unavailable(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(OSError("no network")))
    colorizer: Colorizer = module.COLORIZER

    with pytest.raises(
        Unavailable, match=r"neither at hand nor to be downloaded; got no network from https://colorizers\.s3"
    ):
        colorizer.load(Setting(CPU))


def certain_of(bin_index: int) -> ECCV16:
    """A network that is sure of one bin wherever it looks."""
    network = seeded(ECCV16)
    assert isinstance(network, ECCV16)
    last = network.get_submodule("model8.6")
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    last.weight.zero_()
    last.bias.fill_(-50)[bin_index] = 50
    network.model_out.weight.copy_(ab_bins().T[:, :, None, None] / 110)
    return network


@pytest.mark.slow
def test_logits_are_decoded_to_the_bins_center() -> None:
    network, lightness = certain_of(200), torch.zeros(1, 1, 32, 32)

    ab, logits = network(lightness), Logits(network)(lightness)

    expected = ab_bins()[200].reshape(1, 2, 1, 1)
    assert logits.shape == (1, 313, 8, 8)
    assert torch.allclose(ab, expected.expand(1, 2, 32, 32), atol=1e-4)
    assert torch.allclose(annealed_mean(logits), expected.expand(1, 2, 8, 8), atol=1e-4)


@pytest.mark.slow
def test_siggraph17_colors_without_hints_see_lightness_alone() -> None:
    network = seeded(SIGGRAPH17)
    assert isinstance(network, SIGGRAPH17)
    lightness = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0)) - 0.5
    before: Tensor = network(lightness)

    first = network.get_submodule("model1.0")
    assert isinstance(first, nn.Conv2d)
    first.weight[:, 1:].fill_(9)

    assert torch.equal(network(lightness), before)
    assert before.abs().amax() <= 110


def test_lightness_is_squashed_as_pillow_does_it() -> None:
    gradient = np.linspace(0, 100, 300 * 90, dtype=np.float32).reshape(90, 300)
    L = gradient + 20 * np.sin(gradient * 40, dtype=np.float32)
    expected = np.asarray(Image.fromarray(L).resize((256, 256), Image.Resampling.BICUBIC)).clip(0, 100)

    squashed = network_input(torch.from_numpy(L)[None, None])

    np.testing.assert_allclose(squashed[0, 0] * 100 + 50, expected, atol=2e-3)
    assert squashed.amin() >= -0.5
    assert squashed.amax() <= 0.5


def test_a_photo_of_256_squared_is_not_resampled() -> None:
    L = torch.rand(1, 1, 256, 256, generator=torch.Generator().manual_seed(2)) * 100

    assert torch.equal(network_input(L), (L - 50) / 100)
    assert not torch.equal(network_input(interpolate(L, size=(255, 255))), (L - 50) / 100)
