"""Reading the learned arrays of a .caffemodel, without Caffe and without a protobuf library.

Source: the protobuf wire format (protobuf.dev/programming-guides/encoding) and the field numbers of caffe.proto:
NetParameter.layer 100; LayerParameter.name 1, .type 2, .bottom 3, .top 4, .blobs 7; BlobProto.num, channels, height,
width 1..4, .data 5, .shape 7, .double_data 8; BlobShape.dim 1. Files in Caffe's older V1 layout (NetParameter.layers)
are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import UserError

Layers: TypeAlias = dict[str, tuple[NDArray[np.float32], ...]]
VARINT, EIGHT_BYTES, DELIMITED, FOUR_BYTES = 0, 1, 2, 5
LAYER, NAME, TYPE, BOTTOM, TOP, BLOBS = 100, 1, 2, 3, 4, 7
OLD_SHAPE, DATA, SHAPE, DOUBLE_DATA = (1, 2, 3, 4), 5, 7, 8
DIM = 1


@dataclass(frozen=True)
class Layer:
    """A layer of a network, as its file describes it.

    Attributes:
        name: Its name.
        kind: Its type, such as "Convolution".
        bottoms: Names of what it reads.
        tops: Names of what it writes; the same as what it reads where it works in place.
        arrays: What it has learned, float32.
    """

    name: str
    kind: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    arrays: tuple[NDArray[np.float32], ...]


def read_layers(path: Path) -> Layers:
    """Read the arrays of every layer that has some.

    Args:
        path: A .caffemodel.

    Returns:
        Layer name to its arrays, float32, in the file's order; layers without any are left out.

    Raises:
        UserError: The file is damaged, or it has no layers with arrays.
    """
    return {layer.name: layer.arrays for layer in read_graph(path) if layer.arrays}


def read_graph(path: Path) -> tuple[Layer, ...]:
    """Read all layers of a .caffemodel, in the file's order, which is that of computation.

    Raises:
        UserError: The file is damaged, or it has no layers with arrays.
    """
    try:
        layers = tuple(_layer(value) for value in _all(memoryview(path.read_bytes()), LAYER))
    except (ValueError, IndexError) as error:
        rule = f"{path}: a .caffemodel in Caffe's protobuf layout, and this file is damaged or something else"
        raise UserError(f"{rule}; got {error}. Get the file again.") from error
    if not any(layer.arrays for layer in layers):
        raise UserError(f"{path}: a .caffemodel holds layers with arrays; got none. Get the file again.")
    return layers


def _layer(message: memoryview) -> Layer:
    names, kinds, bottoms, tops = (
        tuple(str(value, "utf-8") for value in _all(message, number)) for number in (NAME, TYPE, BOTTOM, TOP)
    )
    arrays = tuple(_blob(value) for value in _all(message, BLOBS))
    return Layer("".join(names[-1:]), "".join(kinds[-1:]), bottoms, tops, arrays)


def _blob(message: memoryview) -> NDArray[np.float32]:
    fields = list(_fields(message))
    # Packed and unpacked floats differ in how often the field occurs, not in their bytes.
    floats = np.frombuffer(b"".join(_bytes(value) for number, value in fields if number == DATA), "<f4")
    doubles = np.frombuffer(b"".join(_bytes(value) for number, value in fields if number == DOUBLE_DATA), "<f8")
    values = floats if floats.size else doubles
    return values.astype(np.float32).reshape(_shape(fields))


def _shape(fields: Sequence[tuple[int, int | memoryview]]) -> list[int]:
    shapes = [_dims(_bytes(value)) for number, value in fields if number == SHAPE]
    if shapes:
        return shapes[-1]
    old = {number: value for number, value in fields if isinstance(value, int)}
    return [int(old.get(number, 1)) for number in OLD_SHAPE]


def _dims(message: memoryview) -> list[int]:
    dims: list[int] = []
    for number, value in _fields(message):
        if number == DIM and isinstance(value, int):
            dims.append(value)
        elif number == DIM:
            packed, position = _bytes(value), 0
            while position < len(packed):
                dim, position = _varint(packed, position)
                dims.append(dim)
    return dims


def _all(message: memoryview, number: int) -> Iterator[memoryview]:
    return (_bytes(value) for found, value in _fields(message) if found == number)


def _bytes(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where a message belongs")
    return value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Walk through a message's fields: numbers as int, everything else as its bytes."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        size = {EIGHT_BYTES: 8, FOUR_BYTES: 4}.get(key & 7, 0)
        if key & 7 == VARINT:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        if key & 7 == DELIMITED:
            size, position = _varint(message, position)
        elif not size:
            raise ValueError(f"wire type {key & 7} at byte {position}")
        if position + size > len(message):
            raise ValueError(f"a field of {size} bytes where {len(message) - position} are left")
        yield key >> 3, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position
        if shift > 63:
            raise ValueError(f"a number without an end at byte {position}")
