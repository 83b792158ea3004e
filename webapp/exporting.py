"""The dashboard as a folder of files: everything that links reach within reason, as a viewer sees it.

"Within reason": every page in its usual view, and views that differ from it in a few choices, the nearest first, up to
a number for each page; photos up to a number. Links to what is not there lead to the nearest view that is.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import posixpath
import re
import shutil
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask
from flask.testing import FlaskClient
from tqdm import tqdm
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from evalsuite.errors import UserError
from webapp.assets import HERE
from webapp.copying import Copier, relative
from webapp.page import Form, Page

HOST = "localhost"
CHOICES = {"gallery": 2, "photo": 0}
"""By how many choices a copied view may differ from the page's usual one, beside size and paging; 1 for other pages."""
ALWAYS = ("at", "after")
PICTURES = re.compile(r"/(thumb|output|target|gray)/[\w./-]+")
LONGEST = 80
DATA: tuple[Form, ...] = ("json", "csv", "tex", "bib")


@dataclass(frozen=True)
class View:
    """A view of a page: which page, and its parameters without defaults."""

    page: Page
    parts: Mapping[str, int]
    texts: Mapping[str, str]

    def address(self, form: Form = "html") -> str:
        """Its address on the site."""
        return self.page.address({**self.texts, **self.parts}, form)

    def file(self, form: Form = "html") -> str:
        """Where its copy lies."""
        path, _, query = self.page.address({**self.texts, **self.parts}).partition("?")
        name = re.sub(r"[^\w.~-]+", "-", query)
        if len(name) > LONGEST:
            name = hashlib.sha256(query.encode()).hexdigest()[:20]
        path = "index" if path == "/" else path.strip("/")
        return f"{path}{'.' if name else ''}{name}.{form}"

    @property
    def near(self) -> bool:
        """Whether it differs little enough from the page's usual view."""
        chosen = [name for name in self.texts if name not in ALWAYS]
        return len(chosen) <= CHOICES.get(self.page.name, 1)

    def without_last(self) -> View | None:
        """The view with one choice less; None where there is no choice."""
        if not self.texts:
            return None
        return View(self.page, self.parts, dict(list(self.texts.items())[:-1]))


@dataclass
class Export:
    """An export under way.

    Attributes:
        app: The site.
        pages: Its pages.
        visitor: Who looks, with a viewer's eyes.
        out: Where to.
        views: The most views of each page of a dataset, run or study.
        photos: The most photos.
        found: Address of a view to it, those that are copied.
        texts: Address of a view to its page as the site gives it.
        moved: Addresses to the shorter ones of the same views.
        pictures: Address of a picture to whether there is one.
    """

    app: Flask
    pages: Mapping[str, Page]
    visitor: FlaskClient
    out: Path
    views: int
    photos: int
    found: dict[str, View] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, bool] = field(default_factory=dict)

    @property
    def router(self) -> MapAdapter:
        """Finds a page by its address."""
        return self.app.url_map.bind(HOST)


