"""The process that colors: it takes one question after the other from a socket that its keeper holds."""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evalsuite.commands.pairs import named_pairs
from evalsuite.errors import UserError
from evalsuite.images import Resize
from evalsuite.studio.asking import points_from_json, whole
from evalsuite.studio.drafting import Given
from evalsuite.studio.keeper import REST_S
from evalsuite.studio.painter import Interrupted, Painter
from evalsuite.studio.wire import Deadline, Torn, receive, send

PATIENCE_S = 5.0
"""How long another side may take to say what it wants, and to take the answer."""
HOW = ("full", "draft", "yields")
LIMIT_S = 60.0
"""A question that takes longer ends the process, so that its keeper starts another."""


def answer(painter: Painter, asked: Mapping[str, Any], file: bytes) -> tuple[dict[str, Any], bytes]:
    """Answer a question; a mistake of whoever asks is a sentence.

    Args:
        painter: What colors.
        asked: "do", and what belongs to it: see `Studio` in client.py.
        file: The bytes of the photo, b"" where the process may have it already.

    Returns:
        What is said, and a PNG where one was asked for; {"lacks": True} where the photo must be sent.
    """
    try:
        return _answer(painter, asked, file)
    except UserError as error:
        return {"error": str(error)}, b""
    except Interrupted:
        return {"interrupted": True}, b""
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return {"error": "The coloring process made a mistake; it is in its log. Take the last point away."}, b""


def serve(listener: socket.socket, painter: Painter, idle_s: float, keeper: int) -> None:
    """Answer whoever connects, one after the other, until nobody came for a while or the keeper is gone."""
    listener.settimeout(REST_S)
    while _asked(listener, idle_s, keeper):
        try:
            peer, _ = listener.accept()
        except TimeoutError:
            continue  # A process whose keeper was killed, too, takes questions from the socket until it ends.
        faulthandler.dump_traceback_later(LIMIT_S, exit=True)
        with peer, suppress(Torn, OSError):
            asked, file = receive(peer, Deadline(PATIENCE_S))
            send(peer, *answer(painter, asked, file), Deadline(PATIENCE_S))
        faulthandler.cancel_dump_traceback_later()


def _asked(listener: socket.socket, idle_s: float, keeper: int) -> bool:
    """Wait until somebody connects; False where nobody did for a while, or the keeper is gone."""
    until = time.monotonic() + idle_s
    while os.getppid() == keeper and (left := until - time.monotonic()) > 0:
        if select.select([listener], [], [], min(REST_S, left))[0]:
            return True
    return False


def _answer(painter: Painter, asked: Mapping[str, Any], file: bytes) -> tuple[dict[str, Any], bytes]:
    do = asked.get("do")
    if do == "methods":
        return {"methods": painter.methods()}, b""
    if do not in ("look", "color", "recommend"):
        raise UserError(f"do: methods, look, color or recommend; got {do!r}. Update whoever asks.")
    key = _photo(painter, asked, file)
    if key is None:
        return {"lacks": True}, b""
    if do == "look":
        seen, gray = painter.gray(key)
        height, width = seen.rgb.shape[:2]
        return {"width": width, "height": height, "original": seen.original}, gray
    given = Given(key, points_from_json(asked.get("points", [])))
    if do == "color":
        method, (full, draft, yields) = str(asked.get("method", "")), (bool(asked.get(n)) for n in HOW)
        return {}, painter.color(given, method, full, draft, yields)
    x, y, count = (whole(asked.get(name), f"recommended colors, {name}") for name in ("x", "y", "count"))
    source, colors = painter.recommend(given, x, y, count)
    return {"source": source, "colors": colors}, b""


def _photo(painter: Painter, asked: Mapping[str, Any], file: bytes) -> str | None:
    """The key of the photo asked about, None where it must be sent first."""
    sha256, named = str(asked.get("photo")), dict(asked.get("resize") or {})
    resize = Resize(named.get("policy", ""), whole(named.get("size"), "resize, size"))
    key = f"{sha256} {resize.policy} {resize.size}"
    if not painter.knows(key):
        if not file:
            return None
        if hashlib.sha256(file).hexdigest() != sha256:
            raise UserError("photo: the file's sha256 is the one named; it is another. Send the file again.")
        painter.keep(key, file, resize)
    return key


def _warm(painter: Painter) -> None:
    """Color something small, which compiles kernels."""
    plain = np.full((16, 16, 3), 119, np.uint8)
    header = f"P6 {plain.shape[1]} {plain.shape[0]} 255\n".encode()
    painter.keep("warm", header + plain.tobytes(), Resize("native", 0))
    painter.color(Given("warm", points_from_json([{"x": 3, "y": 3, "a": 9, "b": 9, "size": 3}])), "levin2004")


def main() -> None:
    """Be the process: --fd N is the listening socket, --keeper the process that started this one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--keeper", type=int, required=True)
    parser.add_argument("--idle", type=float, required=True)
    parser.add_argument("--weights", action="append", default=[])
    flags = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    weights = {name: Path(file) for name, file in named_pairs(flags.weights, "--weights", "FILE").items()}
    with socket.socket(fileno=flags.fd) as listener:
        painter = Painter(weights, torch.device("cpu"), lambda: bool(select.select([listener], [], [], 0)[0]))
        _warm(painter)
        serve(listener, painter, flags.idle, flags.keeper)


if __name__ == "__main__":
    main()
