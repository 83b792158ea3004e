"""Pages as files: their links made relative, and their forms turned into links, which a file server can answer."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode

Resolve: TypeAlias = Callable[[str], str | None]
"""An address on the site to where its copy lies, from the root of the copy; None where there is none."""
LINKS = ("href", "src", "data-mask", "data-back")
LIVE = re.compile(r"/static/monitor\.js\b")
"""Scripts that ask the server again and again."""
ASKED_AGAIN = re.compile(r'\sdata-fragment="[^"]*"')
RECORDS = ("data-judge",)
"""Attributes that hold JSON with addresses in it."""


Option: TypeAlias = tuple[str, str, bool]
"""What an option sends, what it is called, and whether it is chosen."""


PAIR = 2
"""Where so many boxes are checked, each other one is a choice beside the first: two methods are compared."""


@dataclass
class Form:
    """A form on its way to links.

    Attributes:
        asks: Whether it only asks for a page; others need a server and are dropped.
        options: Name of a choice to its options.
        boxes: Which choices may have several answers.
        open: The option whose text is being read: the name of its choice, its value, and whether it is chosen.
        text: That text.
    """

    asks: bool
    options: dict[str, list[Option]] = field(default_factory=dict)
    boxes: set[str] = field(default_factory=set)
    name: str = ""
    open: tuple[str, str, bool] | None = None
    text: list[str] = field(default_factory=list)

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        """Take note of what can be chosen."""
        if tag == "select":
            self.name = given.get("name", "")
        elif tag == "option" and self.name:
            self._begin(self.name, given.get("value", ""), "selected" in given)
        elif tag == "input" and given.get("type") == "checkbox" and given.get("name"):
            self.boxes.add(given["name"])
            self._begin(given["name"], given.get("value", ""), "checked" in given)

    def end(self, tag: str) -> None:
        """Keep the option that was read."""
        if tag in ("option", "label", "select") and self.open is not None:
            name, value, on = self.open
            self.options.setdefault(name, []).append((value, unescape("".join(self.text)).strip(), on))
            self.open = None

    def _begin(self, name: str, value: str, on: bool) -> None:
        self.end("option")
        self.open, self.text = (name, value, on), []

    def choices(self, address: str) -> Iterator[tuple[str, list[Option]]]:
        """Per choice its name, and its options with the addresses that they lead to."""
        path, _, query = address.partition("?")
        now = {name: value for name, value in parse_qsl(query) if name != "after"}
        for name, options in self.options.items() if self.asks else ():
            checked = [value for value, _, on in options if on]
            first = checked[0] if name in self.boxes and len(checked) == PAIR else ""
            found = []
            for value, text, on in options:
                sent = {**now, name: f"{first},{value}" if first and not on else value}
                asked = urlencode({key: one for key, one in sent.items() if one != ""})
                found.append((f"{path}?{asked}" if asked else path, text, on))
            yield name, found


class Copier(HTMLParser):
    """Rewrites a page of the site; all that is not a link or a form stays byte for byte."""

    def __init__(self, address: str, at: str, resolve: Resolve) -> None:
        super().__init__(convert_charrefs=False)
        self.address, self.at, self.resolve = address, at, resolve
        self.out: list[str] = []
        self.links: list[str] = []
        self.anchors: list[bool] = []
        self.form: Form | None = None

    def text(self, html: str) -> str:
        """Return the page's copy."""
        self.feed(html)
        self.close()
        return "".join(self.out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Make links relative; drop those that lead nowhere."""
        given = {name: value or "" for name, value in attrs}
        if self.form is not None:
            self.form.start(tag, given)
        elif tag == "form" and given.get("method") != "dialog":
            self.form = Form(asks=given.get("method") == "get")
        elif tag == "a":
            self._anchor(given)
        elif tag == "script" and LIVE.match(given.get("src", "")):
            self.out.append("<script>")
        else:
            self.out.append(self._linked(self.get_starttag_text() or "", given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As an opening tag: SVG closes its own."""
        if self.form is None:
            self.out.append(self._linked(self.get_starttag_text() or "", {n: v or "" for n, v in attrs}))
        else:
            self.form.start(tag, {n: v or "" for n, v in attrs})

    def handle_endtag(self, tag: str) -> None:
        """Close what is open."""
        if self.form is not None:
            self.form.end(tag)
            if tag == "form":
                self.out.append(self._choices(self.form))
                self.form = None
        elif tag == "a" and self.anchors:
            self.out.append("</a>" if self.anchors.pop() else "</span>")
        else:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Text stays, but for that of forms."""
        self._take(data)

    def handle_entityref(self, name: str) -> None:
        """As it was written."""
        self._take(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """As it was written."""
        self._take(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        """The doctype."""
        self.out.append(f"<!{decl}>")

    def _take(self, text: str) -> None:
        if self.form is None:
            self.out.append(text)
        elif self.form.open is not None:
            self.form.text.append(text)

    def _anchor(self, given: Mapping[str, str]) -> None:
        href, tag = given.get("href", ""), self.get_starttag_text() or ""
        alive = not href.startswith("/") or self._found(href) is not None
        self.anchors.append(alive)
        self.out.append(self._linked(tag, given) if alive else "<span>")

    def _linked(self, tag: str, given: Mapping[str, str]) -> str:
        tag = ASKED_AGAIN.sub("", tag)
        for name in LINKS:
            value = given.get(name, "")
            if value.startswith("/"):
                found = self._found(value)
                tag = tag.replace(f'{name}="{escape(value)}"', f'{name}="{escape(found)}"' if found else "")
        for name in RECORDS:
            if name in given:
                record = relative(json.loads(given[name]), self._found)
                start, _, rest = tag.partition(f'{name}="')
                tag = f'{start}{name}="{escape(json.dumps(record))}"{rest.partition(chr(34))[2]}'
        return tag

    def _found(self, address: str) -> str | None:
        self.links.append(address)
        address, _, part = address.partition("#")
        target = self.resolve(address)
        if target is None:
            return None
        return posixpath.relpath(target, posixpath.dirname(self.at) or ".") + (f"#{part}" if part else "")

    def _choices(self, form: Form) -> str:
        """A list of links for each choice of a form, of those that have a copy."""
        lists = []
        for name, options in form.choices(self.address):
            found = [(self._found(address), text, on) for address, text, on in options]
            items = [f"<b>{escape(text)}</b>" if on else f'<a href="{escape(to or "")}">{escape(text)}</a>'
                     for to, text, on in found if on or to]  # fmt: skip
            if len(items) > 1:
                lists.append(f'<p class="links" aria-label="{escape(name)}">{" ".join(items)}</p>')
        return f'<details class="filters"><summary>Other views</summary>{"".join(lists)}</details>' if lists else ""


def relative(value: Any, found: Resolve) -> Any:
    """Make the addresses in a record relative; those without a copy become null."""
    if isinstance(value, Mapping):
        return {key: relative(one, found) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [relative(one, found) for one in value]
    if isinstance(value, str) and value.startswith("/") and not value.startswith("//"):
        return found(value)
    return value
