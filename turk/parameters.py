"""Parameters of a study file: values by name, within their bounds, the defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from turk.lines import Entry
from turk.study import Parameter


def read_parameters(entry: Entry | None, parameters: Mapping[str, Parameter], what: str) -> dict[str, Any]:
    """Read values by name, the defaults filled in."""
    given = {} if entry is None or entry.empty else entry.known(parameters, what)
    return {name: read_parameters_value(given.get(name), parameter) for name, parameter in parameters.items()}


def read_parameters_value(entry: Entry | None, parameter: Parameter) -> Any:
    """Read a value of the default's type, within the parameter's bounds."""
    if entry is None:
        return parameter.default
    if parameter.choices:
        by_text = {str(choice): choice for choice in parameter.choices}
        return by_text[entry.chosen(by_text)]
    if isinstance(parameter.default, bool):
        return entry.flag()
    if isinstance(parameter.default, int):
        return entry.whole(parameter.least, parameter.most)
    if isinstance(parameter.default, float):
        return entry.number(parameter.least, parameter.most)
    return entry.text()
