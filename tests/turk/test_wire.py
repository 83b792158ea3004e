"""A connection that outlives its server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from evalsuite.errors import UserError
from turk.wire import Wire


class Moody(BaseHTTPRequestHandler):
    """A server that answers what it was told to, request by request; 0 breaks the connection."""

    protocol_version = "HTTP/1.1"
    moods: list[int]
    bodies: list[bytes]

    def do_PUT(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        mood = self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]
        if mood == 0:
            self.close_connection = True
            return
        self.send_response(mood)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def moody() -> Iterator[str]:
    Moody.moods, Moody.bodies = [200], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_what_got_no_answer_is_sent_again_until_it_has_one(moody: str) -> None:
    Moody.moods = [0, 503, 0, 200]
    seen: list[tuple[str, str, int]] = []
    wire = Wire(moody, watch=lambda method, path, status, seconds: seen.append((method, path, status)))

    reply = wire.send("PUT", "/answer", {"answer": "left"})
    wire.close()

    assert reply.status == 200
    assert reply.json() == {}
    assert Moody.bodies == [b'{"answer": "left"}'] * 4
    assert seen == [("PUT", "/answer", status) for status in (0, 503, 0, 200)]


def test_a_refusal_is_an_answer(moody: str) -> None:
    Moody.moods = [409]
    wire = Wire(moody)

    assert wire.send("PUT", "/answer", {}).status == 409
    assert len(Moody.bodies) == 1
    wire.close()


def test_a_server_that_only_fails_is_told_after_a_while(moody: str) -> None:
    Moody.moods = [500]
    wire = Wire(moody, patience_s=0.3)

    with pytest.raises(UserError, match=r"http://127.0.0.1:\d+: the server answers; got status 500 for PUT /answer"):
        wire.send("PUT", "/answer", {})
    wire.close()


def test_a_server_that_is_not_there_is_told_after_a_while() -> None:
    with pytest.raises(UserError, match=r"http://127.0.0.1:9: the server answers; got no answer for GET /"):
        Wire("http://127.0.0.1:9", patience_s=0.2).send("GET", "/")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "https://", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UserError, match=r"--url: http\(s\)://host\[:port\]; got"):
        Wire(url)
