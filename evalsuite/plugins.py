"""Finding plug-ins: every file of a package that ends in one constant, entry points, and `path/to/file.py:NAME`."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Protocol, TypeVar

from evalsuite.errors import UserError


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str: ...


P = TypeVar("P", bound=Named)


def discover(package: ModuleType, constant: str, *kinds: type[P]) -> dict[str, P]:
    """Collect the plug-ins of a package and of the entry points named after it.

    Args:
        package: Such as evalsuite.colorizers; its name is also the group of the entry points.
        constant: What each file ends in, such as "COLORIZER".
        kinds: The record that the constant must be, or the records of which it must be one.

    Returns:
        Name to plug-in, sorted by name.

    Raises:
        UserError: Two plug-ins share a name, or an entry point gives something else than one of `kinds`.
    """
    found: list[P] = []
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        plugin = getattr(importlib.import_module(module.name), constant, None)
        if plugin is not None:
            found.append(_checked(plugin, kinds, module.name))
    for entry in entry_points(group=package.__name__):
        found.append(_checked(entry.load(), kinds, entry.value))
    return _by_name(found)


def from_file(address: str, kind: type[P]) -> P:
    """Load a plug-in from `path/to/file.py:NAME`.

    Raises:
        UserError: The file or the name is missing, or it is not a `kind`.
    """
    path_text, _, name = address.rpartition(":")
    path = Path(path_text)
    if not path.is_file():
        raise UserError(f"{address}: no such file {path_text!r}. Write path/to/file.py:NAME.")
    spec = importlib.util.spec_from_file_location(f"evalsuite_plugin_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UserError(f"{address}: {path.name} is no Python file. Write path/to/file.py:NAME.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    if not hasattr(module, name):
        raise UserError(f"{address}: {path.name} has no {name!r}. End the file in {name} = {kind.__name__}(...).")
    return _checked(getattr(module, name), (kind,), address)


def lookup(known: dict[str, P], name: str, what: str) -> P:
    """Return the plug-in of that name.

    Raises:
        UserError: Nobody has that name; the message lists the nearest and the known.
    """
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise UserError(f"{what} {name!r} is unknown. {hint}Known: {', '.join(known)}.")


def _checked(plugin: object, kinds: tuple[type[P], ...], where: str) -> P:
    if not isinstance(plugin, kinds):
        wanted = " or a ".join(kind.__name__ for kind in kinds)
        raise UserError(f"{where}: a plug-in is a {wanted}; got {type(plugin).__name__}. Build the record.")
    return plugin


def _by_name(plugins: Iterable[P]) -> dict[str, P]:
    known: dict[str, P] = {}
    for plugin in sorted(plugins, key=lambda plugin: plugin.name):
        if plugin.name in known:
            raise UserError(f"Two plug-ins are called {plugin.name!r}. Rename one of them.")
        known[plugin.name] = plugin
    return known
