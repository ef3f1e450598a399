"""Still pictures in HEIF files (HEIC of phones, AVIF): which coded pictures they hold and how they make one.

A phone's picture is a grid of tiles, each coded by itself (ISO/IEC 23008-12). FFmpeg gives the tiles; how they lie, how
large the whole is and how it is turned stands in the boxes that are read here. AVIF is the same file with AV1 inside.
"""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from dfe.base.errors import MediaError
from dfe.base.types import ImageArray
from dfe.media.pixels import Turn, upright

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"})
"""Major brands of files that hold still pictures; sequences have others and are read as videos."""

_LARGEST_META = 4_000_000
_TILES = 4096


class DamagedHeif(ValueError):
    """The boxes are cut short, contradict themselves, or describe no picture that is known here."""


@dataclass(frozen=True)
class HeifItems:
    """The primary picture of a file."""

    width: int
    """Pixels before the turn."""
    height: int
    turn: Turn
    tiles: tuple[int, ...]
    """Numbers of the coded pictures, in order of rows; one that is no grid has itself alone."""
    columns: int


def read_items(stream: BinaryIO) -> HeifItems:
    """What the boxes say of the primary picture; nothing is decoded.

    Raises:
        DamagedHeif: see there.
    """
    try:
        return _read_items(stream)
    except (struct.error, IndexError, KeyError, StopIteration) as error:
        raise DamagedHeif("its header is cut short") from error


def decode(path: Path, data: bytes) -> ImageArray:
    """The primary picture as upright RGB ``(h, w, 3)``.

    Raises:
        MediaError: damaged, or coded in a way that FFmpeg does not decode.
    """
    import av

    try:
        items = read_items(io.BytesIO(data))
        coded = _coded(data, set(items.tiles))
        whole = _laid_out([coded[tile] for tile in items.tiles], items)
    except (DamagedHeif, KeyError, av.error.FFmpegError, ValueError):
        advice = "copy it again, or export it as JPEG"
        raise MediaError("damaged picture, cut short, or of an unusual kind", where=path, advice=advice) from None
    return upright(whole, items.turn)


def _coded(data: bytes, wanted: set[int]) -> dict[int, ImageArray]:
    """The coded pictures by number."""
    import av

    found: dict[int, ImageArray] = {}
    with av.open(io.BytesIO(data), "r", format="mov") as container:
        streams = [stream for stream in container.streams.video if stream.id in wanted]
        if not streams and len(wanted) == 1:
            streams = list(container.streams.video[:1])
        for packet in container.demux(streams):
            for frame in cast("list[VideoFrame]", packet.decode()):
                number = packet.stream.id if packet.stream.id in wanted else next(iter(wanted))
                found.setdefault(number, cast(ImageArray, frame.to_ndarray(format="rgb24")))
    return found


def _laid_out(tiles: list[ImageArray], items: HeifItems) -> ImageArray:
    if len(tiles) == 1:
        return np.ascontiguousarray(tiles[0][: items.height, : items.width])
    rows = [np.hstack(tiles[at : at + items.columns]) for at in range(0, len(tiles), items.columns)]
    return np.ascontiguousarray(np.vstack(rows)[: items.height, : items.width])


def _read_items(stream: BinaryIO) -> HeifItems:
    stream.seek(0, io.SEEK_END)
    length = stream.tell()
    stream.seek(0)
    meta = _find_meta(stream, length)
    parts = dict(_boxes(meta[4:]))
    primary = _number(parts[b"pitm"])
    kinds = dict(_kinds(parts[b"iinf"]))
    properties = _properties(parts[b"iprp"])
    held = properties[primary]
    sizes = [struct.unpack(">II", body[4:12]) for kind, body in held if kind == b"ispe"]
    if not sizes:
        raise DamagedHeif("its header announces no size")
    width, height = sizes[0]
    turn = _turn(held)
    if kinds.get(primary) != b"grid":
        return HeifItems(width, height, turn, (primary,), 1)
    tiles = _references(parts[b"iref"])[primary]
    layout = _payload(stream, parts, primary)
    rows, columns = layout[2] + 1, layout[3] + 1
    width, height = struct.unpack(">II" if layout[1] & 1 else ">HH", layout[4 : 12 if layout[1] & 1 else 8])
    if rows * columns != len(tiles) or len(tiles) > _TILES:
        raise DamagedHeif("its tiles do not fill its grid")
    return HeifItems(width, height, turn, tiles, columns)


