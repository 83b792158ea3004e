"""YAML whose values know their line, read by what is expected of them, so that every mistake can be pointed at."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from evalsuite.errors import UserError

MAX_BYTES = 2**20
"""A study file is a page of text; larger ones are another file by mistake."""
MAX_DEPTH = 20
WHOLE = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
MONEY = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
NOTHING = ("", "null", "~")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a YAML file.

    Attributes:
        file: The file's name, as errors give it.
        path: Its keys, such as "parameters.exposure_ms"; "" for the whole file.
        node: What the parser found.
    """

    file: str
    path: str
    node: yaml.Node

    @property
    def line(self) -> int:
        """The line, from 1, that the value begins on."""
        return self.node.start_mark.line + 1

    def error(self, rule: str) -> UserError:
        """Make the error that names file, line and key."""
        return UserError(f"{self.file}, line {self.line}{f', {self.path}' if self.path else ''}: {rule}")

    def wrong(self, expected: str, advice: str) -> UserError:
        """Make the error of a value of another kind."""
        return self.error(f"expected {expected}; got {self._shown()}. {advice}")

    @property
    def empty(self) -> bool:
        """Whether nothing stands there, or that there is none."""
        return isinstance(self.node, yaml.ScalarNode) and self._plain() and self.node.value.lower() in NOTHING

    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, yaml.MappingNode)

    def text(self) -> str:
        """Return a text as it was written, whatever else YAML would take it for."""
        if not isinstance(self.node, yaml.ScalarNode) or self.empty:
            raise self.wrong("a text", "Write one.")
        return str(self.node.value)

    def whole(self, least: float | None = None, most: float | None = None) -> int:
        """Return a whole number within bounds."""
        if not self._matches(WHOLE):
            raise self.wrong("a whole number", "Correct it.")
        return int(self._within(int(str(self.node.value)), least, most))

    def number(self, least: float | None = None, most: float | None = None) -> float:
        """Return a finite number within bounds."""
        if not self._matches(NUMBER) or not math.isfinite(float(str(self.node.value))):
            raise self.wrong("a number", "Correct it.")
        return float(self._within(float(str(self.node.value)), least, most))

    def money(self, most: int) -> Decimal:
        """Return dollars with at most two digits of cents, to the cent."""
        if not self._matches(MONEY):
            raise self.wrong("dollars such as 1.40", "Correct it.")
        return Decimal(str(self._within(Decimal(str(self.node.value)), 0, most))).quantize(Decimal("0.01"))

    def flag(self) -> bool:
        """Return true or false."""
        value = FLAGS.get(str(self.node.value).lower()) if isinstance(self.node, yaml.ScalarNode) else None
        if value is None:
            raise self.wrong("true or false", "Write one of them.")
        return value

    def chosen(self, choices: Iterable[str]) -> str:
        """Return one of some words."""
        known = list(choices)
        if self.text() not in known:
            raise self.error(f"{self.text()!r} is not known. {nearest(self.text(), known)}")
        return self.text()

    def items(self) -> list[Entry]:
        """Return the entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong("a list such as [a, b]", "Write one.")
        return [Entry(self.file, self.path, node) for node in self.node.value]

    def mapping(self) -> dict[str, Entry]:
        """Return entries by key; none stands twice."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong("keys and values such as {key: value}", "Write them.")
        found: dict[str, Entry] = {}
        for key_node, node in self.node.value:
            key = Entry(self.file, self.path, key_node)
            name = key.text()
            if name in found:
                raise key.error(f"{name!r} stands twice, in line {found[name].line} too. Remove one of them.")
            found[name] = Entry(self.file, f"{self.path}.{name}" if self.path else name, node)
        return found

    def known(self, keys: Iterable[str], what: str = "key") -> dict[str, Entry]:
        """Return entries by key; other keys are refused, with the nearest that is known."""
        found, allowed = self.mapping(), list(keys)
        for name, entry in found.items():
            if name not in allowed:
                raise Entry(entry.file, entry.path, self._key(name)).error(
                    f"there is no {what} {name!r}. {nearest(name, allowed)}"
                )
        return found

    def _key(self, name: str) -> yaml.Node:
        pairs: list[tuple[yaml.Node, yaml.Node]] = self.node.value
        return next(key for key, _ in pairs if key.value == name)

    def _plain(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.style is None

    def _matches(self, pattern: re.Pattern[str]) -> bool:
        return self._plain() and pattern.fullmatch(str(self.node.value)) is not None

    def _within(self, value: Any, least: float | None, most: float | None) -> Any:
        if (least is not None and value < least) or (most is not None and value > most):
            bounds = [
                f"at least {least:,}" if least is not None else "",
                f"at most {most:,}" if most is not None else "",
            ]
            raise self.error(f"{' and '.join(filter(None, bounds))}; got {value}. Correct it.")
        return value

    def _shown(self) -> str:
        if isinstance(self.node, yaml.ScalarNode):
            return "nothing" if self.empty else f"{'' if self._plain() else 'the text '}{self.node.value[:60]!r}"
        return "a list" if self.is_list() else "keys and values"


def read_lines(path: Path) -> Entry:
    """Read a YAML file.

    Raises:
        UserError: There is no such file, it is empty, or it is no YAML; the message has the line.
    """
    return parse_lines(_text(path), path.name)


def parse_lines(text: str, file: str) -> Entry:
    """Read YAML.

    Raises:
        UserError: It is empty, or no YAML; the message has the line.
    """
    try:
        _check_events(text, file)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        raise UserError(
            f"{file}, line {mark.line + 1}, column {mark.column + 1}: this is no YAML "
            f"({error.problem or error.context}). Correct it."
        ) from None
    except yaml.YAMLError as error:
        raise UserError(f"{file}: this is no YAML ({str(error).splitlines()[0]}). Write a text file.") from None
    if node is None:
        raise UserError(f"{file}: the file is empty. `turk build --example` writes one to begin with.")
    return Entry(file, "", node)


def nearest(name: str, known: Iterable[str]) -> str:
    """Say what is known and which of it may have been meant."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"{f'Did you mean {near[0]!r}? ' if near else ''}Known: {', '.join(known)}."


def _check_events(text: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        where = f"{file}, line {text.count(chr(10), 0, event.start_mark.index) + 1}" if event.start_mark else file
        if isinstance(event, yaml.AliasEvent):
            raise UserError(f"{where}: aliases (*name) are not read here. Write the value out.")
        if depth > MAX_DEPTH:
            raise UserError(f"{where}: at most {MAX_DEPTH} levels are read, and here are more. Check the brackets.")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(
                f"{path}: at most {MAX_BYTES:,} bytes are read; got {path.stat().st_size:,}. Check the path."
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: it cannot be read ({(error.strerror or 'error').lower()}). Check the path.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: the text is not UTF-8. Save it in UTF-8.") from None
