"""Can siggraph17's own pixels be had in 300 ms on two cores? What each way of running its forward pass takes.

    python tests/bench/bench_forward.py [--rounds 3]

One photo of 256 x 256 with one point, random weights in the official layout. Other work may share the machine, so that
the least time of processors of some rounds is printed, its ratio to the plain pass, and by how much the farthest ab
value differs. The first line is the floor for any pass that multiplies as often as a convolution says: its operations
at the rate at which this machine multiplies matrices.
"""

from __future__ import annotations

import argparse
import copy
import time
import warnings
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from evalsuite.colorizers.siggraph17 import SIGGRAPH17

GFLOP = 150.0
SIDE = 2048
# Winograd's F(4 x 4, 3 x 3) as Lavin and Gray (2016, arXiv 1509.09308) give it: 36 products where there were 144.
G = [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]
B = [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0],
     [0, 4, 0, -5, 0, 1]]  # fmt: skip
A = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]


def squared(rows: list[list[int]], scale: float = 1) -> Tensor:
    """A transform of two dimensions from one of one dimension."""
    one = torch.tensor(rows, dtype=torch.float64) / scale
    return torch.kron(one, one).float()


class Winograd(nn.Module):
    """A convolution of 3 x 3 by fewer products, one matrix product for each of the 36 places of a tile."""

    def __init__(self, plain: nn.Conv2d) -> None:
        super().__init__()
        wide, narrow = plain.weight.shape[:2]
        kernels = squared(G, 24) @ plain.weight.reshape(-1, 9).T
        self.kernels = kernels.reshape(36, wide, narrow).contiguous()
        self.bias = plain.bias
        self.apart = plain.dilation[0]
        self.into, self.back = squared(B), squared(A)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve one image; one with holes in its kernel falls apart into four without."""
        k, (channels, height, width) = self.apart, x.shape[1:]
        x = x.view(channels, height // k, k, width // k, k).permute(2, 4, 0, 1, 3).flatten(0, 1)
        tiles = pad(x, (1, 1, 1, 1)).unfold(2, 6, 4).unfold(3, 6, 4)
        count, down, across = tiles.shape[0], *tiles.shape[2:4]
        places = self.into @ tiles.permute(4, 5, 1, 0, 2, 3).reshape(36, -1)
        made = self.back @ torch.bmm(self.kernels, places.view(36, channels, -1)).view(36, -1)
        image = made.view(4, 4, -1, count, down, across).permute(3, 2, 4, 0, 5, 1).reshape(k, k, -1, *x.shape[2:])
        whole = image.permute(2, 3, 0, 4, 1).reshape(1, -1, height, width)
        return whole if self.bias is None else whole + self.bias[:, None, None]


def with_winograd(network: SIGGRAPH17) -> SIGGRAPH17:
    """The network with all its large convolutions of 3 x 3 replaced."""
    for block in network.children():
        for name, layer in block.named_children():
            if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3) and layer.in_channels >= 64:
                setattr(block, name, Winograd(layer))
    return network


def busy_ms(work: Callable[[], object], rounds: int) -> float:
    """The least time of processors that something takes, after one round that does not count."""
    times = []
    for _ in range(rounds + 1):
        before = time.process_time()
        work()
        times.append(1000 * (time.process_time() - before))
    return min(times[1:])


def main() -> None:
    """Print what each way takes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")  # torch announces the end of its tracer
    torch.manual_seed(0)
    network = SIGGRAPH17().eval().requires_grad_(False)
    for weights in network.parameters():
        if weights.ndim > 1:
            nn.init.kaiming_normal_(weights)
    given = (torch.rand(1, 1, 256, 256) - 0.5, torch.zeros(1, 3, 256, 256))
    given[1][:, :, 100:106, 100:106] = torch.tensor([0.3, -0.2, 1.0])[:, None, None]
    with torch.no_grad():
        square = torch.rand(SIDE, SIDE)
        product = busy_ms(lambda: square @ square, rounds)
        last = torch.channels_last
        wide = copy.deepcopy(network).to(memory_format=last)  # type: ignore[call-overload]  # not in torch's stubs
        frozen = torch.jit.optimize_for_inference(torch.jit.trace(network, given))
        ways: dict[str, Callable[[], Tensor]] = {
            "plain (what runs and pages do)": partial(network, *given),
            "channels last": partial(wide, *(one.to(memory_format=last) for one in given)),
            "frozen and fused (oneDNN)": partial(frozen, *given),
            "Winograd F(4 x 4, 3 x 3)": partial(with_winograd(copy.deepcopy(network)), *given),
        }
        cores, truth = torch.get_num_threads(), ways["plain (what runs and pages do)"]()
        print(f"siggraph17, 256 x 256, {cores} cores ({torch.backends.cpu.get_cpu_capability()}); ms of processors")
        print(f"{'':36}{'ms':>8}{'idle':>8}{'ratio':>8}{'farthest ab':>14}")
        floor = product * GFLOP / (2 * SIDE**3 / 1e9)
        print(f"{'150 GFLOP as a product of matrices':36}{floor:8.0f}{floor / cores:8.0f}")
        plain = 0.0
        for name, way in ways.items():
            took = busy_ms(way, rounds)
            plain = plain or took
            off = (way() - truth).abs().max()
            print(f"{name:36}{took:8.0f}{took / cores:8.0f}{took / plain:8.2f}{off:14.1e}", flush=True)


if __name__ == "__main__":
    main()
