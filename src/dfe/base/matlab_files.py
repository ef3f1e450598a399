"""Arrays of numbers in MATLAB's files of versions 5 to 7 (``.mat``), every size checked before anything is made.

Written from MathWorks' "MAT-File Format" (level 5). Cells, structures, text, sparse and complex arrays are passed over.
scipy reads more, but a damaged file can crash the process that it runs in.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.budget import allowed
from dfe.base.errors import ModelError
from dfe.base.pickles import MAX_BYTES, read_bytes

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_KINDS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""Types of what is stored."""
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
"""Types of MATLAB's arrays; numbers are stored in a smaller type where they fit."""
_COMPLEX = 0x08
_MOST_DIMENSIONS = 8
_DAMAGED = "get the file anew; it may be truncated or damaged"


def read_mat(path: Path) -> dict[str, NDArray[Any]]:
    """Arrays of real numbers by name, with MATLAB's shapes (two dimensions at least).

    Raises:
        ModelError: the file cannot be read, is damaged, unfolds to more than
            :data:`~dfe.base.pickles.MAX_BYTES`, or is of another version.
    """
    data = read_bytes(path)
    if data[:20].startswith((b"MATLAB 7.3", b"\x89HDF")):
        advice = "save it in version 7 or before (save -v7)"
        raise ModelError("is a MATLAB file of version 7.3, which is not read", where=path, advice=advice)
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None:
        raise ModelError("is no MATLAB file of versions 5 to 7", where=path, advice="save it in version 7 (save -v7)")
    arrays: dict[str, NDArray[Any]] = {}
    left = allowed(MAX_BYTES)
    try:
        for kind, content in _elements(data[_HEADER:], order):
            if kind == _COMPRESSED:
                unfolded = _unfolded(content, left)
                left -= len(unfolded)
                inner = list(_elements(unfolded, order))
            else:
                inner = [(kind, content)]
            for inner_kind, matrix in inner:
                found = _matrix(matrix, order) if inner_kind == _MATRIX else None
                if found is not None:
                    arrays[found[0]] = found[1]
    except (ValueError, struct.error, zlib.error, LookupError, MemoryError) as error:
        what = f"is no MATLAB file that can be read ({str(error)[:100]})"
        raise ModelError(what, where=path, advice=_DAMAGED) from None
    return arrays


def _unfolded(content: bytes, most: int) -> bytes:
    unfolded = zlib.decompressobj().decompress(content, most + 1)
    if len(unfolded) > most:
        raise ValueError(f"it unfolds to more than {most >> 20} MiB")
    return unfolded


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Types and contents of the elements that stand one behind the other."""
    at = 0
    while at < len(data):
        kind, count = struct.unpack_from(f"{order}II", data, at)
        if kind >> 16:
            # Up to four bytes stand in the tag itself, behind their number and type.
            kind, count, start, step = kind & 0xFFFF, kind >> 16, at + 4, 8
            if count > 4:
                raise ValueError("a small element that is too large")
        else:
            start, step = at + 8, 8 + (count if kind == _COMPRESSED else -(-count // 8) * 8)
        if start + count > len(data):
            raise ValueError("an element ends too early")
        yield kind, data[start : start + count]
        at += step


def _matrix(data: bytes, order: str) -> tuple[str, NDArray[Any]] | None:
    parts = _elements(data, order)
    try:
        flags, shape, name = (next(parts)[1] for _ in range(3))
        (word,) = struct.unpack_from(f"{order}I", flags)
        if (word & 0xFF) not in _CLASSES or (word >> 8) & _COMPLEX:
            return None
        kind, content = next(parts)
    except (StopIteration, RuntimeError):
        raise ValueError("an array lacks a part") from None
    dims = struct.unpack(f"{order}{len(shape) // 4}i", shape)
    stored = np.dtype(_KINDS[kind]).newbyteorder("<" if order == "<" else ">")
    if not 2 <= len(dims) <= _MOST_DIMENSIONS or min(dims) < 0 or math.prod(dims) * stored.itemsize != len(content):
        raise ValueError(f"an array of shape {dims} in {len(content)} bytes")
    array = np.frombuffer(content, stored).reshape(dims, order="F").astype(_CLASSES[word & 0xFF])
    return name.decode("latin-1"), array
