"""Messages over a local socket: the lengths of a head and a body, the head as JSON, the body as it is."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

LENGTHS = struct.Struct(">II")
MOST_HEAD = 2 * 2**20
"""Bytes: 10,000 points take a third of it."""
MOST_BODY = 64 * 2**20
CHUNK = 2**20


class Torn(Exception):
    """The other side hung up in the middle, or what came is no message."""


class Deadline:
    """A moment until which all of an exchange must be over.

    Args:
        limit_s: From now; None for no limit.
    """

    def __init__(self, limit_s: float | None) -> None:
        self._until = None if limit_s is None else time.monotonic() + limit_s

    def hurry(self, peer: socket.socket) -> None:
        """Let the next operation of a socket take no longer than what is left.

        Raises:
            TimeoutError: Nothing is left.
        """
        left = None if self._until is None else self._until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        peer.settimeout(left)


def send(peer: socket.socket, head: Mapping[str, Any], body: bytes, deadline: Deadline) -> None:
    """Send a message.

    Raises:
        TimeoutError: The deadline passed.
        OSError: The other side hung up.
    """
    text = json.dumps(head, allow_nan=False).encode()
    for data in (LENGTHS.pack(len(text), len(body)) + text, body):
        view = memoryview(data)
        for start in range(0, len(view), CHUNK):
            deadline.hurry(peer)
            peer.sendall(view[start : start + CHUNK])


def receive(peer: socket.socket, deadline: Deadline) -> tuple[dict[str, Any], bytes]:
    """Receive a message.

    Raises:
        TimeoutError: The deadline passed.
        Torn: The other side hung up before the end, or what came is no message.
    """
    head_bytes, body_bytes = LENGTHS.unpack(_exactly(peer, LENGTHS.size, deadline))
    if head_bytes > MOST_HEAD or body_bytes > MOST_BODY:
        raise Torn(f"a message has at most {MOST_HEAD} + {MOST_BODY} bytes; got {head_bytes} + {body_bytes}")
    try:
        head = json.loads(_exactly(peer, head_bytes, deadline))
    except (ValueError, RecursionError) as error:
        raise Torn(f"the head of a message is JSON; got {error}") from None
    if not isinstance(head, dict):
        raise Torn(f"the head of a message is an object; got {type(head).__name__}")
    return head, _exactly(peer, body_bytes, deadline)


def _exactly(peer: socket.socket, size: int, deadline: Deadline) -> bytes:
    data = bytearray()
    while len(data) < size:
        deadline.hurry(peer)
        try:
            part = peer.recv(min(CHUNK, size - len(data)))
        except ConnectionError as error:
            raise Torn(str(error)) from None
        if not part:
            raise Torn(f"{size} bytes were announced; got {len(data)}")
        data += part
    return bytes(data)
