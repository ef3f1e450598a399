"""Animated WebP, which FFmpeg does not read: decoded whole by OpenCV."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from dfe.base.budget import LIFT, allowed, in_words, read_up_to
from dfe.base.errors import MediaError, UsageError
from dfe.base.types import Frame, ImageArray
from dfe.media.film import bounds_of_cut
from dfe.media.header import open_media
from dfe.media.image import quiet
from dfe.media.pixels import on_ground
from dfe.media.probe import MediaInfo, VideoScan
from dfe.media.timeline import Timeline

MAX_BYTES = 1_000_000_000
"""Of all its pictures together, since they are decoded at once; longer animations are refused."""
_CHANNELS = 4


class Animation:
    """An animated WebP; implements :class:`dfe.media.film.Film`.

    Args:
        path: the file.
        rate: must be None, since the frames carry their own times.

    Raises:
        MediaError: damaged, or over :data:`MAX_BYTES`.
        UsageError: a rate is given.
    """

    scan: VideoScan | None = None

    def __init__(self, path: Path, rate: float | None = None) -> None:
        self.path = path
        if rate is not None:
            what = "its frames carry times of their own, which --rate does not replace"
            raise UsageError(what, where=path, advice="leave --rate out")
        with open_media(path) as stream:
            most = allowed(MAX_BYTES)
            data = read_up_to(stream, most // _CHANNELS)
        width, height, durations_ms = _read(path, data)
        if width * height * _CHANNELS * len(durations_ms) > most:
            size = f"{len(durations_ms)} pictures of {width} x {height} pixels"
            what = f"{size} are over the limit of {in_words(most)}"
            raise MediaError(what, where=path, advice=f"convert it to MP4, or {LIFT}")
        # Browsers show a picture of no length for a tenth of a second.
        lengths = np.array([length or 100 for length in durations_ms], np.float64) / 1000
        ends = np.cumsum(lengths)
        self._timeline = Timeline(ends - lengths, np.empty(0, np.int64), "ok")
        self._data = data
        count = len(lengths)
        self._info = MediaInfo(
            path=path,
            kind="video",
            width=width,
            height=height,
            rotation=0,
            frame_count=count,
            duration_s=float(ends[-1]),
            frame_rate=self._timeline.frame_rate or count / float(ends[-1]),
            codec="webp",
            variable_rate=self._timeline.is_variable(0.001),
        )

    @property
    def info(self) -> MediaInfo:
        """Size, length and rate."""
        return self._info

    @property
    def timeline(self) -> Timeline:
        """As the durations of its pictures say."""
        return self._timeline

    def __len__(self) -> int:
        return self._info.frame_count

    def frames(
        self,
        start_s: float | None = None,
        end_s: float | None = None,
        every: int = 1,
        first: int | None = None,
        last: int | None = None,
    ) -> Iterator[Frame]:
        """See :meth:`dfe.media.video.Video.frames`.

        Raises:
            MediaError: its pictures cannot be decoded.
        """
        low, high = bounds_of_cut(self, start_s, end_s, every, first, last)
        for index in range(-(-low // every) * every, high, every):
            picture = self._pictures[index] if index < len(self._pictures) else None
            reason = None if picture is not None else "corrupt frame"
            yield Frame(index, float(self._timeline.times_s[index]), picture, reason, self.path.name)

    @cached_property
    def _pictures(self) -> list[ImageArray]:
        with quiet():
            try:
                done, animation = cv2.imdecodeanimation(np.frombuffer(self._data, np.uint8))
            except (cv2.error, MemoryError):
                done, animation = False, None
        if not done or animation is None:
            raise MediaError("none of its frames can be decoded", where=self.path, advice="check that it plays")
        return [_rgb(np.asarray(picture)) for picture in animation.frames]


def _rgb(picture: np.ndarray) -> ImageArray:
    if picture.shape[2] == _CHANNELS:
        return on_ground(cast(ImageArray, cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)))
    return cast(ImageArray, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


def _read(path: Path, data: bytes) -> tuple[int, int, list[int]]:
    """Width, height, and the milliseconds of each picture (WebP container: VP8X, then ANMF chunks)."""
    durations = []
    place = 12
    while place + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        if kind == b"ANMF" and place + 24 <= len(data):
            durations.append(int.from_bytes(data[place + 20 : place + 23], "little"))
        place += 8 + length + length % 2
    if not durations:
        raise MediaError("none of its frames can be decoded", where=path, advice="check that it plays")
    width = int.from_bytes(data[24:27], "little") + 1
    height = int.from_bytes(data[27:30], "little") + 1
    return width, height, durations
