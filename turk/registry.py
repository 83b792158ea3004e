"""Every protocol that is known, by name: those that let people judge images, and those that let them color photos."""

from __future__ import annotations

from functools import cache

import turk.protocols
from evalsuite.errors import UserError
from evalsuite.plugins import discover, lookup
from turk.study import AnyProtocol, Coloring, Protocol


@cache
def all_protocols() -> dict[str, AnyProtocol]:
    """Name to protocol of either kind: ours and those of installed packages."""
    known: dict[str, AnyProtocol] = discover(turk.protocols, "PROTOCOL", Protocol, Coloring)
    return known


@cache
def protocols() -> dict[str, Protocol]:
    """Name to protocol of those that let people judge."""
    return {name: known for name, known in all_protocols().items() if isinstance(known, Protocol)}


@cache
def colorings() -> dict[str, Coloring]:
    """Name to protocol of those that let people color."""
    return {name: known for name, known in all_protocols().items() if isinstance(known, Coloring)}


def any_protocol(name: str) -> AnyProtocol:
    """Return a protocol of either kind by its name.

    Raises:
        UserError: Nobody has that name; the message lists the nearest and the known.
    """
    return lookup(all_protocols(), name, "protocol")


def protocol(name: str) -> Protocol:
    """Return a protocol that lets people judge by its name.

    Raises:
        UserError: Nobody has that name, or people color there and judge nothing.
    """
    found = any_protocol(name)
    if isinstance(found, Coloring):
        raise UserError(
            f"protocol {name!r}: people color photos there and judge nothing, so there is nothing to estimate. "
            "Give `turk collect` for what they made, and let others judge it in a study of its own."
        )
    return found
