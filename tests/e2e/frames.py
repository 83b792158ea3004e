"""A recruiter's site, which shows a study in a frame, and receives the form that ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PAGE = '<!doctype html><title>Tasks</title><h1>A task</h1><iframe src="{}" width="1000" height="700"></iframe>'


@dataclass
class Recruiter:
    """A WSGI application: `/?ADDRESS` frames an address, and a form that is sent here is kept."""

    url: str = ""
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        text = PAGE.format(escape(environ["QUERY_STRING"]))
        if environ["REQUEST_METHOD"] == "POST":
            length = int(environ.get("CONTENT_LENGTH") or 0)
            self.forms.append(parse_qs(environ["wsgi.input"].read(length).decode()))
            text = "<p>Received.</p>"
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [text.encode()]
