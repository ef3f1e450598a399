"""Numbers for a page's scripts: one block of bytes, plain values as JSON in front, arrays as they lie in memory behind.

The same block is served to the viewer, and stands in base64 in a report. ``packed.js`` reads it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import numpy as np
from markupsafe import Markup

MARK = b"DFE1"
"""The block's first bytes; four more tell how long the JSON is, little end first."""
_KINDS = ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8")
_ALIGNED = 8


def packed(value: Any) -> bytes:
    """Plain values (mappings, lists, text, numbers) with numpy arrays among them, as one block.

    Each array stands in the JSON as ``{"$": [kind, offset, count]}``, offsets in bytes from the end of the JSON, which
    is padded to a multiple of eight.

    Raises:
        TypeError: an array of another kind than unsigned and signed integers of 8, 16 or 32 bits, or floats.
        ValueError: a number outside of arrays that is not finite.
    """
    parts: list[bytes] = []
    length = 0

    def plain(one: Any) -> Any:
        nonlocal length
        if isinstance(one, np.ndarray):
            kind = f"{one.dtype.kind}{one.dtype.itemsize}"
            if kind not in _KINDS:
                raise TypeError(f"arrays of {one.dtype} cannot be packed")
            data = np.ascontiguousarray(one, one.dtype.newbyteorder("<")).tobytes()
            told = {"$": [kind, length, int(one.size)]}
            data += bytes(-len(data) % _ALIGNED)
            parts.append(data)
            length += len(data)
            return told
        if isinstance(one, dict):
            return {str(key): plain(inner) for key, inner in one.items()}
        if isinstance(one, list | tuple):
            return [plain(inner) for inner in one]
        return one

    head = json.dumps(plain(value), separators=(",", ":"), allow_nan=False, ensure_ascii=True).encode()
    head += b" " * (-(len(head) + len(MARK) + 4) % _ALIGNED)
    return b"".join([MARK, len(head).to_bytes(4, "little"), head, *parts])


def in_base64(block: bytes) -> Markup:
    """A block as the text of a script element that the browser never runs."""
    return Markup(b64encode(block).decode())
