"""A task: one video or set of pictures, or a piece of it, looked at by one worker.

Pieces of a video begin where the front end seeks faces afresh, and looking begins one such block before, so that their
rows are those of one pass.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dfe.base.defects import Defect
from dfe.base.errors import MediaError, UsageError
from dfe.base.stamps import Stamps, changed, stamps
from dfe.base.types import Frame, Progress
from dfe.encoding.face_model import FaceRows
from dfe.encoding.options import EncodeOptions
from dfe.encoding.watch import Watch
from dfe.facemodel.track import Seen
from dfe.frontends.base import FrameFaces, FrontEnd
from dfe.frontends.landmarks.coefficients import columns
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.frontends.registry import DEFAULT, find_front_end
from dfe.frontends.spec import FrontEndOptions
from dfe.media.announced import announced_length
from dfe.media.film import Film, open_film
from dfe.media.image import images
from dfe.media.inputs import Source
from dfe.media.probe import VideoScan, file_hash, hash_of_hashes
from dfe.recording.provenance import SourceInfo, SpaceRef
from dfe.recording.rows import RowBuffer
from dfe.recording.schema import Layout, expression_columns
from dfe.space.arkit import BLINK_NAMES, GAZE_NAMES
from dfe.space.registry import FACE_MODEL_ID

PIECE_FRAMES = 960
"""Least length of a piece; opening and seeking then cost little beside it."""
PIECE_PICTURES = 64
LONG_FRAMES = 30_000
"""A film of more frames is cut however many others there are: a crash or a kill then costs a piece of it, and the last
film of a run does not keep one worker alone busy for hours."""
_LONG_PIECE = 3
"""Times as long are the pieces of such a film, which has enough of them: each looks at the block before it, too."""
MORE_FACES = "more faces here than the"
"""First words of the note on rows of a frame with further faces, left out."""


@dataclass(frozen=True)
class Task:
    """What one worker does at a time: frames ``first`` to ``last`` (or pictures) of a source."""

    source: Source
    options: EncodeOptions
    part: int = 0
    parts: int = 1
    first: int = 0
    last: int | None = None
    scan: VideoScan | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that are read."""
        paths = self.source.paths
        return paths if self.source.kind == "video" else paths[self.first : self.last]


@dataclass(frozen=True)
class Observed:
    """What a worker saw: rows without face ids; the first part also says what the source is."""

    rows: RowBuffer
    frames: int
    info: SourceInfo | None
    space: SpaceRef
    front_end: dict[str, str | int | float | bool]
    watch: Watch
    """What the pictures and faces themselves were like."""
    faces: Seen | None = None
    """What the face model sees of each face, in the order of the rows with one; None where it is not used."""
    defects: tuple[Defect, ...] = ()
    """What the file as a whole says of itself; of the first part only."""
    files: Stamps = field(default_factory=dict)
    """The files as they were before they were read."""
    changed: tuple[Path, ...] = ()
    """Those that were not the same when they had been read."""
    called: Mapping[str, str] = field(default_factory=dict)
    """What files are called in results, where not by their names."""


def is_long(frames: int | None) -> bool:
    """Whether a film of so many frames is cut whatever else there is; not where the number is not known."""
    return (frames or 0) > LONG_FRAMES


