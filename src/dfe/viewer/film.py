"""The video of a recording: where it is, whether browsers play it, and a copy that they do play."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np

from dfe.base.errors import DfeError, MediaError
from dfe.base.files import replacing
from dfe.base.printable import printable
from dfe.media.film import open_film
from dfe.media.probe import file_hash
from dfe.recording.provenance import Provenance

HASHED_BYTES = 512 * 1024 * 1024
"""Larger videos are not read whole to see whether they are the recording's; their name has to do."""
_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".ogv")
_CODECS = ("h264", "vp8", "vp9", "av1", "theora")
_PIXELS = ("yuv420p", "yuvj420p", "yuva420p")
_CLOCK = 90_000

State = Literal["none", "working", "ready", "failed"]


@dataclass(frozen=True)
class FilmFound:
    """What is known of a recording's video."""

    path: Path | None
    said: str = ""
    """Why there is none, or what is doubtful about it; empty where all is well."""
    plays: bool = True
    """Whether browsers are known to play it as it is."""


def find_film(named: Path | None, recording: Path, made: Provenance) -> FilmFound:
    """The video of a recording: the one that was named (a file, or the folder it lies in), else one beside the table.

    Its name is the source's; no folder of the machine is kept with a recording.
    """
    source = made.source
    if named is not None and not named.exists():
        return FilmFound(None, f"The video {named} is not there. It may have been moved or renamed.")
    if source.kind == "stills":
        return FilmFound(None, "The recording is of still pictures.")
    wanted = Path(source.name.replace("\\", "/")).name
    places = _places(named, recording, wanted)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        if source.kind == "table" and named is None:
            return FilmFound(None, "The recording was made from another tool's table, so it has no video of its own.")
        folders = dict.fromkeys(place.parent for place in places)
        looked = ", ".join("the folder you are in" if folder == Path() else str(folder) for folder in folders)
        return FilmFound(None, f"The video {wanted} is not in {looked}. Name it with --video, or put it there.")
    return FilmFound(path, _doubt(path, made), plays(path))


def _places(named: Path | None, recording: Path, wanted: str) -> list[Path]:
    if named is not None:
        return [named / wanted] if named.is_dir() else [named]
    beside = recording.parent
    return [beside / wanted, beside.parent / wanted, Path.cwd() / wanted]


def _doubt(path: Path, made: Provenance) -> str:
    if made.source.sha256 is None or path.stat().st_size > HASHED_BYTES:
        return ""
    if file_hash(path) == made.source.sha256:
        return ""
    return f"The video {path.name} is not the one that was encoded: its bytes differ. Times may not fit."


def plays(path: Path) -> bool:
    """Whether the browsers of today play a file: its container, its codec, its pixels."""
    if path.suffix.lower() not in _SUFFIXES:
        return False
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            codec = stream.codec_context
            return codec.name.replace("libdav1d", "av1") in _CODECS and codec.pix_fmt in _PIXELS
    except (av.error.FFmpegError, IndexError, OSError):
        return False


def transcode(path: Path, target: Path, progress: Any = None) -> None:
    """Write a copy as MP4 (H.264, 4:2:0) that browsers play: the same frames at the same times, upright, without sound.

    Args:
        path: the video.
        target: written whole or not at all.
        progress: told of frames done, and of how many.

    Raises:
        MediaError: it cannot be read.
        OutputError: it cannot be written.
    """
    film = open_film([path])
    with replacing(target, overwrite=True) as (file,), av.open(file, "w", format="mp4") as container:
        stream: Any = None
        for done, frame in enumerate(film.frames(), start=1):
            if frame.image is None:
                continue
            if stream is None:
                stream = _stream(container, *frame.image.shape[:2])
            image = np.ascontiguousarray(frame.image[: stream.height, : stream.width])
            if image.shape[:2] != (stream.height, stream.width):
                continue
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = round(max(frame.time_s, 0.0) * _CLOCK), Fraction(1, _CLOCK)
            container.mux(stream.encode(picture))
            if progress is not None:
                progress(done, len(film))
        if stream is None:
            raise MediaError("no frame of it can be decoded", where=path)
        container.mux(stream.encode(None))


def _stream(container: Any, height: int, width: int) -> Any:
    """H.264 of even sides; the picture loses a line or a column where they are odd."""
    stream = container.add_stream("libx264", rate=Fraction(25), options={"crf": "20", "preset": "veryfast"})
    stream.height, stream.width = height - height % 2, width - width % 2
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = Fraction(1, _CLOCK)
    return stream


class Copy:
    """A copy that browsers play, made in the background when it is asked for."""

    def __init__(self, path: Path, target: Path) -> None:
        self.path, self.target = path, target
        self.state: State = "none"
        self.share = 0.0
        self.error = ""
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin, unless it has begun."""
        with self._lock:
            if self.state in ("working", "ready"):
                return
            self.state, self.share, self.error = "working", 0.0, ""
        threading.Thread(target=self._make, name="copy of a video", daemon=True).start()

    def _make(self) -> None:
        try:
            transcode(self.path, self.target, self._tell)
        except DfeError as error:
            self.state, self.error = "failed", str(error)
        except Exception as error:  # whatever FFmpeg raises must reach the page, not end the thread in silence
            self.state, self.error = "failed", printable(f"the video cannot be copied ({error})")
        else:
            self.state = "ready"

    def _tell(self, done: int, total: int) -> None:
        self.share = done / max(total, 1)

    def told(self) -> dict[str, Any]:
        """For the page."""
        return {"state": self.state, "share": round(self.share, 3), "error": self.error}
