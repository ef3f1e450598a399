"""Turning pictures upright and laying transparent ones on a plain ground."""

from __future__ import annotations

import struct
from typing import NamedTuple, cast

import numpy as np

from dfe.base.types import ImageArray

GROUND = 128
"""Grey level behind transparent pixels: the middle, which makes an edge neither with dark nor with fair hair."""


class Turn(NamedTuple):
    """How a stored picture becomes an upright one: first mirrored left to right, if so, then turned."""

    mirrored: bool = False
    quarters: int = 0
    """Quarter turns anticlockwise, 0 to 3."""

    @property
    def degrees_clockwise(self) -> int:
        """0, 90, 180 or 270."""
        return -self.quarters % 4 * 90

    @property
    def swaps_sides(self) -> bool:
        """Whether width becomes height."""
        return self.quarters % 2 == 1


_BY_ORIENTATION = (
    Turn(False, 0),
    Turn(True, 0),
    Turn(False, 2),
    Turn(True, 2),
    Turn(True, 1),
    Turn(False, 3),
    Turn(True, 3),
    Turn(False, 1),
)


def turn_of_orientation(orientation: int) -> Turn:
    """The turn that EXIF orientation 1 to 8 asks for (CIPA DC-008, tag 274)."""
    return _BY_ORIENTATION[orientation - 1]


def turn_of_display_matrix(matrix: bytes) -> Turn:
    """The nearest of the eight turns to a display matrix: nine 32-bit integers, ``(x, y) -> (ax + cy, bx + dy)``.

    The matrix is stored as ``a b u c d v x y w`` with y downwards (ISO 14496-12, 6.2.2).
    """
    a, b, _, c, d = struct.unpack("=5i", matrix[:20])
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    clockwise = round(np.degrees(np.arctan2(b - c, a + d)) / 90)
    return Turn(mirrored, -int(clockwise) % 4)


def upright(image: ImageArray, turn: Turn) -> ImageArray:
    """The picture turned, as a contiguous array; the same array where nothing is to do."""
    if turn == Turn():
        return image
    mirrored = image[:, ::-1] if turn.mirrored else image
    return np.ascontiguousarray(np.rot90(mirrored, turn.quarters))


def on_ground(rgba: ImageArray) -> ImageArray:
    """RGBA ``(h, w, 4)``, alpha not multiplied in, on a plain mid-grey ground: RGB ``(h, w, 3)``."""
    alpha = rgba[..., 3:]
    if (alpha == 255).all():
        return np.ascontiguousarray(rgba[..., :3])
    weight = alpha.astype(np.uint16)
    mixed = rgba[..., :3] * weight + GROUND * (255 - weight) + 127
    return cast(ImageArray, (mixed // 255).astype(np.uint8))