def plan(source: Source, options: EncodeOptions, *, cut: bool) -> list[Task]:
    """The tasks of a source: one, or its pieces, which are the same whoever looks at them.

    Args:
        source: to be looked at.
        options: of the run.
        cut: into pieces, if it is long enough for several.

    Raises:
        MediaError: the video cannot be opened (only found here if it is to be cut).
        UsageError: a rate for a video that carries its own times.
    """
    if not cut or source.kind == "table":
        return [Task(source, options)]
    scan = None
    if source.kind == "stills":
        count, least, step = len(source.paths), PIECE_PICTURES, 1
    else:
        film = open_film(source.paths, rate=options.rate)
        scan, count = film.scan, len(film)
        least = PIECE_FRAMES * (_LONG_PIECE if is_long(count) else 1)
        step = options.landmark_config(still=False).reset_every
    parts = max(1, count // least)
    bounds = [count * part // parts // step * step for part in range(parts)] + [count]
    return [Task(source, options, part, parts, bounds[part], bounds[part + 1], scan) for part in range(parts)]


def observe(task: Task, progress: Progress | None = None) -> Observed:
    """Look at every frame of a task.

    Raises:
        MediaError: the video cannot be opened, or holds nothing that can be decoded.
        UsageError: a rate for a video that carries its own times.
    """
    before = stamps(task.files)
    front_end = front_end_for(task.options, still=task.source.kind == "stills")
    space = front_end.space
    rows = RowBuffer(task.options.landmarks, Layout(expression=expression_columns(space.names)))
    film = None
    if task.source.kind == "video":
        film = open_film(task.source.paths, rate=task.options.rate, scan=task.scan)
    frames, first, total = _frames(task, film)
    watch = Watch(mirrored=task.options.mirrored)
    fitted = FaceRows(mirrored=task.options.mirrored) if task.options.fits_pictures else None
    seen, called = 0, task.source.called
    for faces in front_end.observe(watch.passing(frames, first), still=film is None):
        if faces.frame >= first:
            add_rows(rows, faces, task.options.max_faces, called)
            if fitted is not None:
                for face in faces.faces:
                    fitted.add(face.landmarks)
            watch.note(faces)
            seen += 1
            if progress is not None:
                progress(seen, total)
    reference = SpaceRef(space.id, space.version, space.hash)
    info = _source_info(task.source, film) if task.part == 0 else None
    defects = film.info.defects if film is not None and task.part == 0 else ()
    touched = tuple(changed(before, stamps(before)))
    modelled = None if fitted is None else fitted.seen()
    return Observed(
        rows, seen, info, reference, front_end.provenance(), watch, modelled, defects, before, touched, called
    )


def estimate_frames(sources: Sequence[Source], options: EncodeOptions) -> int | None:
    """How many frames there are to look at, from the headers alone; None where one of them does not say.

    Good enough for a remaining time: the tables count what is really there.
    """
    total = 0
    for source in sources:
        if source.kind == "table":
            return None
        if source.kind == "stills" or len(source.paths) > 1:
            total += len(source.paths)
            continue
        announced = announced_length(source.paths[0])
        if announced is None:
            return None
        total += frames_asked_for(announced.frames, announced.seconds, options)
    return total


def frames_asked_for(frames: int, seconds: float, options: EncodeOptions) -> int:
    """How many frames of a film the cut and the step in the options leave, about."""
    low = min(options.start_s or 0.0, seconds)
    high = seconds if options.end_s is None else min(options.end_s, seconds)
    return round(frames * (high - low) / seconds / options.every)


def front_end_for(options: EncodeOptions, *, still: bool) -> FrontEnd:
    """The front end that looks at pictures under these options; made once, and used again for the same.

    Raises:
        UsageError: there is none of that name, or it needs an option that was not given.
        ModelError: its weights are missing or damaged.
    """
    spec = options.looks
    if spec.name == DEFAULT:
        return _landmarks(options.landmark_config(still=still))
    if options.must_fit and not spec.face_points:
        what = f"front end {spec.name} gives no points of faces, so it cannot measure in {FACE_MODEL_ID}"
        raise UsageError(what, advice="leave --space out, or --frontend")
    # Their own networks run in torch, which may know a device that onnxruntime does not.
    landmarks = replace(options.landmark_config(still=still), device="cpu", batch=None)
    return _foreign(spec.name, replace(options.front_end_options(), landmarks=landmarks))


@functools.lru_cache(maxsize=1)
def _landmarks(config: LandmarkConfig) -> LandmarkFrontEnd:
    return LandmarkFrontEnd(config)


@functools.lru_cache(maxsize=1)
def _foreign(name: str, options: FrontEndOptions) -> FrontEnd:
    made = find_front_end(name).make(options)
    if not isinstance(made, FrontEnd):
        raise UsageError(f"front end {name} does not look at pictures", advice="update the package that it comes from")
    return made


def _frames(task: Task, film: Film | None) -> tuple[Iterator[Frame], int, int]:
    """Frames to look at, the number of the first that counts, and how many count.

    Looking begins a whole block before the one in which the task begins: faces that were found there may be carried
    over, so that the rows are those of one pass over the whole recording.
    """
    options = task.options
    if film is None:
        paths = task.source.paths[task.first : task.last]
        return (replace(frame, index=frame.index + task.first) for frame in images(paths)), 0, len(paths)
    low, high = film.timeline.indices(options.start_s, options.end_s)
    low, high = max(low, task.first), min(high, len(film) if task.last is None else task.last)
    if low >= high:
        return iter(()), low, 0
    step = options.landmark_config(still=False).reset_every
    frames = film.frames(first=max(0, low // step - 1) * step, last=high, every=options.every)
    return frames, low, -(-high // options.every) - -(-low // options.every)


_NO_GAZE = np.full(len(GAZE_NAMES), np.nan, np.float32)
_NO_BLINK = np.full(len(BLINK_NAMES), np.nan, np.float32)


def add_rows(rows: RowBuffer, seen: FrameFaces, max_faces: int, called: Mapping[str, str] | None = None) -> None:
    """Add what was seen in a frame: a row for each face, or one with the reason why there is none.

    Args:
        rows: to add to.
        seen: the frame.
        max_faces: that were looked for.
        called: names to write in place of those of the sources.
    """
    note, name = seen.reason, (called or {}).get(seen.source, seen.source)
    if note is None and seen.more:
        note = f"{MORE_FACES} {max_faces} looked for"
    if not seen.faces:
        rows.add_failure(seen.frame, seen.time_s, name, seen.reason or "no face found")
    for face in seen.faces:
        pose = (face.pitch, face.yaw, face.roll)
        gaze, blink = _NO_GAZE, _NO_BLINK
        if face.coefficients is not None:
            _, gaze, blink = columns(face.coefficients)
        rows.add_face(
            seen.frame, seen.time_s, name, face.confidence, face.box, pose, face.expression, gaze, blink,
            covered=face.covered, note=note, landmarks=face.landmarks, logits=face.logits,
        )  # fmt: skip


def _source_info(source: Source, film: Film | None) -> SourceInfo:
    first = source.paths[0].name
    name = source.called.get(first, first) if len(source.paths) == 1 else source.name.rsplit("/", 1)[-1]
    if film is None:
        return SourceInfo(
            name=name,
            folder=source.folder,
            kind="stills",
            sha256=hash_of_readable(source.paths),
            frames=len(source.paths),
        )
    info = film.info
    return SourceInfo(
        name=name,
        folder=source.folder,
        kind="video",
        sha256=file_hash(source.paths[0]) if len(source.paths) == 1 else hash_of_readable(source.paths),
        width=info.width,
        height=info.height,
        frames=info.frame_count,
        duration_s=info.duration_s,
        frame_rate=info.frame_rate,
        rotation=info.rotation,
        time_stamps=info.time_stamps,
    )


def hash_of_readable(paths: tuple[Path, ...]) -> str | None:
    """One hash for a set of pictures; those that cannot be read are rows with a reason and have no part in it."""
    hashes = []
    for path in paths:
        with suppress(MediaError):
            hashes.append(file_hash(path))
    return hash_of_hashes(hashes) if hashes else None
