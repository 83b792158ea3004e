"""A call of the API: its body and query, and how lists are cut into pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from turk.emulator.prolific.errors import invalid, not_found
from turk.emulator.prolific.workspace import Workspace

DEFAULT_PAGE = 20
LARGEST_PAGE = 100
"""Assumed: a bound is not documented."""
TRUE, FALSE = {"1", "true", "yes", "t"}, {"0", "false", "no", "f"}
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status, its document, and headers of its own."""

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call by the workspace's researcher."""

    workspace: Workspace
    body: Mapping[str, Any]
    query: Mapping[str, str]

    def text(self, name: str) -> str:
        """Read a text that must be there."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise invalid(**{name: "This field is required."})
        return value

    def texts(self, name: str) -> list[str]:
        """Read a list of texts that must be there."""
        value = self.body.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise invalid(**{name: "A list of texts is required."})
        return value

    def check_workspace(self, workspace_id: Any) -> None:
        """Refuse another workspace."""
        if workspace_id != self.workspace.id:
            raise not_found("Workspace", str(workspace_id))

    def flag(self, name: str) -> bool | None:
        """Read yes or no from the query, in one of the documented spellings."""
        text = self.query.get(name)
        if text is not None and text.lower() not in TRUE | FALSE:
            raise invalid(**{name: "Must be one of 1, 0, true, false, yes, no, t, f."})
        return None if text is None else text.lower() in TRUE

    def number(self, name: str, default: int, *, least: int = 1, most: int | None = None) -> int:
        """Read a whole number from the query; one that is too large is cut."""
        text = self.query.get(name, str(default))
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise invalid(**{name: f"A whole number from {least} is required."})
        return min(int(text), most or int(text))

    def page(self, records: Sequence[Record], show: Callable[[Record], Any]) -> Answer:
        """Cut a page out of a list; after the last one there is nothing to be found."""
        size = self.number("page_size", DEFAULT_PAGE, most=LARGEST_PAGE)
        page = self.number("page", 1)
        if page > 1 and (page - 1) * size >= len(records):
            raise not_found("Page", str(page))
        part = records[(page - 1) * size : page * size]
        return Answer(200, {"results": [show(record) for record in part], "meta": {"count": len(records)}})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and path, under the operation's identifier in Prolific's OpenAPI document."""

    operation: str
    method: str
    path: str
    function: Callable[..., Answer]
