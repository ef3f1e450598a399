"""Grid movies: one display as many people show it, side by side, all at their strongest at the same moment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.csv_text import csv_text
from dfe.base.errors import DfeError, UsageError
from dfe.base.files import replacing
from dfe.base.types import DoubleArray, FloatArray, ImageArray, IntArray, Progress
from dfe.clock.clock import usual_step
from dfe.media.film import Film
from dfe.movies.heads import HeadLook, draw_heads
from dfe.movies.occurrences import Occurrence
from dfe.movies.output import CLOCK, Mp4, check_movie_name
from dfe.movies.people import fitted, own_film, pictures_of
from dfe.movies.performance import Performance, What, read_performance
from dfe.movies.text import INK, PAPER, QUIET, write_words
from dfe.recording.recording import Recording

ON = (192, 106, 28)
"""Frame around a cell while the display is there."""
_FRAME_PX, _BAND_PX = 3, 30
_MARGIN = 1.7
"""Side of the square cut out of a film, over the longer side of the face's box."""
COLUMNS = ("cell", "recording", "face_id", "person", "onset_s", "apex_s", "offset_s", "intensity_mm", "shown")


@dataclass(frozen=True)
class GridOptions:
    """How a grid looks.

    Raises:
        UsageError: a value that makes no sense.
    """

    what: What = "decoded"
    """Heads do what the tokens say, or what was measured."""
    before_s: float = 1.0
    """What is shown before the apex."""
    after_s: float = 1.5
    """What is shown after it."""
    size: int = 176
    """Side of a cell in pixels, even."""
    rate: float = 25.0
    """Frames per second."""
    heat_max_mm: float | None = None
    """Colour the skin by how far it has moved, up to so many mm."""

    def __post_init__(self) -> None:
        if not 64 <= self.size <= 512 or self.size % 2:
            what = f"a cell of {self.size} pixels cannot be drawn"
            raise UsageError(what, advice="take an even number, 64 to 512")
        if not (0 < self.before_s <= 30 and 0 < self.after_s <= 30):
            raise UsageError("before and after the apex up to 30 seconds can be shown, and more than none")
        if not 1 <= self.rate <= 120:
            raise UsageError(f"{self.rate:g} frames per second cannot be written", advice="take 1 to 120")


class Drawn(NamedTuple):
    """What became of a grid."""

    frames: int
    heads: int
    """Cells with a drawn head."""
    films: int
    """Cells with the person's own film."""


