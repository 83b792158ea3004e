"""The service as the installed botocore describes it: names of operations, and which values their shapes allow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, OperationNotFoundError, ServiceModel, Shape, StructureShape
from botocore.utils import parse_timestamp
from botocore.validate import ParamValidator

from turk.emulator.mturk.errors import ServiceError

SERVICE = "mturk"


@cache
def service() -> ServiceModel:
    """Load the model of the API of 2017-01-17."""
    return ServiceModel(Loader().load_service_model(SERVICE, "service-2", "2017-01-17"), SERVICE)


def operation(target: str) -> OperationModel:
    """Find the operation that an X-Amz-Target names."""
    prefix, _, name = target.partition(".")
    try:
        if prefix != service().metadata["targetPrefix"]:
            raise OperationNotFoundError(name)
        return cast(OperationModel, service().operation_model(name))
    except OperationNotFoundError as error:
        raise ServiceError("UnknownOperationException", f"There is no operation {target}.") from error


def read(body: Any, shape: Shape) -> Any:
    """Check a request's parameters against their shape, and turn them into Python values."""
    value = decode(body, shape)
    wrong = list(violations(value, shape))
    if wrong:
        count = f"{len(wrong)} validation error{'s' if len(wrong) > 1 else ''} detected: "
        raise ServiceError("ValidationException", count + "; ".join(wrong))
    return value


def decode(value: Any, shape: Shape) -> Any:
    """Turn JSON into Python values by shape; null and unknown members are left out."""
    if isinstance(shape, StructureShape):
        _expect(value, dict, shape)
        members: Mapping[str, Shape] = shape.members
        return {name: decode(value[name], member) for name, member in members.items() if value.get(name) is not None}
    if isinstance(shape, ListShape):
        _expect(value, list, shape)
        return [decode(item, shape.member) for item in value]
    if shape.type_name == "timestamp":
        return _timestamp(value)
    kinds = {"string": str, "boolean": bool, "integer": int, "long": int}
    _expect(value, kinds[shape.type_name], shape)
    return value


def _expect(value: Any, kind: type, shape: Shape) -> None:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        message = f"{type(value).__name__} can not be converted to {shape.type_name} ({shape.name})"
        raise ServiceError("SerializationException", message)


def _timestamp(value: Any) -> datetime:
    try:
        return cast(datetime, parse_timestamp(value))
    except (ValueError, OverflowError, TypeError, AttributeError, RuntimeError) as error:
        raise ServiceError("SerializationException", f"{value!r} can not be converted to a timestamp") from error


def violations(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """Say what a shape forbids, in AWS's words."""
    if isinstance(shape, StructureShape):
        for name in shape.required_members:
            if name not in value:
                yield _sentence("null", _join(path, name), "Member must not be null")
        for name, item in value.items():
            yield from violations(item, shape.members[name], _join(path, name))
    elif isinstance(shape, ListShape):
        for number, item in enumerate(value, 1):
            yield from violations(item, shape.member, f"{path}.{number}.member")
    else:
        for rule in _broken(value, shape):
            yield _sentence(f"'{value}'", path, rule)


def _join(path: str, name: str) -> str:
    # AWS writes member names with a small first letter: WorkerId as workerId, HITId as hITId.
    small = name[:1].lower() + name[1:]
    return f"{path}.{small}" if path else small


def _sentence(value: str, path: str, rule: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {rule}"


def _broken(value: Any, shape: Shape) -> Iterator[str]:
    limits = shape.metadata
    size, what = (len(value), "length ") if isinstance(value, str) else (value, "value ")
    if "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    if "pattern" in limits and not re.search(limits["pattern"], value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if "min" in limits and size < limits["min"]:
        yield f"Member must have {what}greater than or equal to {limits['min']}"
    if "max" in limits and size > limits["max"]:
        yield f"Member must have {what}less than or equal to {limits['max']}"


def write(answer: Any, shape: Shape | None) -> Any:
    """Check an answer against its shape (a fault here is a bug of ours), and turn it into JSON."""
    if shape is None:
        return {}
    report = ParamValidator().validate(answer, shape)
    wrong = [report.generate_report()] if report.has_errors() else list(violations(answer, shape))
    if wrong:
        raise ValueError(f"{shape.name}: the answer must have the shape of botocore's model; got {'; '.join(wrong)}.")
    return encode(answer, shape)


def encode(value: Any, shape: Shape) -> Any:
    """Turn Python values into JSON by shape; times are seconds since 1970."""
    if isinstance(shape, StructureShape):
        return {name: encode(item, shape.members[name]) for name, item in value.items()}
    if isinstance(shape, ListShape):
        return [encode(item, shape.member) for item in value]
    return round(value.timestamp(), 3) if shape.type_name == "timestamp" else value
