"""What the process keeps of a database between requests: what stays the same while the data version does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from evalsuite.store import data_version

Thing = TypeVar("Thing")
MOST = 64
KEPT: OrderedDict[Hashable, Any] = OrderedDict()
LOCK = Lock()


def version_of(session: Session) -> int:
    """The data version as a request found it: asked for once, before what depends on it is read."""
    if "data_version" not in session.info:
        session.info["data_version"] = data_version(session)
    found: int = session.info["data_version"]
    return found


def _database(session: Session) -> str:
    if "database" not in session.info:
        session.info["database"] = session.get_bind().engine.url.render_as_string()
    found: str = session.info["database"]
    return found


def kept(session: Session, name: str, key: Hashable, make: Callable[[], Thing]) -> Thing:
    """Return what was made before of the same data, or make it; what nobody asked for the longest goes first."""
    at = (_database(session), version_of(session), name, key)
    with LOCK:
        if at in KEPT:
            KEPT.move_to_end(at)
            found: Thing = KEPT[at]
            return found
    made = make()
    with LOCK:
        KEPT[at] = made
        while len(KEPT) > MOST:
            KEPT.popitem(last=False)
    return made
