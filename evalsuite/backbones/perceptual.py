"""LPIPS's features of images, and the distance between two sets of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from evalsuite.backbones.backbone import laid_out, tiles
from evalsuite.backbones.trunks import TRUNKS, Convolutions, Layer, convolutions, linear_weights
from evalsuite.errors import UserError
from evalsuite.views import Pair, View

SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
"""LPIPS version 0.1 subtracts and divides by these in units of -1..1: ImageNet's mean and deviation, rounded."""
EPSILON = 1e-10
TILE = {"alex": 8, "vgg": 1}
"""Images at once on a CPU: VGG's features are 32 MB per image of 256 x 256."""


class Perceptual:
    """Features whose squared differences, averaged over space and summed over channels, are LPIPS.

    A feature vector is divided by its length and multiplied by the square roots of LPIPS's linear weights, so that the
    features of a target serve every colorizer.

    Args:
        net: "alex" or "vgg".
        device: Where it runs.
        trunk: Kernels and biases of the network.
        linear: Per tap the weights of its channels.
    """

    def __init__(self, net: str, device: torch.device, trunk: Convolutions, linear: Sequence[Tensor]) -> None:
        self.net = net
        self._layers = TRUNKS[net].layers
        first, stride = trunk[0][0], self._layers[0].stride
        kernels = [_blocked_kernel(first, stride) if stride > 1 else first, *(kernel for kernel, _ in trunk[1:])]
        self._kernels = [laid_out(kernel.to(device)) for kernel in kernels]
        self._biases = [bias.to(device) for _, bias in trunk]
        self._roots = [weights.sqrt().view(-1, 1, 1).to(device) for weights in linear]
        scale = torch.tensor(SCALE, device=device).view(3, 1, 1)
        self._slope, self._start = 1 / (127.5 * scale), -(1 + torch.tensor(SHIFT, device=device).view(3, 1, 1)) / scale

    def distance(self, pair: Pair) -> Tensor:
        """Compare outputs and targets: (N,) float32, 0 for equal images.

        Raises:
            UserError: The images are too small for the network.
        """
        _check_size(self.net, pair.target.rgb8)
        if pair.output is pair.target:
            return torch.zeros(len(pair.target.rgb8), device=pair.target.rgb8.device)
        with torch.inference_mode():
            targets = pair.target.shared(("lpips", self.net), lambda: self._all(pair.target))
            outputs = tiles(pair.output.rgb8, TILE[self.net])
            parts = [_squared(self.features(part), known) for part, known in zip(outputs, targets, strict=True)]
        return torch.cat(parts)

    def features(self, rgb8: Tensor) -> list[Tensor]:
        """Return the scaled features of (N, 3, H, W) uint8 images, a tensor (N, channels, h, w) per tap."""
        image = torch.addcmul(self._start, rgb8, self._slope)
        seen: list[Tensor] = []
        for layer, kernel, bias in zip(self._layers, self._kernels, self._biases, strict=True):
            image = _convolve(image, layer, kernel, bias)
            if layer.tap:
                length = torch.linalg.vector_norm(image, dim=1, keepdim=True)
                seen.append((image / length.add_(EPSILON)).mul_(self._roots[len(seen)]))
        return seen

    def _all(self, view: View) -> list[list[Tensor]]:
        return [self.features(part) for part in tiles(view.rgb8, TILE[self.net])]


@cache
def perceptual(net: str, device: torch.device) -> Perceptual:
    """Load LPIPS (version 0.1) with a network's weights, the same one for everybody.

    Raises:
        Unavailable: The weights are nowhere and cannot be downloaded.
    """
    return Perceptual(net, device, convolutions(net), linear_weights(net))


def _check_size(net: str, rgb8: Tensor) -> None:
    smallest, got = TRUNKS[net].smallest, tuple(rgb8.shape[2:])
    if min(got) < smallest:
        rule = f"lpips_{net}: images have at least {smallest} pixels on each side"
        raise UserError(f"{rule}; got {got}. Enlarge them, or leave this metric out.")


def _squared(a: list[Tensor], b: list[Tensor]) -> Tensor:
    parts = [(x - y).square_().mean((2, 3)).sum(1) for x, y in zip(a, b, strict=True)]
    return torch.stack(parts).sum(0)


def _convolve(image: Tensor, layer: Layer, kernel: Tensor, bias: Tensor) -> Tensor:
    if layer.pool:
        image = F.max_pool2d(image, layer.pool, 2)
    if layer.stride > 1:
        return F.conv2d(_blocked_image(image, layer), kernel, bias).relu_()
    return F.conv2d(laid_out(image), kernel, bias, padding=layer.padding).relu_()


def _blocked_kernel(kernel: Tensor, stride: int) -> Tensor:
    """Turn the pixels of a stride x stride block into channels, so that a strided convolution becomes a plain one.

    CPUs convolve 3 channels at half the speed of 48: this saves 1.5 of 22 ms per image in AlexNet (one Zen 3 core).
    """
    blocks = -(-kernel.shape[2] // stride)
    padded = F.pad(kernel, (0, blocks * stride - kernel.shape[3], 0, blocks * stride - kernel.shape[2]))
    return F.pixel_unshuffle(padded, stride)


def _blocked_image(image: Tensor, layer: Layer) -> Tensor:
    """Pad as the strided convolution would, and turn blocks into channels, channels last."""
    height, width = (_blocks(side, layer) for side in image.shape[2:])
    s, before = layer.stride, layer.padding
    after_h, after_w = (n * s - before - side for n, side in zip((height, width), image.shape[2:], strict=True))
    padded = F.pad(image, (before, after_w, before, after_h))
    cells = padded.view(len(image), -1, height, s, width, s).permute(0, 2, 4, 1, 3, 5)
    return cells.reshape(len(image), height, width, -1).permute(0, 3, 1, 2)


def _blocks(size: int, layer: Layer) -> int:
    outputs = (size + 2 * layer.padding - layer.side) // layer.stride + 1
    return outputs + -(-layer.side // layer.stride) - 1
