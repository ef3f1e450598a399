"""What the first bytes of a file say: which picture format it is, its size, its turn, whether it moves."""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from dataclasses import dataclass
from os import SEEK_CUR
from pathlib import Path
from typing import BinaryIO, Literal

from dfe.base.errors import MediaError
from dfe.media.heif import BRANDS, DamagedHeif, read_items
from dfe.media.tiff import DamagedTiff, tiff_directories

PictureFormat = Literal["jpeg", "png", "gif", "webp", "bmp", "tiff", "heic", "avif"]

MOTION_JPEG_SUFFIXES = frozenset({".mjpeg", ".mjpg"})
"""A stream of JPEG pictures begins like a single one."""

_ORIENTATION_TAG = 0x0112
_WIDTH_TAG, _HEIGHT_TAG = 256, 257
_KIND_TAG, _SMALLER_COPY = 254, 1
_MOST_PAGES = 64
_EXIF_BYTES = 2**20
"""EXIF is 64 kB at most; what says that it is more is not believed."""
_PNG_PIXEL, _PNG_SLACK = 8, 2**16
"""Bytes of the largest pixel (four channels of 16 bit); bytes that any PNG may have beyond what its pixels fill."""


@dataclass(frozen=True)
class PictureHeader:
    """A picture file before it is decoded; width and height in pixels as stored, before the turn."""

    format: PictureFormat
    width: int
    height: int
    orientation: int = 1
    """EXIF orientation, 1 to 8."""
    animated: bool = False
    pages: int = 1
    """Pictures in a TIFF file, without smaller copies of them; no more than the first 64 are counted."""


class DamagedHeader(ValueError):
    """The file begins like a picture but its header cannot be followed."""


