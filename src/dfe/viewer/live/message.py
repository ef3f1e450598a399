"""A picture of the camera as the page sends it: 24 bytes that say what it is, then its pixels or a picture file.

Bytes 0-3 are ``DFE1``, 4-7 the number of the frame, 8-15 its time in milliseconds (double), 16-17 and 18-19 width and
height in pixels, 20 how it is packed (0: red, green, blue, alpha of each pixel; 1: a JPEG, PNG or WebP file), the rest
0; all with the little end first.
"""

from __future__ import annotations

import io
import math
import struct
from dataclasses import dataclass

import cv2
import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import ImageArray
from dfe.media.header import DamagedHeader, picture_header

HEAD = struct.Struct("<4sIdHHB3x")
MAGIC = b"DFE1"
RAW, FILE = 0, 1
SMALLEST_PX, LARGEST_PX = 64, 1920
_PACKED = ("jpeg", "png", "webp")


@dataclass(frozen=True, eq=False)
class Sent:
    """A picture of the camera."""

    number: int
    """Of the frame, as the page counts them."""
    time_s: float
    """When the page got it from the camera, on the page's own clock."""
    image: ImageArray
    """RGB ``(height, width, 3)``."""
    packed: str
    """``pixels``, ``jpeg``, ``png`` or ``webp``."""


def read_sent(message: bytes) -> Sent:
    """Take a message apart.

    Raises:
        UsageError: it is none of ours, its size is not what it says, or its picture cannot be read.
    """
    if len(message) < HEAD.size or not message.startswith(MAGIC):
        raise UsageError("what was sent is no picture of the camera")
    _, number, milliseconds, width, height, packing = HEAD.unpack_from(message)
    if not (math.isfinite(milliseconds) and milliseconds >= 0):
        raise UsageError("the picture's time is no number")
    if not (SMALLEST_PX <= width <= LARGEST_PX and SMALLEST_PX <= height <= LARGEST_PX):
        raise UsageError(f"a picture of {width} x {height} pixels; {SMALLEST_PX} to {LARGEST_PX} are looked at")
    content = memoryview(message)[HEAD.size :]
    if packing == RAW:
        if len(content) != 4 * width * height:
            raise UsageError("the picture is not as large as it says")
        pixels = np.frombuffer(content, np.uint8).reshape(height, width, 4)
        image, packed = cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), "pixels"
    elif packing == FILE:
        image, packed = _unpacked(bytes(content), width, height)
    else:
        raise UsageError("the picture is packed in a way that is not known")
    # To the thousandth, so that the same times can stand in a film.
    return Sent(number, round(milliseconds) / 1000, np.asarray(image, np.uint8), packed)


def _unpacked(content: bytes, width: int, height: int) -> tuple[ImageArray, str]:
    try:
        header = picture_header(io.BytesIO(content))
    except DamagedHeader as error:
        raise UsageError(f"a damaged picture: {error}") from None
    if header is None or header.format not in _PACKED:
        raise UsageError("what was sent is no JPEG, PNG or WebP picture")
    if (header.width, header.height) != (width, height):  # so that nothing small can unfold to something huge
        raise UsageError("the picture is not as large as it says")
    try:
        found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error:
        found = None
    if found is None or found.shape != (height, width, 3):
        raise UsageError("a damaged picture")
    return np.asarray(found, np.uint8), header.format
