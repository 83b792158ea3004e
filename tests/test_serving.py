"""The server that tests of pages use."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.serving import serving

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

RESET = struct.pack("ii", 1, 0)
"""Of SO_LINGER: hang up at once, without a farewell."""


class Body:
    """An answer that ends after its reader hung up."""

    def __init__(self) -> None:
        self.gone = threading.Event()
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield b"begun"
        assert self.gone.wait(30)

    def close(self) -> None:
        self.closed += 1


def test_an_answer_ends_and_is_closed_once_when_its_reader_hangs_up() -> None:
    body = Body()

    def app(_: WSGIEnvironment, start_response: StartResponse) -> Body:
        start_response("200 OK", [("Content-Length", "5")])
        return body

    with serving(app) as port:
        reader = socket.create_connection(("127.0.0.1", port))
        reader.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert reader.recv(5)
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        reader.close()
        body.gone.set()

    assert body.closed == 1
