"""An application in a thread of this process, for tests that speak HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE_S = 30.0


class Answers:
    """An application that knows how many of its answers are on their way, and closes what the server leaves open."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app
        self.count = 0
        self.changed = threading.Condition()
        self.mine = threading.local()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does."""
        answer = ClosingIterator(self.app(environ, start_response), lambda: vars(self.mine).clear())
        self.mine.open = answer
        return answer

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count an answer until it has ended, however it ends."""
        self._add(1)
        try:
            yield
        finally:
            # Werkzeug leaves an answer open whose browser hung up at the wrong moment.
            if (left := vars(self.mine).get("open")) is not None:
                left.close()
            self._add(-1)

    def _add(self, step: int) -> None:
        with self.changed:
            self.count += step
            self.changed.notify_all()

    def wait(self) -> None:
        """Wait until every answer is out; browsers ask for things that nobody waits for when a page is closed."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.count == 0, PATIENCE_S), f"{self.count} answers never ended"


@contextmanager
def serving(app: WSGIApplication) -> Iterator[int]:
    """Serve on a free port of 127.0.0.1, which is yielded, until the block ends."""
    answers = Answers(app)

    class Handler(WSGIRequestHandler):
        def run_wsgi(self) -> None:
            with answers.one():
                super().run_wsgi()

    server = make_server("127.0.0.1", 0, answers, threaded=True, request_handler=Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        answers.wait()
