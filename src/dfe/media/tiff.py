"""Directories of TIFF files, and of EXIF blocks, which are laid out alike (TIFF 6.0, section 2; BigTIFF)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import BinaryIO

_BYTE_ORDERS = {b"II": "<", b"MM": ">"}
_BIG = 43
_MOST_TAGS = 4096
_LAYOUTS = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""Of the kinds of integers."""


class DamagedTiff(ValueError):
    """It begins like a TIFF file and cannot be followed."""


def tiff_directories(source: BinaryIO | bytes, wanted: set[int], most: int) -> list[dict[int, int]]:
    """First values of some integer tags in the directories of a (Big)TIFF, of which each page has one.

    Args:
        source: the file, or the block.
        wanted: numbers of the tags.
        most: no more directories are followed than so many.

    Raises:
        DamagedTiff: there is no first directory.
    """

    def read(offset: int, size: int) -> bytes:
        if isinstance(source, bytes):
            return source[offset : offset + size]
        source.seek(offset)
        return source.read(size)

    order = _BYTE_ORDERS.get(read(0, 2))
    if order is None:
        raise DamagedTiff("its header has no byte order")
    found: list[dict[int, int]] = []
    followed: set[int] = set()
    try:
        (magic,) = struct.unpack(order + "H", read(2, 2))
        (place,) = struct.unpack(order + ("Q" if magic == _BIG else "I"), read(*(8, 8) if magic == _BIG else (4, 4)))
        while len(found) < most and place not in followed:
            followed.add(place)
            tags, place = _directory(read, place, order, big=magic == _BIG, wanted=wanted)
            found.append(tags)
            if not place:
                break
    except struct.error as problem:
        if not found:  # of further pages nothing is read
            raise DamagedTiff("its header is cut short") from problem
    return found


def _directory(
    read: Callable[[int, int], bytes], place: int, order: str, *, big: bool, wanted: set[int]
) -> tuple[dict[int, int], int]:
    """The tags of the directory at a place, and the place of the next one; 0 if it is the last."""
    wide, start, step, field = ("Q", 8, 20, 12) if big else ("I", 2, 12, 8)
    (count,) = struct.unpack(order + ("Q" if big else "H"), read(place, start))
    first = place + start
    found = {}
    for at in range(first, first + step * min(count, _MOST_TAGS), step):
        tag, kind = struct.unpack(order + "HH", read(at, 4))
        if tag in wanted and kind in _LAYOUTS:
            layout = order + _LAYOUTS[kind]
            (found[tag],) = struct.unpack(layout, read(at + field, struct.calcsize(layout)))
    after = read(first + step * count, struct.calcsize(wide))
    return found, struct.unpack(order + wide, after)[0] if len(after) == struct.calcsize(wide) else 0
