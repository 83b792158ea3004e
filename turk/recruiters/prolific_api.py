"""Prolific's API over HTTPS: one request, one answer, and what went wrong in a sentence."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

from turk.recruiters.contract import Blocked, NotDone, Unsure, Where
from turk.signed_addresses import PROLIFIC

BASE = "/api/v1"
PAGE = 100
TIMEOUT_S = 60.0
LONGEST_PAUSE_S = 8.0
LATER = "Give the command again later; nothing is done twice."
TOKEN_ADVICE = "Set PROLIFIC_TOKEN, or PROLIFIC_TOKEN_FILE; Prolific's settings have it."


class Refused(NotDone):
    """A refusal with its HTTP status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Api:
    """Prolific's server, asked with somebody's token.

    Attributes:
        server: Its origin.
        token: Never shown, written or sent to another origin: redirects are not followed.
        attempts: How often a request is tried that the server was too busy for, or that only reads.
    """

    server: str
    token: str = field(repr=False)
    attempts: int = 5

    def get(self, path: str, **query: Any) -> Any:
        """Read something."""
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, None)[0]

    def post(self, path: str, **body: Any) -> Any:
        """Do something."""
        return self._ask("POST", path, body)[0]

    def post_for_headers(self, path: str, **body: Any) -> tuple[Any, Mapping[str, str]]:
        """Do something whose answer has a part in its headers; their names are in small letters."""
        return self._ask("POST", path, body)

    def patch(self, path: str, **body: Any) -> Any:
        """Change something."""
        return self._ask("PATCH", path, body)[0]

    def pages(self, path: str, **query: Any) -> Iterator[Mapping[str, Any]]:
        """Read a list to its end."""
        page, seen = 1, 0
        while True:
            found = self.get(path, **query, page=page, page_size=PAGE)
            rows = found["results"]
            yield from rows
            seen, page = seen + len(rows), page + 1
            count = found.get("meta", {}).get("count")
            # Without a count, a page that is not full is the last.
            if not rows or (seen >= count if count is not None else len(rows) < PAGE):
                return

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[Any, Mapping[str, str]]:
        for attempt in range(1, self.attempts + 1):
            try:
                status, said, headers = self._once(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                if method == "GET" and attempt < self.attempts:
                    _pause(attempt)
                    continue
                raise Unsure(f"Prolific: there is no answer from {self.server} ({_name(error)}). {LATER}") from None
            if attempt < self.attempts and (status == 429 or (status >= 500 and method == "GET")):
                _pause(attempt)
            elif status < 300:
                return json.loads(said or b"null"), headers
            else:
                _explain(method, path, status, said)
        raise Unsure(f"Prolific: there were too many calls. {LATER}")

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, bytes, Mapping[str, str]]:
        parts = urlsplit(self.server)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        try:
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, f"{BASE}{path}", content, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.headers.items()}
        finally:
            connection.close()


def open_api(where: Where) -> Api:
    """Open the API with the token of the environment.

    Raises:
        Blocked: There is no token, or no server is meant: Prolific has no sandbox.
    """
    if not where.live and where.endpoint is None:
        raise Blocked(
            "Prolific has no sandbox. Rehearse with `turk rehearse`, name an emulator with --endpoint, or say --live."
        )
    return Api((where.endpoint or PROLIFIC).rstrip("/"), _token(), where.attempts)


def _token() -> str:
    file = os.environ.get("PROLIFIC_TOKEN_FILE")
    try:
        token = os.environ.get("PROLIFIC_TOKEN") or (Path(file).read_text() if file else "")
    except (OSError, UnicodeDecodeError):
        raise Blocked(f"PROLIFIC_TOKEN_FILE: it cannot be read. {TOKEN_ADVICE}") from None
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable():
        raise Blocked(f"Prolific: a token is needed, and none is set. {TOKEN_ADVICE}")
    return token


def _pause(attempt: int) -> None:
    time.sleep(min(0.2 * 2**attempt, LONGEST_PAUSE_S))


def _explain(method: str, path: str, status: int, said: bytes) -> NoReturn:
    what = f"{method} {path.partition('?')[0]}"
    if status in (401, 403):
        raise Blocked(f"Prolific: the token is wrong or allows no {what} ({status}). {TOKEN_ADVICE}")
    if status == 429:
        raise Unsure(f"Prolific: there were too many calls. {LATER}")
    if status >= 500:
        raise Unsure(f"Prolific: the service is out of order ({status} at {what}). {LATER}")
    detail = _detail(said)
    if "funds" in detail.lower() or "balance" in detail.lower():
        raise Blocked("Prolific: the workspace has too little money for this. Top it up, then try again.")
    raise Refused(status, f"Prolific: {what} was refused ({status}): {detail}")


def _detail(said: bytes) -> str:
    try:
        detail = json.loads(said)["error"]["detail"]
    except (ValueError, KeyError, TypeError):
        return "it does not say why"
    if isinstance(detail, dict):
        return "; ".join(f"{name}: {' '.join(map(str, rules))}" for name, rules in detail.items())
    return str(detail)


def _name(error: Exception) -> str:
    return type(error).__name__.removesuffix("Error")
