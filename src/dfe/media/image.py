"""Still pictures, one at a time: any of eight formats to upright RGB."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import nan
from os import PathLike
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from dfe.base.budget import LIFT, allowed, read_up_to
from dfe.base.errors import MediaError
from dfe.base.types import Frame, ImageArray
from dfe.media.header import DamagedHeader, PictureHeader, foreign_picture, open_media, picture_header
from dfe.media.heif import decode as decode_heif
from dfe.media.pixels import Turn, on_ground, turn_of_orientation, upright

MAX_PIXELS = 100_000_000
"""Larger pictures are refused before they are decoded: they would take over a gigabyte of memory."""

MAX_FILE_BYTES = 256_000_000
"""Larger files are refused before they are read: no picture that is read needs more, unless it is padded."""

_READABLE = "JPEG, PNG, WebP, HEIC, AVIF, BMP, TIFF and GIF are read"
_DEEP_GREY_BITS = (10, 12, 14)
"""Depths of cameras whose numbers are stored in 16 bits as they are."""


def read_header(path: str | PathLike[str]) -> PictureHeader:
    """Header of a picture file, without decoding it.

    Raises:
        MediaError: as :func:`read_image`, but for damage beyond the header.
    """
    path = Path(path)
    with open_media(path) as stream:
        head = stream.read(16)
        try:
            header = picture_header(stream)
        except DamagedHeader as error:
            raise MediaError(f"damaged picture: {error}", where=path, advice="copy or export it again") from None
    if header is None:
        foreign = foreign_picture(head)
        what = f"{foreign} pictures are not read" if foreign else "not a picture that can be read"
        raise MediaError(what, where=path, advice=f"convert it: {_READABLE}")
    most = allowed(MAX_PIXELS)
    if header.width * header.height > most:
        size = f"{header.width} x {header.height} pixels are over the limit of {most // 1_000_000} megapixels"
        raise MediaError(size, where=path, advice=f"make it smaller first, or {LIFT}")
    return header


def read_image(path: str | PathLike[str]) -> ImageArray:
    """A picture as upright RGB, uint8 ``(height, width, 3)``.

    The EXIF turn is applied, grey becomes RGB, 16 bits are scaled to 8, and transparent pixels lie on mid-grey (128).
    Of a file with several pages, the first is read. A picture with 16 bits whose largest value fits in 10, 12 or 14 is
    taken to be of a camera of that depth, as infrared cameras store theirs; else it would be all but black.

    Raises:
        MediaError: no such file, no permission, empty, not a picture, damaged or cut short, animated, over 100
            megapixels, or with floating-point pixels.
    """
    return _read(Path(path))[0]


def _read(path: Path) -> tuple[ImageArray, PictureHeader]:
    """As :func:`read_image`, with the header."""
    header = read_header(path)
    return _pixels(path, header), header


def _pixels(path: Path, header: PictureHeader) -> ImageArray:
    if header.animated:
        raise MediaError("an animated picture, not a still", where=path, advice="read it as a video")
    with open_media(path) as stream:
        most = allowed(MAX_FILE_BYTES)
        data = read_up_to(stream, most + 1)
    if len(data) > most:
        what = f"the file is over the limit of {most // 1_000_000} MB for a picture"
        raise MediaError(what, where=path, advice=f"save it anew, smaller, or {LIFT}")
    if header.format in ("heic", "avif"):
        return decode_heif(path, data)
    if header.format == "gif":
        return _first_of_gif(path, data)
    pixels = _decode(data) if _is_whole(header, data) else None
    if pixels is None:
        raise MediaError("damaged picture, or cut short", where=path, advice="copy or export it again")
    if pixels.dtype == np.uint16:
        white = _white(int(pixels.max()))
        pixels = ((pixels.astype(np.uint32) * 255 + white // 2) // white).astype(np.uint8)
    if pixels.dtype != np.uint8:
        raise MediaError(f"{pixels.dtype} pixels are not read", where=path, advice="save it with 8 or 16 bits")
    # Of the flags that keep alpha and 16 bits, none lets cv2 apply the turn, except to TIFF, where it always does.
    turn = Turn() if header.format == "tiff" else turn_of_orientation(header.orientation)
    return upright(_to_rgb(cast(ImageArray, pixels)), turn)


def images(paths: Iterable[str | PathLike[str]]) -> Iterator[Frame]:
    """Pictures as frames: index is the position, time is NaN, source the file name.

    A picture that cannot be read comes in its place as a frame without image, with the reason.
    """
    for index, path in enumerate(map(Path, paths)):
        try:
            image, header = _read(path)
            yield Frame(index, nan, image, None, path.name, ("first_page",) if header.pages > 1 else ())
        except MediaError as error:
            yield Frame(index, nan, None, error.what, path.name)
        except MemoryError:
            yield Frame(index, nan, None, "not enough memory to read it", path.name)
        except (OSError, ValueError) as error:  # a disk or a share that fails while it is read
            yield Frame(index, nan, None, f"cannot be read ({error})", path.name)


def _white(largest: int) -> int:
    """The value of white in a picture of 16 bits, by its largest value."""
    return next(((1 << bits) - 1 for bits in _DEEP_GREY_BITS if largest < 1 << bits), 65535)


def _decode(data: bytes) -> np.ndarray | None:
    with quiet():
        try:
            return cast("np.ndarray | None", cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))
        except (cv2.error, MemoryError):
            return None


def _to_rgb(pixels: ImageArray) -> ImageArray:
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels == 1:
        return cast(ImageArray, cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB))
    if channels == 3:
        return cast(ImageArray, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    return on_ground(cast(ImageArray, cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA)))


def _is_whole(header: PictureHeader, data: bytes) -> bool:
    # libpng complains on stderr, past every log level, about a file without its end.
    return header.format != "png" or b"IEND" in data


def _first_of_gif(path: Path, data: bytes) -> ImageArray:
    import av

    try:
        with av.open(io.BytesIO(data), "r", format="gif") as container:
            frame = next(container.decode(video=0))
            return on_ground(cast(ImageArray, frame.to_ndarray(format="rgba")))
    except (av.error.FFmpegError, StopIteration, IndexError):
        raise MediaError("damaged picture, or cut short", where=path, advice="copy or export it again") from None


@contextmanager
def quiet() -> Iterator[None]:
    """cv2 logs to stderr what the caller is told by an error."""
    # OpenCV 5 moved the function; 0 is silence in both.
    set_level = cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel
    level = set_level(0)
    try:
        yield
    finally:
        set_level(level)