def _find_meta(stream: BinaryIO, length: int) -> bytes:
    place = 0
    while place + 8 <= length:
        stream.seek(place)
        size, kind = struct.unpack(">I4s", stream.read(8))
        head = 8
        if size == 1:
            (size,) = struct.unpack(">Q", stream.read(8))
            head = 16
        size = size or length - place
        if size < head:
            break
        if kind == b"meta":
            if size > _LARGEST_META:
                raise DamagedHeif("its header is too large")
            return stream.read(size - head)
        place += size
    raise DamagedHeif("its header announces no picture")


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        if size < 8:
            return
        yield kind, data[place + 8 : place + size]
        place += size


def _number(body: bytes) -> int:
    return int(struct.unpack(">H" if body[0] == 0 else ">I", body[4 : 6 if body[0] == 0 else 8])[0])


def _kinds(iinf: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and kind of each item."""
    for _, body in _boxes(iinf[6 if iinf[0] == 0 else 8 :]):
        if body[0] == 2:
            yield struct.unpack(">H", body[4:6])[0], body[8:12]
        elif body[0] == 3:
            yield struct.unpack(">I", body[4:8])[0], body[10:14]


def _properties(iprp: bytes) -> dict[int, list[tuple[bytes, bytes]]]:
    """The properties of each item, in order: what it is, its size, its turn."""
    parts = dict(_boxes(iprp))
    known = list(_boxes(parts[b"ipco"]))
    body = parts[b"ipma"]
    version, wide = body[0], body[3] & 1
    (count,) = struct.unpack(">I", body[4:8])
    place = 8
    of: dict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
    for _ in range(count):
        layout = ">H" if version < 1 else ">I"
        (item,) = struct.unpack_from(layout, body, place)
        place += struct.calcsize(layout)
        associations = body[place]
        place += 1
        for _ in range(associations):
            index = struct.unpack_from(">H", body, place)[0] & 0x7FFF if wide else body[place] & 0x7F
            place += 2 if wide else 1
            if index:
                of[item].append(known[index - 1])
    return of


def _references(iref: bytes) -> dict[int, tuple[int, ...]]:
    """Of each derived picture, the numbers of those that it is made of."""
    wide = iref[0] != 0
    found = {}
    for kind, body in _boxes(iref[4:]):
        if kind == b"dimg":
            number, count = struct.unpack(">IH" if wide else ">HH", body[: 6 if wide else 4])
            rest = body[6 if wide else 4 :]
            found[number] = struct.unpack(f">{count}{'I' if wide else 'H'}", rest[: count * (4 if wide else 2)])
    return found


def _payload(stream: BinaryIO, parts: dict[bytes, bytes], item: int) -> bytes:
    """The first bytes of an item's own data, by ``iloc`` (ISO/IEC 14496-12, 8.11.3)."""
    body = parts[b"iloc"]
    version = body[0]
    sizes = body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15 if version else 0
    place = 6

    def take(size: int) -> int:
        nonlocal place
        value = int.from_bytes(body[place : place + size], "big")
        place += size
        return value

    for _ in range(take(2 if version < 2 else 4)):
        number = take(2 if version < 2 else 4)
        method = take(2) & 15 if version else 0
        take(2)
        base = take(sizes[2])
        extents = []
        for _ in range(take(2)):
            take(sizes[3])
            extents.append((take(sizes[0]), take(sizes[1])))
        if number == item and extents:
            offset = base + extents[0][0]
            if method == 1:
                return parts[b"idat"][offset : offset + 12]
            stream.seek(offset)
            return stream.read(12)
    raise DamagedHeif("its grid is not described")


def _turn(held: list[tuple[bytes, bytes]]) -> Turn:
    """Properties are applied in their order; a mirror after a turn is a mirror before the turn the other way."""
    turn = Turn()
    for kind, body in held:
        if kind == b"irot":
            turn = Turn(turn.mirrored, (turn.quarters + (body[0] & 3)) % 4)
        elif kind == b"imir":
            # Axis 0 exchanges top and bottom, axis 1 left and right (second edition of the standard).
            quarters = -turn.quarters % 4
            turn = Turn(not turn.mirrored, quarters if body[0] & 1 else (quarters + 2) % 4)
    return turn
