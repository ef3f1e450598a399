"""The people's own film: its pictures by their numbers, at a given size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import ImageArray, IntArray
from dfe.media.film import Film, open_film
from dfe.media.probe import file_hash
from dfe.movies.text import QUIET


def own_film(path: Path, name: str, sha256: str | None, option: str) -> Film:
    """The film that a recording was made of.

    Args:
        path: of the film.
        name: of the recording's source.
        sha256: of the source, as the recording keeps it; None where it is not known.
        option: by which the user named the film.

    Raises:
        UsageError: it is another film.
        MediaError: it cannot be read.
    """
    if sha256 is not None and file_hash(path) != sha256:
        what = f"is not the video that the recording is of ({name})"
        raise UsageError(what, where=path, advice=f"name that one with {option}")
    return open_film([path])


def frames_of(video: Film, wanted: IntArray, height: int) -> Iterator[ImageArray]:
    """The picture of each frame number, at one height; grey where it cannot be decoded.

    Args:
        video: the film.
        wanted: ``(n,)`` numbers of frames, ascending, one or more times each.
        height: in pixels; the width follows.

    Raises:
        UsageError: the film ends before the last of them.
    """
    width = max(2, round(video.info.width * height / video.info.height / 2) * 2)
    blank = np.full((height, width, 3), QUIET, np.uint8)
    for image in pictures_of(video, wanted):
        yield blank if image is None else fitted(image, blank)


def pictures_of(video: Film, wanted: IntArray) -> Iterator[ImageArray | None]:
    """The picture of each frame number as it is; None where it cannot be decoded.

    Args:
        video: the film.
        wanted: ``(n,)`` numbers of frames, ascending, one or more times each.

    Raises:
        UsageError: the film ends before the last of them.
    """
    if int(wanted[-1]) >= len(video):
        raise UsageError(
            f"has {len(video)} frames, the recording goes to frame {int(wanted[-1])}",
            where=video.path,
            advice="name the video that the recording was made of",
        )
    frames = video.frames(first=int(wanted[0]), last=int(wanted[-1]) + 1)
    at, picture = -1, None
    for number in wanted:
        while at < number:
            frame = next(frames)
            at = frame.index
            if at == number:
                picture = frame.image
        yield picture


def fitted(image: ImageArray, blank: ImageArray) -> ImageArray:
    """The picture in the middle of a blank one, as large as it goes without a change of shape."""
    room_high, room_wide = blank.shape[:2]
    scale = min(room_high / image.shape[0], room_wide / image.shape[1])
    # Sizes are rounded to even numbers: a picture that all but fills the room fills it.
    wide, high = (
        room if abs(room - scale * own) < 2 else max(1, round(scale * own))
        for room, own in ((room_wide, image.shape[1]), (room_high, image.shape[0]))
    )
    resized = cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    if (high, wide) == (room_high, room_wide):
        return np.asarray(resized, np.uint8)
    whole = blank.copy()
    top, left = (room_high - high) // 2, (room_wide - wide) // 2
    whole[top : top + high, left : left + wide] = resized
    return whole
