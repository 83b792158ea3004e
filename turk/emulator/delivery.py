"""Messages to other programs (notifications, webhooks), posted from a thread so that no call waits for them."""

from __future__ import annotations

import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from evalsuite.errors import UserError
from turk.emulator.serving import is_loopback

TRIES = 3
TIMEOUT = 10.0
# Whatever proxy the environment names: the way to this machine is direct.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way: where to, with which headers, and what."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    label: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a parcel: the last status (0 when nobody answered) and how often it was tried."""

    parcel: Parcel
    status: int
    tries: int


class Delivery:
    """A thread that posts parcels one after the other, in order, and lets time-outs of the markets happen meanwhile."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.chores: list[Callable[[], None]] = []
        self._queue: queue.Queue[Parcel | None] = queue.Queue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to post."""
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Post what is waiting, and end."""
        if self._thread:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def send(self, parcel: Parcel) -> None:
        """Post a parcel soon."""
        self._queue.put(parcel)

    def flush(self) -> None:
        """Wait until everything sent so far has arrived or failed."""
        self._queue.join()

    def _work(self) -> None:
        while True:
            try:
                parcel = self._queue.get(timeout=0.5)
            except queue.Empty:
                for chore in self.chores:
                    chore()
                continue
            if parcel is not None:
                self.receipts.append(post(parcel))
            self._queue.task_done()
            if parcel is None:
                return


def check_target(url: str) -> str:
    """Refuse addresses on other machines: a rehearsal disturbs nobody."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not is_loopback(parts.hostname):
        raise UserError(f"emulator: messages only go to this machine; got {url}, expected http://127.0.0.1:PORT/...")
    return url


def post(parcel: Parcel) -> Receipt:
    """Post a parcel; what fails with a server's error or without an answer is tried again at once."""
    status = 0
    for attempt in range(1, TRIES + 1):
        request = urllib.request.Request(parcel.url, parcel.body, dict(parcel.headers), method="POST")
        try:
            with DIRECT.open(request, timeout=TIMEOUT) as answer:
                return Receipt(parcel, answer.status, attempt)
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
            if status < 500:
                return Receipt(parcel, status, attempt)
        except (urllib.error.URLError, OSError):
            status = 0
    return Receipt(parcel, status, TRIES)
