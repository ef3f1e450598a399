"""Reads a packed block as its description says, without the package: the oracle of its writer."""

import json
import struct

import numpy as np


def open_block(block: bytes):
    assert block[:4] == b"DFE1"
    (length,) = struct.unpack("<I", block[4:8])
    base = 8 + length
    assert base % 8 == 0

    def revive(value):
        if set(value) != {"$"}:
            return value
        kind, offset, count = value["$"]
        return np.frombuffer(block, f"<{kind}", count, base + offset)

    return json.loads(block[8:base], object_hook=revive)
