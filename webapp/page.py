"""What a page of the dashboard is: a record that says what it takes, who may see it and how it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from string import Formatter
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from sqlalchemy.orm import Session

from evalsuite.errors import UserError
from evalsuite.typesetting import Table
from webapp.access import Role
from webapp.keeping import version_of

Form: TypeAlias = Literal["html", "json", "csv", "tex", "bib"]
SAFE = ",~:"
"""What a query string of ours leaves as it is, so that people can read it."""


class Shorter(Exception):
    """What was asked for is what a shorter address says, which stands in `args`: the visitor is sent there."""


@dataclass(frozen=True)
class Parameter:
    """A part of a page's state that stands in its address.

    Attributes:
        name: Its key in the query string.
        about: What it chooses, in a few words.
        read: From the text in the address to the value; raises UserError with what is expected.
        default: The text that is meant where the address says nothing.
        many: Whether a form may name it several times: the texts are joined by commas.
    """

    name: str
    about: str
    read: Callable[[str], Any] = str
    default: str = ""
    many: bool = False


@dataclass(frozen=True)
class Answer:
    """What a page says.

    Attributes:
        title: The view's name.
        data: What it says beside its rows, as JSON has it.
        rows: Makes its table, a record per line, for CSV and JSON.
        context: What its template needs.
        table: Makes its table as a paper prints it, None where it has none.
        cite: BibTeX key to (paper, address) of the methods shown.
        tables: Makes the tables that follow the first.
    """

    title: str
    data: Mapping[str, Any]
    rows: Callable[[], Sequence[Mapping[str, Any]]] = tuple
    context: Mapping[str, Any] = field(default_factory=dict)
    table: Callable[[], Table] | None = None
    cite: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tables: Callable[[], Sequence[Table]] = tuple


@dataclass(frozen=True)
class Asked:
    """What a visitor asks of a page.

    Attributes:
        page: The page.
        pages: All pages by name, to link to.
        parts: The parts of its path, such as the run's key.
        texts: Its parameters as they stand in the address, without defaults.
        values: Its parameters as they were read.
        session: The database, to read from.
        form: In which form the answer is wanted.
        found: What the page's `read` found, None where it has none.
    """

    page: Page
    pages: Mapping[str, Page]
    parts: Mapping[str, int]
    texts: Mapping[str, str]
    values: Mapping[str, Any]
    session: Session
    form: Form
    found: Any = None

    def to(self, name: str, **choices: object) -> str:
        """The address of a page; its path's parts and its parameters by name."""
        return self.pages[name].address(choices)

    def here(self, form: Form = "html", **changes: object) -> str:
        """The address of this view with some parameters changed, None for back to the default."""
        return self.page.address({**self.texts, **self.parts, **changes}, form)


@dataclass(frozen=True)
class Page:
    """A page: one file that ends in one of these.

    Attributes:
        name: How others link to it, and the name of its template.
        path: Its address; `{run}` stands for a key in the database.
        title: Its name in navigation.
        answer: Makes what it says.
        parameters: What its query string may have; anything else is refused by name.
        role: Who may see it, at least.
        order: Its place in the navigation; None for pages that others link to.
        version: What an answer depends on beside its address: while it stays, browsers keep what they have.
        read: Reads what else it depends on, for pages of what changes from minute to minute; the answer finds it in
            `asked.found`.
        forms: In which forms it answers.
        shared: Whether a view of it can be opened to people without a token.
    """

    name: str
    path: str
    title: str
    answer: Callable[[Asked], Answer]
    parameters: tuple[Parameter, ...] = ()
    role: Role = "viewer"
    order: int | None = None
    version: Callable[[Session], object] = version_of
    read: Callable[[Asked], object] | None = None
    forms: tuple[Form, ...] = ("html", "json", "csv")
    shared: bool = True

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The names of the path's parts."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.path) if name)

    def texts(self, given: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Sort out a query string: in the page's order, without what is the default.

        Raises:
            UserError: A parameter is unknown or stands twice.
        """
        found: dict[str, str] = {}
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, text in given:
            if name not in known:
                takes = f"It takes {', '.join(known)}." if known else "It takes none."
                raise UserError(f"{self.title}: no parameter is called {name!r}. {takes}")
            if name in found and not known[name].many:
                raise UserError(f"{self.title}: {name!r} stands twice, with {found[name]!r} and {text!r}. Keep one.")
            found[name] = f"{found[name]},{text}" if name in found else text
        return {name: found[name] for name, p in known.items() if name in found and found[name] != p.default}

    def values(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Read the parameters.

        Raises:
            UserError: A text cannot be read.
        """
        values = {}
        for parameter in self.parameters:
            try:
                values[parameter.name] = parameter.read(texts.get(parameter.name, parameter.default))
            except UserError as error:
                raise UserError(f"{self.title}: {parameter.name} ({parameter.about}): {error}") from None
        return values

    def address(self, choices: Mapping[str, object], form: Form = "html") -> str:
        """The shortest address of a view."""
        path = self.path.format(**{part: choices[part] for part in self.parts})
        if form != "html":
            path = f"{'/index' if path == '/' else path}.{form}"
        query = []
        for parameter in self.parameters:
            chosen = choices.get(parameter.name)
            if chosen is not None and (text := str(chosen)) != parameter.default:
                query.append(f"{parameter.name}={_quoted(text)}")
        return f"{path}?{'&'.join(query)}" if query else path


@lru_cache(4096)
def _quoted(text: str) -> str:
    return quote(text, safe=SAFE)
