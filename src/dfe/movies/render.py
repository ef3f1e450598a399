"""Videos of the drawn head that does what a face of a recording does, beside the video itself if asked."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from dfe.base.errors import DfeError, UsageError
from dfe.base.files import replacing
from dfe.base.types import BoolArray, FloatArray, ImageArray, IntArray, Progress
from dfe.clock.clock import usual_step
from dfe.draw.render import render
from dfe.media.film import Film, open_film
from dfe.media.probe import file_hash
from dfe.movies.performance import Performance, What
from dfe.space.base import ExpressionSpace

_CLOCK = 90_000
"""Ticks per second of the time stamps; all usual frame rates are whole numbers of them, near enough."""
_PAPER, _INK, _QUIET = (250, 249, 247), (34, 39, 45), (110, 118, 126)
_UNSEEN = 0.25
"""How much of the head shows where the face is not seen."""
_WORDS, _LINE_PX = 4, 20
_KEPT = 128
"""Pictures of expressions that were drawn lately; tokens come back, and so do whole frames."""


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
    rows, ticks = _schedule(performance, options.rate)
    heads = [_heads(performance, what, rows, options) for what in options.what]
    pictures = [] if beside is None else [_beside(beside, performance, rows, options.size)]
    told = performance.words() if options.words else []
    captions = [""] * len(pictures) + [what if len(options.what) > 1 else "" for what in options.what]
    with replacing(path, overwrite=overwrite) as (file,), _Output(file, options) as output:
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
        ticks = np.rint(time * _CLOCK).astype(np.int64)
        keep = np.concatenate([[True], np.diff(ticks) > 0])
        return np.flatnonzero(keep), ticks[keep]
    length = time[-1] + usual_step(time)
    count = max(1, round(length * rate))
    # Half a tick of slack: a frame that begins with a picture is the one that the picture shows.
    rows = np.searchsorted(time, np.arange(count) / rate + 0.5 / _CLOCK, side="right") - 1
    return rows, np.rint(np.arange(count) / rate * _CLOCK).astype(np.int64)


def _heads(performance: Performance, what: What, rows: IntArray, options: VideoOptions) -> Iterator[ImageArray]:
    """A picture of the head for each row, drawn on as many threads as there are processors, in order."""
    x = performance.expressions(what)[rows]
    seen: BoolArray = np.asarray(np.isfinite(x).all(axis=1))
    return _drawn(performance.space, np.where(seen[:, None], x, 0).astype(np.float32), seen, options)


def _drawn(space: ExpressionSpace, x: FloatArray, seen: BoolArray, options: VideoOptions) -> Iterator[ImageArray]:
    kept: OrderedDict[bytes, Any] = OrderedDict()
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Any] = []
        for row, visible in zip(x, seen.tolist(), strict=True):
            key = row.tobytes() + bytes([visible])
            if key not in kept:
                kept[key] = pool.submit(_head, space, row, visible, options)
            kept.move_to_end(key)
            waiting.append(kept[key])
            while len(kept) > _KEPT:
                kept.popitem(last=False)
            if len(waiting) > 2 * threads:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _head(space: ExpressionSpace, x: FloatArray, visible: bool, options: VideoOptions) -> ImageArray:
    moved = space.displace(x[None])[0]
    heat = None if options.heat_max_mm is None else np.linalg.norm(moved, axis=1)
    picture = render(
        space.mesh.vertices_mm + moved,
        space.mesh.triangles,
        size=options.size,
        heat_mm=heat,
        heat_max_mm=options.heat_max_mm,
        mesh=space.mesh,
    )
    opacity = picture[..., 3:].astype(np.float32) / 255 * (1 if visible else _UNSEEN)
    paper = np.asarray(_PAPER, np.float32)
    return np.rint(picture[..., :3] * opacity + paper * (1 - opacity)).astype(np.uint8)


def _beside(path: Path, performance: Performance, rows: IntArray, height: int) -> Iterator[ImageArray]:
    """The video's picture for each row, at the heads' height; grey where it cannot be decoded."""
    expected = performance.source_sha256
    if expected is not None and file_hash(path) != expected:
        what = f"is not the video that the recording is of ({performance.name})"
        raise UsageError(what, where=path, advice="name that one with --beside")
    return _frames(open_film([path]), performance.frame[rows], height)


def _frames(video: Film, wanted: IntArray, height: int) -> Iterator[ImageArray]:
    width = max(2, round(video.info.width * height / video.info.height / 2) * 2)
    blank = np.full((height, width, 3), _QUIET, np.uint8)
    if int(wanted[-1]) >= len(video):
        raise UsageError(
            f"has {len(video)} frames, the recording goes to frame {int(wanted[-1])}",
            where=video.path,
            advice="name the video that the recording was made of",
        )
    frames = video.frames(first=int(wanted[0]), last=int(wanted[-1]) + 1)
    at, picture = -1, blank
    for number in wanted:
        while at < number:
            frame = next(frames)
            at = frame.index
            if at == number:
                picture = blank if frame.image is None else _fitted(frame.image, blank)
        yield picture


def _fitted(image: ImageArray, blank: ImageArray) -> ImageArray:
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
    fitted = blank.copy()
    top, left = (room_high - high) // 2, (room_wide - wide) // 2
    fitted[top : top + high, left : left + wide] = resized
    return fitted


def _compose(panels: Sequence[ImageArray], captions: Sequence[str], words: Sequence[str] | None) -> ImageArray:
    drawn = []
    for panel, caption in zip(panels, captions, strict=True):
        one = panel.copy() if caption else panel
        if caption:
            _text(one, caption, 10, one.shape[0] - 10, _QUIET)
        drawn.append(one)
    picture = np.hstack(drawn)
    if words is None:
        return picture
    below = np.full((_WORDS * _LINE_PX + 16, picture.shape[1], 3), _PAPER, np.uint8)
    for line, text in enumerate(words[:_WORDS]):
        _text(below, text, 10, 18 + line * _LINE_PX, _INK)
    return np.vstack([picture, below])


def _text(picture: ImageArray, text: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(picture, plain, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)


class _Output:
    """An MP4 that grows frame by frame."""

    def __init__(self, file: Any, options: VideoOptions) -> None:
        self._options = options
        try:
            self._container = av.open(file, "w", format="mp4", container_options={"fflags": "+bitexact"})
        except av.error.FFmpegError as error:
            raise DfeError(f"no MP4 can be written ({error})") from error
        self._stream: Any = None

    def write(self, picture: ImageArray, tick: int) -> None:
        if self._stream is None:
            self._stream = self._open(picture)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts, frame.time_base = tick, Fraction(1, _CLOCK)
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> _Output:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._stream is not None:
            self._container.mux(self._stream.encode(None))
        self._container.close()

    def _open(self, picture: ImageArray) -> Any:
        rate = Fraction(self._options.rate or 25).limit_denominator(1001)
        settings = {"crf": str(self._options.quality), "preset": "medium"}
        stream: Any = self._container.add_stream("libx264", rate=rate, options=settings)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _CLOCK)
        # The bytes depend on the number of threads, and the machine must not decide them.
        stream.codec_context.thread_count = 1
        return stream
