"""Flags of the form NAME=VALUE, for commands that load no torch, too."""

from __future__ import annotations

from collections.abc import Sequence

from evalsuite.errors import UserError


def named_pairs(values: Sequence[str], flag: str, what: str) -> dict[str, str]:
    """Read flags of the form NAME=VALUE.

    Raises:
        UserError: A flag has another form, or a name stands twice.
    """
    pairs: dict[str, str] = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not (name and equals and rest):
            raise UserError(f"{flag}: NAME={what}; got {value!r}. Write {flag} mine={what}.")
        if name in pairs:
            raise UserError(f"{flag}: {name!r} stands twice. Name it once.")
        pairs[name] = rest
    return pairs