def render_grid(
    chosen: Sequence[Occurrence],
    title: str,
    path: Path,
    options: GridOptions | None = None,
    *,
    tokenizer: str | Path | None = None,
    media: Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Drawn:
    """Write an MP4 with a cell for each occurrence, and beside it a table of what each cell is (``.csv``).

    Args:
        chosen: one or more.
        title: written below.
        path: of the video.
        options: how it looks.
        tokenizer: the one that made the tokens, where it is none of the package's.
        media: folder with the people's own films, to be shown in place of heads where they are there; the output then
            holds pictures of these people.
        overwrite: replace files that are there.
        progress: told of frames done.

    Raises:
        UsageError: nothing chosen, a movie that is not called .mp4, or a recording that has no head to draw.
        OutputError: a file exists (without ``overwrite``) or cannot be written.
    """
    options = options or GridOptions()
    check_movie_name(path)
    if not chosen:
        raise UsageError("nothing to show")
    offsets = np.arange(-round(options.before_s * options.rate), round(options.after_s * options.rate) + 1)
    seconds = offsets / options.rate
    films = _films(chosen, media)
    cells = [_cell(one, film, seconds, options, tokenizer) for one, film in zip(chosen, films, strict=True)]
    shown = ["head" if film is None else "film" for film in films]
    table = csv_text(COLUMNS, [_row(i, one, how) for i, (one, how) in enumerate(zip(chosen, shown, strict=True), 1)])
    with replacing(path, path.with_suffix(".csv"), overwrite=overwrite) as (file, listed):
        listed.write(table.encode("utf-8", "replace"))
        with Mp4(file, rate=options.rate) as output:
            for done, (at, *pictures) in enumerate(zip(seconds.tolist(), *cells, strict=True), start=1):
                output.write(_compose(pictures, title, at, options), round((done - 1) * CLOCK / options.rate))
                if progress is not None:
                    progress(done, len(seconds))
    return Drawn(len(seconds), shown.count("head"), shown.count("film"))


def _cell(
    one: Occurrence, film: Film | None, seconds: DoubleArray, options: GridOptions, tokenizer: str | Path | None
) -> Iterator[ImageArray]:
    """A cell's pictures, one for each moment."""
    performance = read_performance(one.path, one.face_id, tokenizer)
    times = one.apex_s + seconds
    rows = _rows(performance, times)
    pictures = _heads(performance, rows, options) if film is None else _people(one, performance, film, rows, options)
    on = (times >= one.onset_s) & (times < one.offset_s)
    for picture, there in zip(pictures, on.tolist(), strict=True):
        yield _framed(picture) if there else picture


def _rows(performance: Performance, times: DoubleArray) -> IntArray:
    """The row shown at each moment; -1 before the first, and after the last one has had its time."""
    step = usual_step(performance.time_s)
    rows = np.searchsorted(performance.time_s, times + 0.5 / CLOCK, side="right") - 1
    late = times - performance.time_s[rows.clip(0)] > 2 * step
    return np.where(late, -1, rows).astype(np.int64)


def _heads(performance: Performance, rows: IntArray, options: GridOptions) -> Iterator[ImageArray]:
    said: FloatArray = np.array(performance.expressions(options.what)[rows.clip(0)])
    said[rows < 0] = np.nan
    return draw_heads(performance.space, said, HeadLook(options.size, options.heat_max_mm))


def _people(
    one: Occurrence, performance: Performance, film: Film, rows: IntArray, options: GridOptions
) -> Iterator[ImageArray]:
    blank = np.full((options.size, options.size, 3), QUIET, np.uint8)
    box = _box(one, performance, rows)
    known = np.flatnonzero(rows >= 0)
    pictures = pictures_of(film, performance.frame[rows[known]]) if len(known) else iter(())
    for row in rows.tolist():
        image = next(pictures) if row >= 0 else None
        yield blank if image is None else fitted(_cut(image, box), blank)


def _box(one: Occurrence, performance: Performance, rows: IntArray) -> tuple[float, float, float]:
    """Middle and side of the square around a face, the same for all pictures of a cell."""
    mine = Recording.read(one.path, landmarks=False).for_face(one.face_id)
    frames = performance.frame[rows[rows >= 0]]
    boxes = mine.boxes[np.isin(mine.frames, frames)]
    x, y, w, h = np.nanmedian(boxes, axis=0).tolist()
    return x + w / 2, y + h / 2, _MARGIN * max(w, h)


def _cut(image: ImageArray, box: tuple[float, float, float]) -> ImageArray:
    x, y, side = box
    left, top = max(0, round(x - side / 2)), max(0, round(y - side / 2))
    right, foot = min(image.shape[1], round(x + side / 2)), min(image.shape[0], round(y + side / 2))
    return image[top : max(foot, top + 1), left : max(right, left + 1)]


def _films(chosen: Sequence[Occurrence], media: Path | None) -> list[Film | None]:
    """The film of each occurrence's recording, where it is in the folder and is the one that was measured."""
    known: dict[Path, Film | None] = {}
    for one in chosen if media is not None else ():
        if one.path not in known and media is not None:
            known[one.path] = _film(one.path, media)
    return [known.get(one.path) for one in chosen]


def _film(table: Path, media: Path) -> Film | None:
    source = Recording.read(table, landmarks=False).provenance.source
    if source.sha256 is None or source.kind != "video":
        return None
    for candidate in sorted(media.rglob("*")) if media.is_dir() else [media]:
        if candidate.name == source.name:
            try:
                return own_film(candidate, source.name, source.sha256, "--media")
            except DfeError:
                continue
    return None


def _framed(picture: ImageArray) -> ImageArray:
    framed = picture.copy()
    framed[:_FRAME_PX], framed[-_FRAME_PX:] = ON, ON
    framed[:, :_FRAME_PX], framed[:, -_FRAME_PX:] = ON, ON
    return framed


def _compose(pictures: Sequence[ImageArray], title: str, at: float, options: GridOptions) -> ImageArray:
    wide, high = shape_of(len(pictures))
    size = options.size
    whole = np.full((high * size + _BAND_PX, wide * size, 3), PAPER, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = place // wide * size, place % wide * size
        whole[top : top + size, left : left + size] = picture
        _number(whole, str(place + 1), left + _FRAME_PX, top + _FRAME_PX)
    foot = high * size + 20
    write_words(whole, f"{at:+.2f} s", 8, foot, QUIET)
    write_words(whole, title, 84, foot, INK)
    return whole


def shape_of(cells: int) -> tuple[int, int]:
    """Cells across and down: few stay empty, and the whole is about as wide as a screen."""
    across = range(math.ceil(math.sqrt(cells)), math.ceil(math.sqrt(2 * cells)) + 1)
    wide = min(across, key=lambda w: (w * math.ceil(cells / w) - cells, abs(w - math.sqrt(4 / 3 * cells))))
    return wide, math.ceil(cells / wide)


def _number(whole: ImageArray, text: str, left: int, top: int) -> None:
    """A cell's number on a slip of paper, since a film may be of any colour."""
    whole[top : top + 19, left : left + 9 + 9 * len(text)] = PAPER
    write_words(whole, text, left + 4, top + 14, INK)


def _row(cell: int, one: Occurrence, shown: str) -> list[object]:
    times = [f"{value:.3f}" for value in (one.onset_s, one.apex_s, one.offset_s, one.intensity)]
    return [cell, one.recording, one.face_id, one.person, *times, shown]
