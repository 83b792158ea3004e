"""Finding plug-ins: every file of a package that ends in one constant, entry points, and `path/to/file.py:NAME`."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
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
        UserError: Two plug-ins share a name, or an entry point cannot be imported or is none of `kinds`.
    """
    found: list[P] = []
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        plugin = getattr(importlib.import_module(module.name), constant, None)
        if plugin is not None:
            found.append(_checked(plugin, kinds, module.name))
    for entry in entry_points(group=package.__name__):
        where = f"entry point {entry.name!r} ({entry.value})"
        with said_as_mistake(where, "it cannot be imported", "Mend or uninstall its package."):
            plugin = entry.load()
        found.append(_checked(plugin, kinds, entry.value))
    return _by_name(found)


def from_file(address: str, kind: type[P]) -> P:
    """Load a plug-in from `path/to/file.py:NAME`.

    Raises:
        UserError: The file or the name is missing, it cannot be imported, or it is not a `kind`.
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
    with said_as_mistake(address, f"{path.name} cannot be imported", "Mend the file."):
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


@contextmanager
def said_as_mistake(where: str, what: str, advice: str) -> Iterator[None]:
    """Turn whatever somebody else's code raises, an exit too, into a sentence that names the line.

    Raises:
        UserError: The code raised.
    """
    try:
        yield
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        raise UserError(f"{where}: {what}; got {in_short(error)}{_place(error)}. {advice}") from error


def in_short(error: BaseException) -> str:
    """Name an exception in one line."""
    lines = str(error).splitlines()
    return f"{type(error).__name__}{': ' + lines[0][:300] if lines else ''}"


def _place(error: BaseException) -> str:
    """The innermost line of code that raised, or that could not be read."""
    if isinstance(error, SyntaxError) and error.filename:
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    return f" at {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""


def source_of(plugin_code: object) -> Path | None:
    """Find the file in which somebody else wrote a plug-in's function, None for what the suite itself has."""
    while isinstance(plugin_code, partial):
        plugin_code = plugin_code.func
    module = sys.modules.get(getattr(plugin_code, "__module__", None) or "")
    if module is None or module.__name__.partition(".")[0] == "evalsuite" or not getattr(module, "__file__", None):
        return None
    return Path(str(module.__file__))


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
