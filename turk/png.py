"""The one encoder of stimuli: PNG whose every byte beside the pixels and their checksums hangs on the size alone.

Pixels are stored, not deflated. Padding behind a deflated image evens out the length of the file, but leaves the
length of the image's own chunk, and colorizations deflate better than photos; stored, there is nothing to even out.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ZLIB_HEADER = b"\x78\x01"
BLOCK = 65_535
"""The most that a stored block of deflate holds (RFC 1951, 3.2.4)."""


def encode(rgb: NDArray[np.uint8]) -> bytes:
    """Encode pixels, (H, W, 3) uint8 sRGB: 8 bits, no filter, no interlacing, no metadata (ISO/IEC 15948)."""
    height, width, _ = rgb.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = rgb.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", _stored(rows.tobytes())) + _chunk(b"IEND", b"")


def chunks(data: bytes) -> list[tuple[str, int]]:
    """List a PNG's chunks and their lengths; what is no PNG has none."""
    found: list[tuple[str, int]] = []
    position = len(SIGNATURE)
    while data.startswith(SIGNATURE) and position + 12 <= len(data):
        [length] = struct.unpack(">I", data[position : position + 4])
        found.append((data[position + 4 : position + 8].decode("latin-1"), length))
        position += 12 + length
    return found


def _stored(data: bytes) -> bytes:
    parts = [data[start : start + BLOCK] for start in range(0, len(data), BLOCK)]
    blocks = (
        struct.pack("<BHH", number == len(parts), len(part), len(part) ^ 0xFFFF) + part
        for number, part in enumerate(parts, 1)
    )
    return ZLIB_HEADER + b"".join(blocks) + struct.pack(">I", zlib.adler32(data))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
