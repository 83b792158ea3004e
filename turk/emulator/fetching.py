"""JSON over HTTP with cookies, for programs that drive the emulator."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any

Fields = Sequence[tuple[str, str]]


class Refused(Exception):
    """An answer that is an error: its status, and what it said."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status, self.text = status, text


@dataclass(slots=True)
class Fetcher:
    """A program's browser: it keeps cookies, asks for JSON, and goes straight to this machine."""

    origin: str
    headers: dict[str, str] = field(default_factory=dict)
    cookies: CookieJar = field(default_factory=CookieJar)
    timeout: float = 60.0

    def get(self, path: str) -> Any:
        """Fetch a document."""
        return self._open(urllib.request.Request(self._address(path)))

    def post_form(self, path: str, fields: Fields = ()) -> Any:
        """Post a form."""
        return self._open(urllib.request.Request(self._address(path), urllib.parse.urlencode(fields).encode()))

    def send_json(self, path: str, body: Mapping[str, Any] | None = None, method: str = "POST") -> Any:
        """Post, or send in another way, a JSON document."""
        headers = {"Content-Type": "application/json"}
        content = json.dumps(body or {}).encode()
        return self._open(urllib.request.Request(self._address(path), content, headers, method=method))

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else f"{self.origin}{path}"

    def _open(self, request: urllib.request.Request) -> Any:
        for name, value in {"Accept": "application/json", **self.headers}.items():
            request.add_header(name, value)
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies))
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=self.timeout) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, _reason(error.read())) from error


def _reason(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return body.decode(errors="replace")[:500]
    return str(said.get("error", said)) if isinstance(said, dict) else str(said)
