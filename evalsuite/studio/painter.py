"""Coloring one photo again and again as a user puts points: photos, networks and factors stay in memory.

A photo is colored as a run colors it with the same points in a hint file: decoded and resized, its L and the painted
hints to the method, ab joined with L, clipped and rounded. The same pixels come out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from evalsuite.bins import ab_bins
from evalsuite.color import join
from evalsuite.colorizers import eccv16, eccv16_norebalance, levin2004, siggraph17
from evalsuite.contracts import Batch, Colorize, Colorizer, Distribution, Setting
from evalsuite.errors import UserError
from evalsuite.finishing import finish
from evalsuite.hints import paint
from evalsuite.images import Resize, decode, encode_png
from evalsuite.recommendations import recommend_colors
from evalsuite.scoring import exact_arithmetic
from evalsuite.studio.drafting import Drafting, Given
from evalsuite.studio.seen import Album, Seen, joined_whole, pixels_of
from evalsuite.weights import at_hand

METHODS: tuple[Colorizer, ...] = (siggraph17.COLORIZER, levin2004.COLORIZER)
"""The best first: what is taken where a user does not choose is the first that is at hand."""
RECOMMENDERS: tuple[Colorizer, ...] = (siggraph17.COLORIZER, eccv16.COLORIZER, eccv16_norebalance.COLORIZER)
UNIFORM = "uniform"
"""Recommends where no network is at hand: all colors equally likely, so that they are spread over the gamut."""
FACTORS = "8"


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
        self._device = device
        self._album = Album()
        self._drafting = Drafting(self._siggraph17, self._pause)
        self._loaded: dict[str, Colorize] = {}
        self._distributions: dict[str, Callable[[Batch], Distribution]] = {}

    def methods(self) -> list[str]:
        """Name the methods that are at hand without a download, the best first."""
        return [method.name for method in METHODS if self._at_hand(method)]

    def knows(self, key: str) -> bool:
        """Whether a photo is in memory; it is then one of the last to go."""
        return key in self._album

    def keep(self, key: str, file: bytes, resize: Resize) -> Seen:
        """Decode a photo and keep it.

        Raises:
            Undecodable: The file holds no photo.
        """
        return self._album.keep(key, file, resize)

    def gray(self, key: str) -> tuple[Seen, bytes]:
        """Show a photo's lightness as a PNG."""
        seen = self._album[key]
        return seen, encode_png(pixels_of(join(seen.L, torch.zeros(1, 2, 1, 1))))

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
        seen = self._album[given.photo]
        hints = paint(given.points, *seen.rgb.shape[:2])
        with exact_arithmetic():
            ab = self._ab(self._chosen(method), given, Batch(seen.L, (), (0,), (0,), hints=hints), draft)
        [image] = finish(ab, seen.L)
        if image is None:
            raise UserError(f"{method or 'the method'}: the result holds values that are not finite. Take points away.")
        return encode_png(joined_whole(decode(seen.file), ab) if full else pixels_of(image[None]))

    @torch.inference_mode()
    def recommend(self, given: Given, x: int, y: int, count: int) -> tuple[str, list[list[float]]]:
        """Recommend colors for a pixel.

        Returns:
            Which network recommends, or "uniform"; and a, b and share of each color, the most likely first.

        Raises:
            UserError: The pixel or points lie outside, or the count makes no sense.
        """
        self._yields = False
        seen = self._album[given.photo]
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

    def _siggraph17(self) -> siggraph17.SIGGRAPH17:
        return siggraph17.load_network(self._setting(siggraph17.COLORIZER.name))

    def _ab(self, name: str, given: Given, batch: Batch, draft: bool) -> Tensor:
        if name == siggraph17.COLORIZER.name:
            return (self._drafting.drafted if draft else self._drafting.exact)(given, batch)
        if name not in self._loaded:
            self._loaded[name] = next(method for method in METHODS if method.name == name).load(self._setting(name))
        return self._loaded[name](batch)

    def _pause(self) -> None:
        if self._yields and self._waiting():
            raise Interrupted

    def _distribution(self, given: Given, batch: Batch) -> tuple[str, float, Distribution]:
        known = [method for method in RECOMMENDERS if self._at_hand(method)]
        if not known:
            return UNIFORM, 1.0, Distribution(torch.zeros(1, 313, 1, 1), ab_bins(self._device))
        method = known[0]
        if method is siggraph17.COLORIZER:
            logits = self._drafting.logits(given, batch)
            return method.name, method.softness, Distribution(logits, siggraph17.class_colors(self._device))
        if method.name not in self._distributions:
            assert method.distribution is not None
            self._distributions[method.name] = method.distribution(self._setting(method.name))
        return method.name, method.softness, self._distributions[method.name](batch)
