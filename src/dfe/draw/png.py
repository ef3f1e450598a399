"""PNG files from arrays, so that drawing needs no imaging library."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from dfe.base.types import ImageArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPE = {3: 2, 4: 6}


def to_png(picture: ImageArray) -> bytes:
    """Encode a picture ``(height, width, 3 or 4)`` uint8, RGB or RGBA, as a PNG file."""
    height, width, channels = picture.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPE[channels], 0, 0, 0)
    body = zlib.compress(_filtered(picture).tobytes(), 6)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _filtered(picture: ImageArray) -> ImageArray:
    """Every row under the PNG filter that leaves the smallest differences, its filter number in front (PNG 1.2, §6)."""
    height, width, channels = picture.shape
    here = picture.astype(np.int16)
    above = np.zeros_like(here)
    above[1:] = here[:-1]
    left = np.zeros_like(here)
    left[:, 1:] = here[:, :-1]
    corner = np.zeros_like(here)
    corner[1:, 1:] = here[:-1, :-1]
    guess = left + above - corner
    to_left, to_above, to_corner = abs(guess - left), abs(guess - above), abs(guess - corner)
    paeth = np.where(
        (to_left <= to_above) & (to_left <= to_corner), left, np.where(to_above <= to_corner, above, corner)
    )
    nothing = np.zeros_like(here)
    rows = np.stack([here - predicted for predicted in (nothing, left, above, (left + above) // 2, paeth)])
    coded = rows.astype(np.uint8).reshape(5, height, width * channels)
    cost = np.abs(coded.astype(np.int8).astype(np.int16)).sum(axis=2)
    best = cost.argmin(axis=0)
    return np.hstack([best[:, None].astype(np.uint8), coded[best, np.arange(height)]])
