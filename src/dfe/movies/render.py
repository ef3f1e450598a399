"""Videos of the drawn head that does what a face of a recording does, beside the video itself if asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.files import replacing
from dfe.base.types import ImageArray, IntArray, Progress
from dfe.clock.clock import usual_step
from dfe.movies.heads import HeadLook, draw_heads
from dfe.movies.output import CLOCK, Mp4, check_movie_name
from dfe.movies.people import frames_of, own_film
from dfe.movies.performance import Performance, What
from dfe.movies.text import INK, PAPER, QUIET, write_words

_WORDS, _LINE_PX = 4, 20


@dataclass(frozen=True)
class VideoOptions:
    """How a video of the drawn head looks."""

    what: tuple[What, ...] = ("decoded",)
    """Heads from left to right."""
    size: int = 320
    """Side of each head in pixels, even."""
    rate: float | None = None
    """Frames per second; None keeps the presentation times of the recording."""
    heat_max_mm: float | None = None
    """Colour the skin by how far it has moved, up to so many mm; None leaves it plain."""
    words: bool = False
    """Write below the heads what the tokens say."""
    quality: int = 20
    """Constant rate factor of H.264: smaller is better and larger."""


def render_video(
    performance: Performance,
    path: Path,
    options: VideoOptions | None = None,
    *,
    beside: Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write an MP4 (H.264, 4:2:0) and return its number of frames; the same input gives the same bytes.

    The head looks straight ahead: a recording's expressions hold no turns of the head. Where the face is not seen, the
    head at rest is shown faintly. Times begin at 0 with the recording's first frame.

    Args:
        performance: of one face.
        path: of the video.
        options: how it looks.
        beside: the video that the recording was made of, to be shown at the left; the output then holds pictures of
            the person.
        overwrite: replace a file that is there.
        progress: told of frames done.

    Raises:
        UsageError: sizes or rates that make no sense, no tokens to decode, or a video that the recording is not of.
        MediaError: the video beside cannot be read.
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    options = options or VideoOptions()
    if not 64 <= options.size <= 2048 or options.size % 2:
        raise UsageError(f"a head of {options.size} pixels cannot be drawn", advice="take an even number, 64 to 2048")
    if options.rate is not None and not 1 <= options.rate <= 240:
        raise UsageError(f"{options.rate:g} frames per second cannot be written", advice="take 1 to 240")
    check_movie_name(path)
    rows, ticks = _schedule(performance, options.rate)
    look = HeadLook(options.size, options.heat_max_mm)
    heads = [draw_heads(performance.space, performance.expressions(what)[rows], look) for what in options.what]
    pictures = [] if beside is None else [_beside(beside, performance, rows, options.size)]
    told = performance.words() if options.words else []
    captions = [""] * len(pictures) + [what if len(options.what) > 1 else "" for what in options.what]
    with (
        replacing(path, overwrite=overwrite) as (file,),
        Mp4(file, rate=options.rate, quality=options.quality) as output,
    ):
        for done, (row, tick, *panels) in enumerate(zip(rows, ticks, *pictures, *heads, strict=True), start=1):
            words = told[row] if told else None
            output.write(_compose(panels, captions, words), int(tick))
            if progress is not None:
                progress(done, len(rows))
    return len(rows)


def _schedule(performance: Performance, rate: float | None) -> tuple[IntArray, IntArray]:
    """Which row of the performance each picture shows, and when it is shown, in ticks from the first."""
    time = performance.time_s - performance.time_s[0]
    if rate is None:
        ticks = np.rint(time * CLOCK).astype(np.int64)
        keep = np.concatenate([[True], np.diff(ticks) > 0])
        return np.flatnonzero(keep), ticks[keep]
    length = time[-1] + usual_step(time)
    count = max(1, round(length * rate))
    # Half a tick of slack: a frame that begins with a picture is the one that the picture shows.
    rows = np.searchsorted(time, np.arange(count) / rate + 0.5 / CLOCK, side="right") - 1
    return rows, np.rint(np.arange(count) / rate * CLOCK).astype(np.int64)


def _beside(path: Path, performance: Performance, rows: IntArray, height: int) -> Iterator[ImageArray]:
    """The video's picture for each row, at the heads' height; grey where it cannot be decoded."""
    film = own_film(path, performance.name, performance.source_sha256, "--beside")
    return frames_of(film, performance.frame[rows], height)


def _compose(panels: Sequence[ImageArray], captions: Sequence[str], words: Sequence[str] | None) -> ImageArray:
    drawn = []
    for panel, caption in zip(panels, captions, strict=True):
        one = panel.copy() if caption else panel
        if caption:
            write_words(one, caption, 10, one.shape[0] - 10, QUIET)
        drawn.append(one)
    picture = np.hstack(drawn)
    if words is None:
        return picture
    below = np.full((_WORDS * _LINE_PX + 16, picture.shape[1], 3), PAPER, np.uint8)
    for line, text in enumerate(words[:_WORDS]):
        write_words(below, text, 10, 18 + line * _LINE_PX, INK)
    return np.vstack([picture, below])
