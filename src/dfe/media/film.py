"""What a film is to the rest of the house: pictures with times, whatever holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from dfe.base.errors import UsageError
from dfe.base.types import Frame
from dfe.media.header import is_animation
from dfe.media.probe import MediaInfo, VideoScan
from dfe.media.timeline import Timeline


class Film(Protocol):
    """A video file, an animated picture, or numbered pictures; all give their frames alike."""

    path: Path
    """The file, or the folder of the pictures."""

    @property
    def info(self) -> MediaInfo:
        """Size, length, rate and defects."""
        ...

    @property
    def timeline(self) -> Timeline:
        """When each frame is shown."""
        ...

    @property
    def scan(self) -> VideoScan | None:
        """What saves opening it a second time; None where that costs nothing."""
        ...

    def __len__(self) -> int: ...

    def frames(
        self,
        start_s: float | None = None,
        end_s: float | None = None,
        every: int = 1,
        first: int | None = None,
        last: int | None = None,
    ) -> Iterator[Frame]:
        """See :meth:`dfe.media.video.Video.frames`."""
        ...


def open_film(paths: Sequence[Path], *, rate: float | None = None, scan: VideoScan | None = None) -> Film:
    """The film that a file holds, or that numbered pictures make.

    Args:
        paths: one file, or the pictures.
        rate: frames per second, where the file does not say or pictures are to be a film.
        scan: of the same file opened before.

    Raises:
        MediaError: it cannot be opened or holds no film.
        UsageError: a rate for frames that carry their own times, none for pictures, or pictures that are not numbered.
    """
    from dfe.media.animation import Animation
    from dfe.media.sequence import PictureSequence
    from dfe.media.video import Video

    if len(paths) > 1:
        return PictureSequence(paths, rate)
    if is_animation(paths[0]):
        return Animation(paths[0], rate)
    return Video(paths[0], scan=scan, rate=rate)


def bounds_of_cut(
    film: Film, start_s: float | None, end_s: float | None, every: int, first: int | None, last: int | None
) -> tuple[int, int]:
    """First frame and last frame + 1 of a cut by times and numbers.

    Raises:
        UsageError: ``every`` below 1, or a cut that ends before it begins.
    """
    if every < 1:
        raise UsageError("every must be 1 or more", where=film.path)
    low, high = film.timeline.indices(start_s, end_s)
    low, high = max(low, first or 0), min(high, len(film) if last is None else last)
    backwards = start_s is not None and end_s is not None and end_s < start_s
    if backwards or (last is not None and last < (first or 0)):
        raise UsageError("the cut ends before it begins", where=film.path, advice="exchange start and end")
    return low, high
