"""Coloring one photo again and again as a user puts points: photos, networks and factors stay in memory.

A photo is colored as a run colors it with the same points in a hint file: decoded and resized, its L and the painted
hints to the method, ab joined with L, clipped and rounded. The same pixels come out.

siggraph17 costs 150 GFLOP per photo, a second of two cores. While a user waits, a draft is shown first: what the
network made of the photo before, plus the difference that the new points make to it at 96 x 96, which costs a seventh.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from evalsuite.bins import ab_bins
from evalsuite.color import join, lab_to_rgb8, rgb_to_lab
from evalsuite.colorizers import eccv16, eccv16_norebalance, levin2004, siggraph17
from evalsuite.colorizers.release import AB_SCALE, hint_input, network_input
from evalsuite.contracts import Batch, Colorize, Colorizer, Distribution, Setting
from evalsuite.errors import UserError
from evalsuite.finishing import finish
from evalsuite.hints import paint, resized
from evalsuite.images import RGB, Resize, decode, encode_png
from evalsuite.points import Point
from evalsuite.recommendations import recommend_colors
from evalsuite.scoring import exact_arithmetic
from evalsuite.weights import at_hand

METHODS: tuple[Colorizer, ...] = (siggraph17.COLORIZER, levin2004.COLORIZER)
"""The best first: what is taken where a user does not choose is the first that is at hand."""
RECOMMENDERS: tuple[Colorizer, ...] = (siggraph17.COLORIZER, eccv16.COLORIZER, eccv16_norebalance.COLORIZER)
UNIFORM = "uniform"
"""Recommends where no network is at hand: all colors equally likely, so that they are spread over the gamut."""
PHOTO_BYTES = 256 * 2**20
"""What photos may take in memory together: some hundred."""
FACTORS, FEATURES = "8", 16
DRAFT = 96
STRIP = 256
"""Rows of a large photo that are converted at once."""


@dataclass(frozen=True)
class Seen:
    """A photo in memory.

    Attributes:
        file: Its bytes.
        rgb: (H, W, 3) uint8 sRGB, as it is colored.
        original: (width, height) of the file's picture.
    """

    file: bytes
    rgb: RGB
    original: tuple[int, int]

    @cached_property
    def L(self) -> Tensor:
        """(1, 1, H, W) float32, 0..100."""
        return rgb_to_lab(_tensor(self.rgb))[:, :1].contiguous()

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return len(self.file) + 3 * self.rgb.nbytes


@dataclass(frozen=True)
class Given:
    """A photo with the points that a user gave: what is computed belongs to these.

    Attributes:
        photo: The photo's key.
        points: In pixels of the photo as it is colored.
    """

    photo: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Base:
    """What a network made of a photo before: drafts start from it.

    Attributes:
        ab: (1, 2, 256, 256), Lab units.
        small: (1, 2, 96, 96), of the same points at the size of drafts.
    """

    ab: Tensor
    small: Tensor


class Interrupted(Exception):
    """Somebody else asks, and the picture that was being made can wait."""


class Painter:
    """Colors photos and recommends colors.

    Args:
        weights: Method to the file given for it.
        device: Where networks run.
        waiting: Whether somebody else asks; looked at while something is computed that yields.
    """

    def __init__(
        self, weights: Mapping[str, Path], device: torch.device, waiting: Callable[[], bool] = lambda: False
    ) -> None:
        self._weights = weights
        self._waiting = waiting
        self._yields = False
        self._bases: OrderedDict[str, Base] = OrderedDict()
        self._device = device
        self._photos: OrderedDict[str, Seen] = OrderedDict()
        self._loaded: dict[str, Colorize] = {}
        self._distributions: dict[str, Callable[[Batch], Distribution]] = {}
        self._features: OrderedDict[Given, tuple[Tensor, Tensor, Tensor]] = OrderedDict()

    def methods(self) -> list[str]:
        """Name the methods that are at hand without a download, the best first."""
        return [method.name for method in METHODS if self._at_hand(method)]

    def knows(self, key: str) -> bool:
        """Whether a photo is in memory; it is then one of the last to go."""
        if key in self._photos:
            self._photos.move_to_end(key)
        return key in self._photos

    def keep(self, key: str, file: bytes, resize: Resize) -> Seen:
        """Decode a photo and keep it, and let go of those that were not asked for lately.

        Raises:
            Undecodable: The file holds no photo.
        """
        full = decode(file)
        seen = Seen(file, np.ascontiguousarray(resize.apply(full)), (full.shape[1], full.shape[0]))
        self._photos[key] = seen
        while sum(photo.bytes for photo in self._photos.values()) > PHOTO_BYTES and len(self._photos) > 1:
            self._photos.popitem(last=False)
        return seen

    def gray(self, key: str) -> tuple[Seen, bytes]:
        """Show a photo's lightness as a PNG."""
        seen = self._photos[key]
        return seen, encode_png(_pixels(join(seen.L, torch.zeros(1, 2, 1, 1))))

    @torch.inference_mode()
    def color(
        self, given: Given, method: str = "", full: bool = False, draft: bool = False, yields: bool = False
    ) -> bytes:
        """Color a photo.

        Args:
            given: The photo and its points.
            method: One of `methods`; "" for the first.
            full: Whether ab is joined with the lightness of the whole file.
            draft: Whether a quick approximation is welcome.
            yields: Whether to give up when somebody else asks.

        Returns:
            A PNG.

        Raises:
            UserError: Points lie outside, the method is not at hand, or its result is not finite.
            Interrupted: It yielded.
        """
        self._yields = yields
        seen = self._photos[given.photo]
        hints = paint(given.points, *seen.rgb.shape[:2])
        with exact_arithmetic():
            ab = self._ab(self._chosen(method), given, Batch(seen.L, (), (0,), (0,), hints=hints), draft)
        [image] = finish(ab, seen.L)
        if image is None:
            raise UserError(f"{method or 'the method'}: the result holds values that are not finite. Take points away.")
        return encode_png(joined_whole(decode(seen.file), ab) if full else _pixels(image[None]))

    @torch.inference_mode()
    def recommend(self, given: Given, x: int, y: int, count: int) -> tuple[str, list[list[float]]]:
        """Recommend colors for a pixel.

        Returns:
            Which network recommends, or "uniform"; and a, b and share of each color, the most likely first.

        Raises:
            UserError: The pixel or points lie outside, or the count makes no sense.
        """
        self._yields = False
        seen = self._photos[given.photo]
        height, width = seen.rgb.shape[:2]
        if not (0 <= x < width and 0 <= y < height):
            rule = f"recommended colors: x is 0..{width - 1} and y is 0..{height - 1} in this photo"
            raise UserError(f"{rule}; got {x}, {y}. Ask for a pixel of the photo.")
        batch = Batch(seen.L, (), (0,), (0,), hints=paint(given.points, height, width))
        with exact_arithmetic():
            name, softness, distribution = self._distribution(given, batch)
        place = torch.tensor([[y, x]])
        ab, shares = recommend_colors(distribution, seen.L[0, 0], place, count, softness)
        rows = torch.cat([ab[0], shares[0, :, None]], dim=1).tolist()
        return name, [row for row in rows if row[2] > 0]

    def _at_hand(self, method: Colorizer) -> bool:
        return at_hand(method.weights, self._weights.get(method.name))

    def _chosen(self, name: str) -> str:
        known = self.methods()
        if name and name not in known:
            rule = f"method: one of {', '.join(known)}; got {name!r}"
            raise UserError(f"{rule}. Weights of others are not at hand: give them to `evalsuite paint --weights`.")
        return name or known[0]

    def _setting(self, name: str) -> Setting:
        return Setting(self._device, weights=self._weights.get(name), options={"keep_factors": FACTORS})

    def _ab(self, name: str, given: Given, batch: Batch, draft: bool) -> Tensor:
        if name == siggraph17.COLORIZER.name:
            return self._drafted(given, batch) if draft else self._exact(given, batch)
        if name not in self._loaded:
            self._loaded[name] = next(method for method in METHODS if method.name == name).load(self._setting(name))
        return self._loaded[name](batch)

    def _exact(self, given: Given, batch: Batch) -> Tensor:
        ab = self._network().decoded(*self._felt(given, batch))
        self._bases[given.photo] = Base(ab, self._small(batch))
        self._bases.move_to_end(given.photo)
        while len(self._bases) > FEATURES:
            self._bases.popitem(last=False)
        return ab

    def _drafted(self, given: Given, batch: Batch) -> Tensor:
        base = self._bases.get(given.photo)
        if base is None or given in self._features:
            return self._exact(given, batch)
        change = self._small(batch) - base.small
        return base.ab + interpolate(change, size=base.ab.shape[2:], mode="bilinear", align_corners=False)

    def _small(self, batch: Batch) -> Tensor:
        """What the network makes of the photo at the size of drafts."""
        assert batch.hints is not None
        L = interpolate(network_input(batch.L), size=(DRAFT, DRAFT), mode="bicubic", antialias=True)
        hints = resized(batch.hints, DRAFT, DRAFT)
        ab: Tensor = self._network()(L, torch.cat([hints.ab / AB_SCALE, hints.mask], dim=1))
        return ab

    def _pause(self, *_: object) -> None:
        if self._yields and self._waiting():
            raise Interrupted

    def _network(self) -> siggraph17.SIGGRAPH17:
        name = siggraph17.COLORIZER.name
        if name not in self._loaded:
            network = siggraph17.load_network(self._setting(name))
            for block in network.children():
                block.register_forward_pre_hook(self._pause)
            self._loaded[name] = network
        loaded = self._loaded[name]
        assert isinstance(loaded, siggraph17.SIGGRAPH17)
        return loaded

    def _felt(self, given: Given, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """siggraph17's features, which both its heads need: those of the last few photos and points are kept."""
        assert batch.hints is not None
        if given not in self._features:
            self._features[given] = self._network().features(network_input(batch.L), hint_input(batch.hints))
            while len(self._features) > FEATURES:
                self._features.popitem(last=False)
        return self._features[given]

    def _distribution(self, given: Given, batch: Batch) -> tuple[str, float, Distribution]:
        known = [method for method in RECOMMENDERS if self._at_hand(method)]
        if not known:
            return UNIFORM, 1.0, Distribution(torch.zeros(1, 313, 1, 1), ab_bins(self._device))
        method = known[0]
        if method is siggraph17.COLORIZER:
            logits = self._network().classes(self._felt(given, batch)[2])
            return method.name, method.softness, Distribution(logits, siggraph17.class_colors(self._device))
        if method.name not in self._distributions:
            assert method.distribution is not None
            self._distributions[method.name] = method.distribution(self._setting(method.name))
        return method.name, method.softness, self._distributions[method.name](batch)


def joined_whole(rgb: RGB, ab: Tensor) -> RGB:
    """Join the lightness of a large photo with ab, exactly as `color.join` does, some rows at a time.

    Args:
        rgb: (H, W, 3) uint8 sRGB.
        ab: (1, 2, h, w) Lab units.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    height, width = rgb.shape[:2]
    if ab.shape[2:] != (height, width):
        shrinks = ab.shape[2] > height or ab.shape[3] > width
        size = (height, width)
        ab = interpolate(ab.float(), size=size, mode="bilinear", align_corners=False, antialias=shrinks)
    whole = np.empty_like(rgb)
    for top in range(0, height, STRIP):
        rows = slice(top, min(top + STRIP, height))
        L = rgb_to_lab(_tensor(rgb[rows]))[:, :1]
        whole[rows] = _pixels(lab_to_rgb8(torch.cat([L, ab[:, :, rows].float()], dim=1)))
    return whole


def _tensor(rgb: RGB) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].contiguous()


def _pixels(images: Tensor) -> RGB:
    pixels: RGB = np.ascontiguousarray(images[0].permute(1, 2, 0).cpu().numpy())
    return pixels
