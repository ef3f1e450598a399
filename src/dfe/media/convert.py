"""Decoded pictures to upright RGB with square pixels: each by its own size, shape, turn and kind of scan.

All of these may change inside a file (a phone that is turned, a call whose size follows the network, a tape whose
aspect is switched), so nothing here is remembered from frame to frame but tables that save time.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple, cast

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from dfe.base.types import ImageArray, Treatment
from dfe.media.pixels import Turn, on_ground, turn_of_display_matrix, upright

_UNSPECIFIED_COLOURS = 2
_SQUARE_ENOUGH = 0.01
"""Pixels within 1% of square are taken as they are: rounding of encoders, and less than anything that is measured."""


class Converted(NamedTuple):
    """A picture as it is given, and what was done to it."""

    image: ImageArray
    treated: tuple[Treatment, ...]


class Converter:
    """Makes pictures of decoded frames.

    Interlaced frames hold two moments in alternate lines. The upper field alone is kept and its missing lines are made
    from it, so that a picture depends on no other and shows one moment (docs/front-end.md has what that costs).
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._has_alpha: dict[str, bool] = {}
        self._field: tuple[tuple[str, int, int], Graph] | None = None

    def rgb(self, picture: VideoFrame, aspect: float) -> Converted:
        """Upright RGB with square pixels.

        Args:
            picture: as decoded.
            aspect: width of one of its pixels over its height, before the turn.
        """
        layout = picture.format
        has_alpha = self._has_alpha.get(layout.name)
        if has_alpha is None:
            has_alpha = self._has_alpha[layout.name] = any(component.is_alpha for component in layout.components)
        turn = turn_of(picture)
        width, height = squared_size(picture.width, picture.height, aspect)
        treated: list[Treatment] = ["squared"] if (width, height) != (picture.width, picture.height) else []
        # Untagged video is BT.601 up to standard definition and BT.709 above, as players take it.
        untagged_hd = picture.colorspace == _UNSPECIFIED_COLOURS and picture.height > 576
        source = picture
        if is_interlaced(picture):
            source = self._upper_field(picture)
            treated.insert(0, "deinterlaced")
        plain = self._reformatter.reformat(
            source,
            width=width,
            height=height,
            format="rgba" if has_alpha else "rgb24",
            src_colorspace=Colorspace.ITU709 if untagged_hd else None,
            interpolation=Interpolation.BICUBIC if treated else None,
            threads=1,
        )
        # Where there was nothing to convert, the memory is still the decoder's.
        pixels = cast(ImageArray, plain.to_ndarray()) if plain is picture else _array(plain, 4 if has_alpha else 3)
        return Converted(upright(on_ground(pixels) if has_alpha else pixels, turn), tuple(treated))

    def _upper_field(self, picture: VideoFrame) -> VideoFrame:
        key = picture.format.name, picture.width, picture.height
        if self._field is None or self._field[0] != key:
            graph = Graph()
            entry = graph.add_buffer(
                width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1, 1000)
            )
            field, sink = graph.add("field", "top"), graph.add("buffersink")
            entry.link_to(field)
            field.link_to(sink)
            graph.configure()
            self._field = key, graph
        graph = self._field[1]
        graph.push(picture)
        return cast(VideoFrame, graph.pull())


class PixelAspects:
    """The pixel aspect of each decoded frame of a file: the container's, until the stream states another on its way.

    Args:
        container: width of a pixel over its height as the container has it, or the stream where that says nothing.
        codec: as the stream's own header had it when the file was opened.
    """

    def __init__(self, container: float, codec: Fraction | None) -> None:
        self._container, self._first = container, codec
        self._changes: list[tuple[int, Fraction | None]] = []

    def note(self, pts: int | None, codec: Fraction | None) -> None:
        """After a packet with this stamp the decoder says this aspect; frames before that stamp come out later."""
        known = self._changes[-1][1] if self._changes else self._first
        if codec != known and pts is not None:
            self._changes.append((pts, codec))

    def at(self, pts: int | None) -> float:
        """Aspect of the frame with this stamp."""
        codec = self._first
        for since, value in self._changes:
            if pts is None or pts >= since:
                codec = value
        return self._container if codec == self._first else pixel_aspect(codec)


def is_interlaced(picture: VideoFrame) -> bool:
    """Whether the stream says so; pictures of very few lines cannot be halved."""
    return bool(picture.interlaced_frame) and picture.height >= 4


def pixel_aspect(aspect: Fraction | None) -> float:
    """Width of a pixel over its height; aspects that no camera makes are taken for nonsense."""
    return float(aspect) if aspect and 0.25 <= aspect <= 4 else 1.0


def squared_size(width: int, height: int, aspect: float) -> tuple[int, int]:
    """Width and height after pixels are made square: the side that is too short grows, nothing is thrown away."""
    if abs(aspect - 1) <= _SQUARE_ENOUGH:
        return width, height
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))


def turn_of(frame: VideoFrame) -> Turn:
    """The turn that a frame's display matrix asks for."""
    try:
        return turn_of_display_matrix(bytes(cast(Any, frame.side_data)["DISPLAYMATRIX"]))
    except KeyError:
        return Turn()
    except ValueError:  # PyAV stumbles over kinds of side data that it does not know.
        return Turn(False, round(frame.rotation / 90) % 4)


def _array(picture: VideoFrame, channels: int) -> ImageArray:
    """Packed pixels as an array: the picture's own memory where its rows have no padding, else a copy."""
    plane = picture.planes[0]
    if plane.line_size != picture.width * channels:
        return cast(ImageArray, picture.to_ndarray())
    return np.frombuffer(memoryview(plane), np.uint8).reshape(picture.height, picture.width, channels)