def open_media(path: Path) -> BinaryIO:
    """Open a file for reading, telling apart all the ways in which that fails.

    Raises:
        MediaError: missing, a folder, a pipe or device, no permission, empty, or another failure of the disk.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise MediaError("is a folder, not a file", where=path, advice="name a file in it")
        if not stat.S_ISREG(found.st_mode):
            # Opening a named pipe would wait for ever for somebody to write.
            raise MediaError(f"is {_special(found.st_mode)}, not a file", where=path, advice="save it to a file first")
        if found.st_size == 0:
            raise MediaError("the file is empty", where=path, advice="copy or record it again")
        stream = path.open("rb")
    except FileNotFoundError:
        raise MediaError("no such file", where=path, advice="check the spelling of the path") from None
    except PermissionError:
        raise MediaError("no permission to read it", where=path, advice="change its permissions") from None
    except OSError as error:
        raise MediaError(f"cannot be opened ({error.strerror or error})", where=path, advice="check the disk") from None
    return stream


def _special(mode: int) -> str:
    kinds = ((stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for matches, name in kinds if matches(mode)), "a device")


def picture_header(stream: BinaryIO) -> PictureHeader | None:
    """Header of the picture that begins at the start of a seekable stream; None when it is no picture known here.

    Raises:
        DamagedHeader: the format is known but the header is cut short or contradicts itself.
    """
    stream.seek(0)
    head = stream.read(16)
    stream.seek(0)
    for matches, parse in _FORMATS:
        if matches(head):
            try:
                header = parse(stream)
            except (struct.error, IndexError) as error:
                raise DamagedHeader("its header is cut short") from error
            if header.width < 1 or header.height < 1:
                raise DamagedHeader("its header announces a picture without pixels")
            return header
    return None


def still_header(path: Path) -> PictureHeader | None:
    """Header of a still picture; None when the file is something else, perhaps a video.

    Raises:
        MediaError: the file cannot be opened, or is a picture with a damaged header.
    """
    with open_media(path) as stream:
        try:
            header = picture_header(stream)
        except DamagedHeader as error:
            raise MediaError(f"damaged picture: {error}", where=path, advice="copy or export it again") from None
    if header is None or header.animated or (header.format == "jpeg" and path.suffix.lower() in MOTION_JPEG_SUFFIXES):
        return None
    return header


def is_animation(path: Path) -> bool:
    """Whether a file is an animated WebP, which is read otherwise than videos and other animated pictures.

    Raises:
        MediaError: the file cannot be opened.
    """
    with open_media(path) as stream:
        if stream.read(4) != b"RIFF":
            return False
        try:
            header = picture_header(stream)
        except DamagedHeader:
            return False
    return header is not None and header.format == "webp" and header.animated


def foreign_picture(head: bytes) -> str | None:
    """Name of a picture format that is recognised but not read, for a helpful error; else None."""
    if head[4:8] == b"jP  " or head[:4] == b"\xff\x4f\xff\x51":
        return "JPEG 2000"
    if head[:4] == b"8BPS":
        return "Photoshop"
    return "JPEG XL" if head[:2] == b"\xff\x0a" or head[4:8] == b"JXL " else None


def exif_orientation(tiff: bytes) -> int:
    """Orientation (1 to 8) from an EXIF block in TIFF layout; 1 where it says nothing or nonsense."""
    try:
        (tags,) = tiff_directories(tiff, {_ORIENTATION_TAG}, 1)
    except DamagedTiff:
        return 1
    value = tags.get(_ORIENTATION_TAG, 1)
    return value if 1 <= value <= 8 else 1


def _heif(stream: BinaryIO) -> PictureHeader:
    stream.seek(8)
    brand = stream.read(4)
    try:
        items = read_items(stream)
    except DamagedHeif as error:
        raise DamagedHeader(str(error)) from error
    return PictureHeader("avif" if brand == b"avif" else "heic", items.width, items.height)


def _unpack(layout: str, stream: BinaryIO) -> tuple[int, ...]:
    return struct.unpack(layout, stream.read(struct.calcsize(layout)))


def _jpeg(stream: BinaryIO) -> PictureHeader:
    stream.seek(2)
    size: tuple[int, int] | None = None
    orientation = 1
    while True:
        byte = stream.read(1)[0]
        while byte != 0xFF:
            byte = stream.read(1)[0]
        while byte == 0xFF:
            byte = stream.read(1)[0]
        if byte == 0x01 or 0xD0 <= byte <= 0xD8:
            continue
        if byte in (0xDA, 0xD9):
            break
        (length,) = _unpack(">H", stream)
        body = stream.read(max(length - 2, 0))
        if 0xC0 <= byte <= 0xCF and byte not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", body[1:5])
            size = width, height
        elif byte == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = exif_orientation(body[6:])
    if size is None:
        raise DamagedHeader("its header announces no size")
    return PictureHeader("jpeg", *size, orientation)


def _png(stream: BinaryIO) -> PictureHeader:
    stream.seek(16)
    width, height = _unpack(">II", stream)
    stream.seek(33)
    orientation, animated, packed = 1, False, 0
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND" or (packed and kind != b"IDAT"):
            break
        if kind == b"IDAT":
            packed += length
        if kind == b"eXIf":
            place = stream.tell()
            orientation = exif_orientation(stream.read(min(length, _EXIF_BYTES)))
            stream.seek(place)
        animated |= kind == b"acTL"
        stream.seek(length + 4, SEEK_CUR)
    if packed > 2 * height * (_PNG_PIXEL * width + 1) + _PNG_SLACK:
        raise DamagedHeader("it holds more data than a picture of its size can need")
    return PictureHeader("png", width, height, orientation, animated)


def _gif(stream: BinaryIO) -> PictureHeader:
    stream.seek(6)
    width, height, flags, _, _ = _unpack("<HHBBB", stream)
    if flags & 0x80:
        stream.seek(3 << (flags & 7) + 1, SEEK_CUR)
    pictures = 0
    while pictures < 2:
        kind = stream.read(1)
        if kind == b"\x2c":
            pictures += 1
            local = _unpack("<HHHHB", stream)[4]
            stream.seek((3 << (local & 7) + 1 if local & 0x80 else 0) + 1, SEEK_CUR)
        elif kind == b"\x21":
            stream.seek(1, SEEK_CUR)
        else:
            break
        while length := stream.read(1):
            if length == b"\0":
                break
            stream.seek(length[0], SEEK_CUR)
    return PictureHeader("gif", width, height, animated=pictures > 1)


def _webp(stream: BinaryIO) -> PictureHeader:
    stream.seek(12)
    kind, _, body = struct.unpack("<4sI10s", stream.read(18))
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return PictureHeader("webp", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", body[1:5])
        return PictureHeader("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind != b"VP8X":
        raise DamagedHeader("its header announces no picture")
    width = int.from_bytes(body[4:7], "little") + 1
    height = int.from_bytes(body[7:10], "little") + 1
    orientation = 1
    if body[0] & 0x08:
        while len(head := stream.read(8)) == 8:
            chunk, length = struct.unpack("<4sI", head)
            if chunk == b"EXIF":
                orientation = exif_orientation(stream.read(min(length, _EXIF_BYTES)).removeprefix(b"Exif\0\0"))
                break
            stream.seek(length + length % 2, SEEK_CUR)
    return PictureHeader("webp", width, height, orientation, bool(body[0] & 0x02))


def _bmp(stream: BinaryIO) -> PictureHeader:
    stream.seek(14)
    (header,) = _unpack("<I", stream)
    width, height = _unpack("<HH" if header == 12 else "<ii", stream)
    return PictureHeader("bmp", abs(width), abs(height))


def _tiff(stream: BinaryIO) -> PictureHeader:
    try:
        tags, *others = tiff_directories(stream, {_WIDTH_TAG, _HEIGHT_TAG, _ORIENTATION_TAG, _KIND_TAG}, _MOST_PAGES)
    except DamagedTiff as error:
        raise DamagedHeader(str(error)) from error
    orientation = tags.get(_ORIENTATION_TAG, 1)
    pages = 1 + sum(not other.get(_KIND_TAG, 0) & _SMALLER_COPY for other in others)
    width, height = tags.get(_WIDTH_TAG, 0), tags.get(_HEIGHT_TAG, 0)
    return PictureHeader("tiff", width, height, orientation if 1 <= orientation <= 8 else 1, pages=pages)


_FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO], PictureHeader]], ...] = (
    (lambda head: head.startswith(b"\xff\xd8\xff"), _jpeg),
    (lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), _png),
    (lambda head: head.startswith((b"GIF87a", b"GIF89a")), _gif),
    (lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", _webp),
    (lambda head: head.startswith(b"BM") and head[6:10] == b"\0\0\0\0", _bmp),
    (lambda head: head[4:8] == b"ftyp" and head[8:12] in BRANDS, _heif),
    (lambda head: head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _tiff),
)
