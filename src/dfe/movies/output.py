"""Writing videos: pictures in, an MP4 out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from dfe.base.errors import DfeError, UsageError
from dfe.base.types import ImageArray

CLOCK = 90_000
"""Ticks per second of the time stamps; all usual frame rates are whole numbers of them, near enough."""


def check_movie_name(path: Path) -> None:
    """A movie is written as an MP4, whatever it is called; another name would keep players from opening it.

    Raises:
        UsageError: the name does not end in ``.mp4``.
    """
    if path.suffix.lower() != ".mp4":
        raise UsageError("the movie is an MP4", where=path, advice="give it a name that ends in .mp4")


class Mp4:
    """An MP4 (H.264, 4:2:0) that grows frame by frame; the same pictures give the same bytes.

    Args:
        file: opened for writing.
        rate: frames a second, for players that ask; times are those of the ticks.
        quality: constant rate factor: smaller is better and larger.

    Raises:
        DfeError: this build of FFmpeg writes no MP4.
    """

    def __init__(self, file: Any, *, rate: float | None = None, quality: int = 20) -> None:
        self._rate, self._quality = rate, quality
        try:
            self._container = av.open(file, "w", format="mp4", container_options={"fflags": "+bitexact"})
        except av.error.FFmpegError as error:
            raise DfeError(f"no MP4 can be written ({error})") from error
        self._stream: Any = None

    def write(self, picture: ImageArray, tick: int) -> None:
        """Add a picture with even sides, shown from ``tick`` on, in units of 1 / :data:`CLOCK` s."""
        if self._stream is None:
            self._stream = self._open(picture)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts, frame.time_base = tick, Fraction(1, CLOCK)
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> Mp4:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._stream is not None:
            self._container.mux(self._stream.encode(None))
        self._container.close()

    def _open(self, picture: ImageArray) -> Any:
        rate = Fraction(self._rate or 25).limit_denominator(1001)
        settings = {"crf": str(self._quality), "preset": "medium"}
        stream: Any = self._container.add_stream("libx264", rate=rate, options=settings)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, CLOCK)
        # The bytes depend on the number of threads, and the machine must not decide them.
        stream.codec_context.thread_count = 1
        return stream
