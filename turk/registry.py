"""Every protocol that is known, by name."""

from __future__ import annotations

from functools import cache

import turk.protocols
from evalsuite.plugins import discover, lookup
from turk.study import Protocol


@cache
def protocols() -> dict[str, Protocol]:
    """Name to protocol: ours and those of installed packages."""
    return discover(turk.protocols, "PROTOCOL", Protocol)


def protocol(name: str) -> Protocol:
    """Return a protocol by its name.

    Raises:
        UserError: Nobody has that name; the message lists the nearest and the known.
    """
    return lookup(protocols(), name, "protocol")
