"""Who asks the coloring process: pages do, which load no tensors themselves."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalsuite.errors import UserError
from evalsuite.images import Resize
from evalsuite.points import Point
from evalsuite.studio.asking import points_to_json
from evalsuite.studio.wire import Deadline, Torn, receive, send

LIMIT_S = 30.0
"""An update takes a second at most; the rest is for a process that must start first, on a busy machine."""
AGAIN = "Your points are kept: try again in a moment."
NOT_THERE = "The coloring process is not there. {} `webapp serve` starts it; alone, it is `evalsuite paint`."
DIED = f"The coloring process ended in the middle of this and is started again. {AGAIN}"
INTERRUPTED = "Somebody else asked meanwhile. Ask again."
SLOW = "The coloring process took longer than {:g} s and was not waited for any longer. " + AGAIN


class Away(UserError):
    """The coloring process is not there, or did not come to an end; asking again later may help."""


class Interrupted(Away):
    """Somebody else asked meanwhile, and what was asked for yielded."""


@dataclass(frozen=True)
class Canvas:
    """A photo to color.

    Attributes:
        sha256: Of the file.
        read: Gives the bytes of the file; called only where the process does not have the photo yet.
        resize: How it is brought to the size at which it is colored.
    """

    sha256: str
    read: Callable[[], bytes]
    resize: Resize


@dataclass(frozen=True)
class Look:
    """A photo as it is colored.

    Attributes:
        gray: A PNG of its lightness.
        width: Pixels.
        height: Pixels.
        original: (width, height) of the file's picture.
    """

    gray: bytes
    width: int
    height: int
    original: tuple[int, int]


@dataclass(frozen=True)
class Recommended:
    """Colors for a pixel.

    Attributes:
        colors: a, b and the share of the distribution that each stands for, the most likely first.
        source: The network they come from; "uniform" where none is at hand: then they are spread evenly over what is
            possible at the pixel's lightness, and nothing looked at the photo.
    """

    colors: tuple[tuple[float, float, float], ...]
    source: str


def canvas_of(path: Path, resize: Resize) -> Canvas:
    """Make the canvas of a file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Canvas(sha256, path.read_bytes, resize)


@dataclass(frozen=True)
class Studio:
    """The coloring process as others see it; a question is one connection, so that any thread may ask.

    Attributes:
        socket: Its address, a Unix domain socket; None where nobody said.
        limit_s: How long is waited for an answer.
    """

    socket: Path | None
    limit_s: float = LIMIT_S

    def methods(self) -> tuple[str, ...]:
        """Name the methods that are at hand, the best first.

        Raises:
            Away: The process is not there, ended or was too slow.
        """
        return tuple(self._ask({"do": "methods"})[0]["methods"])

    def look(self, canvas: Canvas) -> Look:
        """Show a photo as it is colored.

        Raises:
            UserError: The file holds no photo.
            Away: The process is not there, ended or was too slow.
        """
        said, gray = self._about(canvas, {"do": "look"})
        return Look(gray, said["width"], said["height"], tuple(said["original"]))

    def color(
        self,
        canvas: Canvas,
        points: Sequence[Point],
        method: str = "",
        draft: bool = False,
        full: bool = False,
        yields: bool = False,
    ) -> bytes:
        """Color a photo: the pixels that a run makes of it with the same points as its hint file.

        Args:
            canvas: The photo.
            points: Colored points in pixels of the photo as it is colored.
            method: One of `methods`; "" for the first.
            draft: Whether a quick approximation is welcome; methods that are quick by themselves give none.
            full: Whether the colors are joined with the lightness of the whole file, not of the resized photo.
            yields: Whether to give up when somebody else asks meanwhile.

        Returns:
            A PNG.

        Raises:
            UserError: Points lie outside or make no sense, there is no such method, or the file holds no photo.
            Away: The process is not there, ended or was too slow, or this yielded.
        """
        how = {"method": method, "draft": draft, "full": full, "yields": yields}
        said, png = self._about(canvas, {"do": "color", "points": points_to_json(points), **how})
        if said.get("interrupted"):
            raise Interrupted(INTERRUPTED)
        return png

    def recommend(self, canvas: Canvas, x: int, y: int, count: int = 9, points: Sequence[Point] = ()) -> Recommended:
        """Recommend colors for a pixel, in the gamut at its lightness.

        Args:
            canvas: The photo.
            x: Column, in pixels of the photo as it is colored.
            y: Row.
            count: How many.
            points: What was given already: networks that take hints see them.

        Raises:
            UserError: The pixel lies outside, or the count makes no sense.
            Away: The process is not there, ended or was too slow.
        """
        asked = {"do": "recommend", "x": x, "y": y, "count": count, "points": points_to_json(points)}
        said = self._about(canvas, asked)[0]
        return Recommended(tuple((a, b, share) for a, b, share in said["colors"]), said["source"])

    def _about(self, canvas: Canvas, asked: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Ask about a photo; where the process does not have it, ask again with the file."""
        resize = {"policy": canvas.resize.policy, "size": canvas.resize.size}
        named = {**asked, "photo": canvas.sha256, "resize": resize}
        said, body = self._ask(named)
        return self._ask(named, canvas.read()) if said.get("lacks") else (said, body)

    def _ask(self, asked: Mapping[str, Any], file: bytes = b"") -> tuple[dict[str, Any], bytes]:
        if self.socket is None:
            raise Away(NOT_THERE.format("Nobody said where it listens: set COLORING_SOCKET."))
        deadline = Deadline(self.limit_s)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            try:
                deadline.hurry(peer)
                peer.connect(str(self.socket))
            except OSError as error:
                raise Away(NOT_THERE.format(f"{self.socket}: {error.strerror or 'no answer'}.")) from None
            try:
                send(peer, asked, file, deadline)
                said, body = receive(peer, deadline)
            except TimeoutError:
                raise Away(SLOW.format(self.limit_s)) from None
            except (Torn, OSError):
                raise Away(DIED) from None
        if "error" in said:
            raise UserError(said["error"])
        return said, body
