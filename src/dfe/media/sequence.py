"""Numbered pictures as a film: ``1.jpg, 2.jpg, ... 12.jpg`` at a rate that the user gives."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from dfe.base.errors import MediaError, UsageError
from dfe.base.types import Frame
from dfe.media.film import bounds_of_cut
from dfe.media.image import read_image
from dfe.media.probe import MediaInfo, VideoScan, probe
from dfe.media.timeline import Timeline

MISSING = "no picture of this number"
"""Reason of a frame that the numbering leaves out."""
_NUMBERED = re.compile(r"(\D*(?:\d+\D+)*?)(\d+)")


class PictureSequence:
    """Pictures whose names differ in one number, the last in the name; implements :class:`dfe.media.film.Film`.

    Frame 0 is the lowest number. Where the numbers go up in larger even steps, a frame is a step; a number that is
    missing is a frame without a picture.

    Args:
        paths: the pictures, in any order.
        rate: frames per second.

    Raises:
        UsageError: no rate, or names that are not numbered throughout.
        MediaError: none of the pictures can be opened.
    """

    scan: VideoScan | None = None

    def __init__(self, paths: Sequence[Path], rate: float | None) -> None:
        self.path = paths[0].parent
        if rate is None:
            raise UsageError("pictures are a film only with --rate", where=self.path, advice="say --rate")
        self._by_frame = dict(zip(_frames(paths), paths, strict=True))
        count = max(self._by_frame) + 1
        if count > 2 * len(paths):
            what = f"{count - len(paths)} of the numbers from the first picture to the last are missing"
            raise UsageError(what, where=self.path, advice="leave --rate out, or give the pictures of one film")
        self._timeline = Timeline(np.arange(count) / rate, np.empty(0, np.int64), "ok", counted=True)
        first = self._first_readable()
        self._info = MediaInfo(
            path=self.path,
            kind="video",
            width=first.width,
            height=first.height,
            rotation=0,
            frame_count=count,
            duration_s=count / rate,
            frame_rate=float(rate),
            codec=first.codec,
        )

    @property
    def info(self) -> MediaInfo:
        """Size of the first picture, length and rate."""
        return self._info

    @property
    def timeline(self) -> Timeline:
        """Frame numbers over the rate."""
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
        """See :meth:`dfe.media.video.Video.frames`; the source of a frame is its picture's name."""
        low, high = bounds_of_cut(self, start_s, end_s, every, first, last)
        return map(self._frame, range(-(-low // every) * every, high, every))

    def _frame(self, index: int) -> Frame:
        time_s = float(self._timeline.times_s[index])
        path = self._by_frame.get(index)
        if path is None:
            return Frame(index, time_s, None, MISSING, self.path.name)
        try:
            return Frame(index, time_s, read_image(path), None, path.name)
        except MediaError as error:
            return Frame(index, time_s, None, error.what, path.name)

    def _first_readable(self) -> MediaInfo:
        problem: MediaError | None = None
        for index in sorted(self._by_frame):
            try:
                return probe(self._by_frame[index])
            except MediaError as error:
                problem = problem or error
        raise problem or MediaError("holds no picture", where=self.path)


def _frames(paths: Sequence[Path]) -> list[int]:
    """Frame number of each picture.

    Raises:
        UsageError: names of another pattern than the first, two pictures of one number, or no number at all.
    """
    numbers, stems = [], set()
    for path in paths:
        matched = _NUMBERED.fullmatch(path.stem) or re.fullmatch(r"(.*?)(\d+)\D*", path.stem)
        if matched is None:
            what = "its name has no number, so it has no place in a film"
            raise UsageError(what, where=path, advice="leave --rate out, or name the pictures 1, 2, 3 ...")
        numbers.append(int(matched[2]))
        stems.add((path.stem[: matched.start(2)], path.stem[matched.end(2) :]))
    if len(stems) > 1 or len(set(numbers)) < len(numbers):
        what = "the pictures are not numbered as one film: their names differ in more than one number"
        raise UsageError(what, where=paths[0].parent, advice="leave --rate out, or give the pictures of one film")
    lowest = min(numbers)
    step = math.gcd(*(number - lowest for number in numbers)) or 1
    return [(number - lowest) // step for number in numbers]
