"""What a participant's browser receives: a session taken over HTTP, every image noted with all that came with it."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from evalsuite.errors import UserError
from turk.own_site import Site
from turk.png import SIGNATURE, chunks
from turk.study import Stimulus
from turk.visitor import EARLIER, See
from turk.watching import measured, screen_of, time_before

TIMEOUT_S = 60.0
ANSWER_MS = 900.0
CLOCK = "date"
"""The header that tells the time and nothing else."""
KEPT_BYTES = 512
"""Of a chunk that is not the image; more of it tells nothing more."""
TOKEN = re.compile(r"[^/]*$")


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it arrived, without its pixels.

    Attributes:
        length: Bytes of the body.
        chunks: Kinds and lengths of the PNG's chunks.
        outside: The body's bytes that are no pixels: signature, chunk headers, metadata with its checksums.
        headers: Names and values in their order, without the clock.
        seconds: From the request to the last byte.
    """

    length: int
    chunks: tuple[tuple[str, int], ...]
    outside: bytes
    headers: tuple[tuple[str, str], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Shown:
    """An image of a trial, with all that the browser was told about it.

    Attributes:
        session: The number of the session.
        trial: The number of the trial in its session.
        practice: Whether it is for practice.
        place: Where it is shown, from the left.
        turn: How many are shown before it.
        token: The random part of its address.
        ahead: Where its address stood in the list that first named it; -1 where no such list did.
        nonce: The trial's random name.
        told: Everything else that was told of the trial, as JSON.
        told_seconds: How long it took to be told.
        image: The image itself.
        stimulus: What it shows; the truth.
    """

    session: int
    trial: int
    practice: bool
    place: int
    turn: int
    token: str
    ahead: int
    nonce: str
    told: str
    told_seconds: float
    image: Image
    stimulus: Stimulus


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of the site."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float

    def followed_by(self, other: Answer) -> Answer:
        """What came in two steps, as one."""
        return Answer(self.headers + other.headers, other.body, self.seconds + other.seconds)


@dataclass(slots=True)
class Browser:
    """A participant's browser.

    Attributes:
        site: Where the study runs.
        study: Its name.
        session: Which session this is, from 0.
        see: Tells what an image shows.
    """

    site: Site
    study: str
    session: int
    see: See
    headers: dict[str, str] = field(default_factory=dict)
    images: dict[str, tuple[Image, Stimulus]] = field(default_factory=dict)
    ahead: dict[str, int] = field(default_factory=dict)

    def take(self) -> list[Shown]:
        """Take the whole study and return every image that was shown.

        Raises:
            UserError: The site refuses, or shows images of another study.
        """
        parts = urlsplit(self.site.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            return self._take(connection)
        finally:
            connection.close()

    def _take(self, connection: HTTPConnection) -> list[Shown]:
        found: list[Shown] = []
        step, seconds = self._enter(connection)
        while step["name"] != "finished":
            if step["name"] == "trial":
                found += self._look(connection, step, seconds)
            step, seconds = self._go(connection, step)
        return found

    def _enter(self, connection: HTTPConnection) -> tuple[dict[str, Any], float]:
        tab = secrets.token_urlsafe(16)
        who = {"key": self.site.key, "observer": "audit"}
        body = {"query": {"id": f"audit-{self.session}"}, "tab": tab, "synthetic": who}
        said = _ask(connection, "POST", f"/api/studies/{self.study}/enter", body)
        entered = json.loads(said.body)
        self.headers = {"Authorization": f"Bearer {entered['token']}", "X-Tab": tab, "X-Synthetic-Key": self.site.key}
        return entered["step"], said.seconds

    def _go(self, connection: HTTPConnection, step: Mapping[str, Any]) -> tuple[dict[str, Any], float]:
        if step["name"] == "trial":
            screen = screen_of(step["screen"])
            exposure = measured(screen, ANSWER_MS, np.random.default_rng([self.session, step["number"]]))
            body = {
                "answer": screen.choices[0], "rt_ms": ANSWER_MS, "exposure": exposure,
                "elapsed_ms": time_before(screen) + ANSWER_MS,
            }  # fmt: skip
            said = _ask(connection, "PUT", f"/api/trials/{step['nonce']}", body, self.headers)
        elif step["name"] in EARLIER:
            method, body = EARLIER[step["name"]]
            body = {"version": step["version"], "agree": True} if step["name"] == "consent" else body
            said = _ask(connection, "POST", f"/api/session/{method}", body, self.headers)
        else:
            raise UserError(f"{self.site.url}: the study goes on to its end; it came to {step['name']!r}. Audit again.")
        return json.loads(said.body)["step"], said.seconds

    def _look(self, connection: HTTPConnection, step: Mapping[str, Any], seconds: float) -> list[Shown]:
        for address in (*step["images"], *step["ahead"]):
            if address not in self.images:
                self.images[address] = self._fetch(connection, address)
        for position, address in enumerate(step["ahead"]):
            self.ahead.setdefault(address, position)
        apart = ("images", "ahead", "nonce")
        told = json.dumps({name: value for name, value in step.items() if name not in apart})
        return [
            Shown(
                session=self.session,
                trial=step["number"],
                practice=step["block"] == "practice",
                place=place,
                turn=step["screen"]["order"].index(place),
                token=token_of(address),
                ahead=self.ahead.get(address, -1),
                nonce=step["nonce"],
                told=told,
                told_seconds=seconds,
                image=self.images[address][0],
                stimulus=self.images[address][1],
            )
            for place, address in enumerate(step["images"])
        ]

    def _fetch(self, connection: HTTPConnection, address: str) -> tuple[Image, Stimulus]:
        said = _ask(connection, "GET", address)
        where = dict(said.headers).get("Location")
        if where is not None:
            said = said.followed_by(_elsewhere(where))
        return image_of(said), self.see(said.body)


def image_of(said: Answer) -> Image:
    """Take the pixels out of an image's response."""
    kinds = tuple(chunks(said.body))
    headers = tuple((name, value) for name, value in said.headers if name.lower() != CLOCK)
    return Image(len(said.body), kinds, outside_pixels(said.body, kinds), headers, said.seconds)


def outside_pixels(data: bytes, kinds: tuple[tuple[str, int], ...]) -> bytes:
    """The bytes of a PNG that are neither pixels nor their checksum; the first ones of what is no PNG.

    The checksum says what the pixels say: it knows a stimulus again in another session, and so would its pixels.
    """
    if not kinds:
        return data[:KEPT_BYTES]
    parts, position = [data[: len(SIGNATURE)]], len(SIGNATURE)
    for kind, length in kinds:
        if kind == "IDAT":
            parts.append(data[position : position + 8])
        else:
            parts.append(data[position : position + 8 + min(length, KEPT_BYTES)])
            parts.append(data[position + 8 + length : position + 12 + length])
        position += 12 + length
    return b"".join([*parts, data[position : position + KEPT_BYTES]])


def token_of(address: str) -> str:
    """The last part of an address."""
    return str(TOKEN.findall(address)[0])


def _elsewhere(address: str) -> Answer:
    """Fetch an image from another site."""
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        return _ask(connection, "GET", f"{parts.path}?{parts.query}")
    finally:
        connection.close()


def _ask(
    connection: HTTPConnection, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Answer:
    sent = dict(headers or {})
    if body is not None:
        sent["Content-Type"] = "application/json"
    started = time.perf_counter()
    connection.request(method, path, None if body is None else json.dumps(body), sent)
    response = connection.getresponse()
    data = response.read()
    seconds = time.perf_counter() - started
    if response.status not in (200, 302):
        words = data[:200].decode(errors="replace")
        raise UserError(f"{method} {path}: status 200 is expected; got {response.status} ({words}). Look into it.")
    return Answer(tuple(response.getheaders()), data, seconds)
