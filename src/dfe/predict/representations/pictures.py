"""Features of the pictures themselves: a frozen network looks at face crops, a second apart, and the mean is taken.

The media are needed beside the recordings, which say where the faces are. Rows are the same that every other
representation uses: the usable ones of the example's face, in its window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from dfe.base.errors import DfeError, MediaError, TableError, UsageError
from dfe.base.installing import how_to_install
from dfe.base.types import DoubleArray, FloatArray, ImageArray, IntArray
from dfe.datasets.examples import Examples
from dfe.media.film import open_film
from dfe.media.image import read_image
from dfe.media.inputs import discover
from dfe.predict.reading import ExampleRows, Reading
from dfe.predict.representation import Features, Measuring, Pipeline
from dfe.predict.representations.face_crops import face_crop
from dfe.predict.representations.moments import Moments
from dfe.predict.representations.pooled import with_spread
from dfe.recording.recording import Recording
from dfe.stats.scaling import SCALINGS, Scaled

AT_ONCE = 256
"""Crops that are kept in memory."""
_SAME_TIME_S = 0.002


class PictureEncoder(Protocol):
    """A frozen network: :class:`dfe.predict.vit.encoder.VitEncoder` is one."""

    @property
    def id(self) -> str:
        """In results."""
        ...

    @property
    def size(self) -> int:
        """Side of its pictures in pixels."""
        ...

    @property
    def width(self) -> int:
        """Numbers of a face."""
        ...

    def encode(self, crops: ImageArray) -> FloatArray:
        """``(n, width)`` of RGB crops ``(n, size, size, 3)``; of each by itself."""
        ...


@dataclass(frozen=True, eq=False)
class PictureFeatures:
    """Mean, and where time passes standard deviation, of the features of sampled face crops.

    Args:
        encoder: the network.
        media: by recording, the video, or the folder of its pictures; :func:`media_below` finds them.
        every_s: of a video one row is taken in each so many seconds of presentation time, the usable one nearest to
            their middle; it counts with all usable time of these seconds. Pictures are all taken.
    """

    encoder: PictureEncoder
    media: Mapping[str, Path]
    every_s: float = 1.0

    def __post_init__(self) -> None:
        if not self.every_s > 0:
            raise UsageError(f"every_s is {self.every_s}, not above 0")

    @property
    def id(self) -> str:
        """As in results."""
        return self.encoder.id

    def measuring(self, examples: Examples) -> Measuring:
        """Means, then spreads (left out where every example is a picture); see :class:`Representation`.

        Raises:
            TableError: a recording says nowhere where the faces are.
            MediaError: a video or picture is missing, cannot be read, or is not the one that was measured.
        """
        moments = Moments(len(examples), self.encoder.width)

        def add(reading: Reading) -> None:
            sampled = sample_rows(reading.recording.times, reading.rows(), self.every_s)
            shown, place = np.unique(sampled.row, return_inverse=True)
            moments.add(self._encoded(reading.name, reading.recording, shown)[place], sampled, reading)

        def features() -> Features:
            labels = [f"{self.encoder.id} {number}" for number in range(self.encoder.width)]
            x, named = with_spread(moments, labels)
            return Features(x, named, moments.coverage, moments.valid_s)

        return Measuring(add, features)

    def pipelines(self, features: Features) -> Sequence[Pipeline]:  # noqa: ARG002 (the same for all)
        """Every column centred, on each of the scales."""
        return [[("scale", Scaled(kind))] for kind in SCALINGS]

    def _encoded(self, name: str, recording: Recording, rows: IntArray) -> DoubleArray:
        """``(m, width)`` of the rows, which are in order and each there once."""
        out = np.zeros((len(rows), self.encoder.width))
        if not len(rows):
            return out
        if name not in self.media:
            raise MediaError("no video or pictures of this recording", where=name, advice="name their folder")
        crops: list[ImageArray] = []
        done = 0
        for crop in _crops(self.media[name], recording, rows, self.encoder.size):
            crops.append(crop)
            if len(crops) == AT_ONCE:
                out[done : done + AT_ONCE] = self.encoder.encode(np.stack(crops))
                done, crops = done + AT_ONCE, []
        if crops:
            out[done:] = self.encoder.encode(np.stack(crops))
        return out


def sample_rows(times: DoubleArray, rows: ExampleRows, every_s: float) -> ExampleRows:
    """Of each example one row in each stretch of ``every_s`` seconds, with the stretch's usable time.

    The stretches begin at multiples of ``every_s``, so that windows of one recording look at the same frames. Pictures
    (times NaN) stay as they are.
    """
    at = times[rows.row]
    if not len(at) or np.isnan(at).all():
        return rows
    stretch = np.floor(at / every_s)
    away = np.abs(at - (stretch + 0.5) * every_s)
    order = np.lexsort((rows.row, away, stretch, rows.example))
    example, ordered = rows.example[order], stretch[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(example) != 0) | (np.diff(ordered) != 0)
    seconds = np.add.reduceat(rows.seconds[order], np.flatnonzero(new))
    return ExampleRows(example[new], rows.row[order][new], seconds, rows.total_s)


def load_encoder(folder: Path, pooling: Literal["mean", "cls", "quarters"] = "mean") -> PictureEncoder:
    """The encoder of a Hugging Face folder: :func:`dfe.predict.vit.encoder.load_vit`, imported only now.

    Raises:
        ModelError: the folder is not what it should be.
        DfeError: torch is not installed.
    """
    try:
        from dfe.predict.vit.encoder import load_vit
    except ImportError as error:
        raise DfeError(
            "a vision transformer needs torch, which is not installed", advice=how_to_install("train")
        ) from error
    return load_vit(folder, pooling)


def media_below(folder: Path) -> dict[str, Path]:
    """By recording, the video, or the folder of pictures, that ``dfe encode FOLDER`` makes it of.

    Raises:
        UsageError, MediaError: the folder is missing, or nothing in it can be read.
    """
    sources = discover([folder])
    if not sources.sources and sources.problems:
        raise sources.problems[0]
    return {s.name: s.paths[0].parent if s.kind == "stills" else s.paths[0] for s in sources.sources}


def _crops(media: Path, recording: Recording, rows: IntArray, size: int) -> Iterator[ImageArray]:
    boxes, rolls = recording.boxes, recording.poses[:, 2]
    mirrored = recording.provenance.mirrored
    unplaced = rows[~np.isfinite(boxes[rows]).all(axis=1)]
    if len(unplaced):
        what = f"row {unplaced[0]} does not say where in the picture the face is"
        raise TableError(what, where=recording.provenance.source.name, advice="measure it with a front end that does")
    for row, image in _pictures(media, recording, rows):
        yield face_crop(image, boxes[row], float(rolls[row]), size, mirrored=mirrored)


def _pictures(media: Path, recording: Recording, rows: IntArray) -> Iterator[tuple[int, ImageArray]]:
    """Each row with the picture that it was measured in."""
    times, frames = recording.times, recording.frames
    if np.isnan(times[rows]).all():
        sources = recording.column("source")
        for still in rows.tolist():
            path = media / Path(str(sources[still] or recording.provenance.source.name)).name
            yield still, read_image(path if media.is_dir() else media)
        return
    if media.is_dir():
        raise MediaError("is a folder, not the video that was measured", where=media)
    video = open_film([media])
    made = recording.provenance.source
    size = (video.info.width, video.info.height)
    if made.width and made.height and size != (made.width, made.height):
        what = f"is {size[0]} x {size[1]} pixels, but {made.width} x {made.height} were measured"
        raise MediaError(what, where=media, advice="give the video that the recording was made of")
    wanted = frames[rows]
    left = iter(rows.tolist())
    row: int | None = next(left)
    for frame in video.frames(first=int(wanted.min()), last=int(wanted.max()) + 1):
        while row is not None and frames[row] == frame.index:
            if frame.image is None or abs(frame.time_s - times[row]) > _SAME_TIME_S:
                what = f"frame {frame.index} is not the one that was measured, or cannot be decoded"
                raise MediaError(what, where=media, advice="give the video that the recording was made of")
            yield row, frame.image
            row = next(left, None)
    if row is not None:
        what = f"ends before frame {frames[row]}, which was measured"
        raise MediaError(what, where=media, advice="give the video that the recording was made of")