def export(app: Flask, visitor: FlaskClient, pages: Mapping[str, Page], out: Path, views: int, photos: int) -> Export:
    """Copy the dashboard into an empty folder.

    Raises:
        UserError: The folder is not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: an export goes into a new or empty folder; this one is not. Name another.")
    made = Export(app, pages, visitor, out, views, photos)
    _crawl(made)
    _write_pages(made)
    shutil.copytree(HERE / "static", out / "static")
    return made


def _crawl(made: Export) -> None:
    """Fetch views breadth first, so that those with the fewest choices come first."""
    waiting, seen = deque(["/"]), {"/"}
    counted: Counter[tuple[Any, ...]] = Counter()
    with tqdm(desc="views", unit=" views", disable=None, delay=2, total=1) as bar:
        while waiting:
            address = waiting.popleft()
            bar.update()
            view = _nearest(view_of(made, address))
            if view is None or view.address() in made.found or not _wanted(made, view, counted):
                continue
            for link in _fetch(made, view):
                if link not in seen:
                    seen.add(link)
                    waiting.append(link)
            bar.total = len(seen)


def _nearest(view: View | None) -> View | None:
    """The view itself, or the first one with fewer choices that is near enough."""
    while view is not None and not view.near:
        view = view.without_last()
    return view


def _wanted(made: Export, view: View, counted: Counter[tuple[Any, ...]]) -> bool:
    if not view.page.shared:
        return False
    photo = view.page.name == "photo"
    key = (view.page.name,) if photo else (view.page.name, *view.parts.values(), view.texts.get("at"))
    counted[key] += 1
    return counted[key] <= (made.photos if photo else made.views)


def _fetch(made: Export, view: View) -> list[str]:
    """Fetch a view and return its links."""
    answer = made.visitor.get(view.address())
    if 300 <= answer.status_code < 400:
        made.moved[view.address()] = answer.headers["Location"]
        return [answer.headers["Location"]]
    if answer.status_code != 200:
        return []
    made.found[view.address()] = view
    made.texts[view.address()] = answer.text
    copier = Copier(view.address(), view.file(), lambda address: address)
    copier.text(answer.text)
    return [link.partition("#")[0] for link in copier.links]


def view_of(made: Export, address: str) -> View | None:
    """The view at an address; None where it is no page's."""
    path, _, query = address.partition("?")
    try:
        endpoint, parts = made.router.match(path)
        page = made.pages[endpoint.removeprefix("dashboard.").rpartition("_")[0]]
        texts = page.texts(parse_qsl(query))
        page.values(texts)
    except (HTTPException, KeyError, UserError):
        return None
    return View(page, parts, texts)


def _form_of(address: str) -> Form:
    ending = address.partition("?")[0].rpartition(".")[2]
    return next((form for form in DATA if form == ending), "html")


def resolve(made: Export, address: str) -> str | None:
    """Where the copy of an address lies: itself, or the nearest view that was copied."""
    address = address.removeprefix(f"http://{HOST}")
    if address.startswith("/static/"):
        return address.partition("?")[0].strip("/")
    if PICTURES.fullmatch(address):
        return address.strip("/") if _copied(made, address) else None
    view, form = view_of(made, address), _form_of(address)
    while view is not None:
        kept = made.found.get(made.moved.get(view.address(), view.address()))
        if kept is not None:
            return kept.file(form)
        view = view.without_last()
    return None


def _write_pages(made: Export) -> None:
    for address, view in tqdm(made.found.items(), "pages", unit=" views", disable=None, delay=2):
        copier = Copier(address, view.file(), lambda link: resolve(made, link))
        _write(made.out / view.file(), copier.text(made.texts[address]).encode())
        for form in view.page.forms:
            if form != "html":
                _write(made.out / view.file(form), _data(made, view, form).encode())


def _data(made: Export, view: View, form: Form) -> str:
    """A view in another form, its addresses made relative."""
    text = made.visitor.get(view.address(form)).text
    here = posixpath.dirname(view.file(form)) or "."

    def found(address: str) -> str | None:
        target = resolve(made, address)
        return None if target is None else posixpath.relpath(target, here)

    if form == "json":
        record = relative(json.loads(text), found)
        return json.dumps({**record, "address": posixpath.basename(view.file(form))}, indent=1) + "\n"
    if form == "csv":
        out = io.StringIO()
        rows = [[relative(cell, found) for cell in row] for row in csv.reader(io.StringIO(text))]
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue()
    return text.replace(f"% http://{HOST}{view.address(form)}", f"% {view.file(form)}")


def _copied(made: Export, address: str) -> bool:
    """Copy a picture, once; say whether it is there."""
    if address not in made.pictures:
        answer = made.visitor.get(address)
        made.pictures[address] = answer.status_code == 200
        if made.pictures[address]:
            _write(made.out / address.strip("/"), answer.data)
    return made.pictures[address]


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
