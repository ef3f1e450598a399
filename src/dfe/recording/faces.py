"""Tracks of faces in a recording: listed, joined where one person has two, cut where one holds two people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike

import numpy as np
import pyarrow as pa

from dfe.base.errors import TableError
from dfe.base.types import IntArray
from dfe.recording.recording import Recording

LASTING_SHARE = 0.05
"""A face counts as a second person if it is seen for at least this share of the first one's time."""
SAY_WHICH = "name the face_id (or give a table of roles, docs/events.md), or encode with --largest-only"

_LARGEST = np.iinfo(np.int16).max


@dataclass(frozen=True)
class FaceTrack:
    """One face of a recording, and where it is seen."""

    face_id: int
    rows: int
    share: float
    """Share of the recording's time (of pictures, of their number) in which it is seen."""
    usable_share: float
    """Share in which it is usable."""
    first_s: float | None
    """Time of its first row; None for still pictures."""
    last_s: float | None
    """Time of its last row."""
    box: tuple[float, float, float, float]
    """Mean x, y, width, height in pixels; NaN where the recording has none."""


def lasting_faces(recording: Recording) -> tuple[int, ...]:
    """Faces of a video that are seen for more than a moment; of still pictures face 0 alone, the largest of each."""
    if np.isnan(recording.times).all():
        return (0,)
    seconds, faces = recording.seconds(recording.success), recording.face_ids
    shown = {int(face): float(seconds[faces == face].sum()) for face in np.unique(faces) if face >= 0}
    longest = max(shown.values(), default=0.0)
    return tuple(face for face, time in sorted(shown.items()) if time >= LASTING_SHARE * longest)


def sole_face(recording: Recording, where: str | PathLike[str]) -> int:
    """Face 0, of a recording that nobody said whose faces it shows.

    Raises:
        TableError: several faces last in it, so that face 0 need not be the subject's.
    """
    faces = lasting_faces(recording)
    if len(faces) > 1:
        what = f"shows {len(faces)} faces ({', '.join(map(str, faces))}), and nobody said which is the subject's"
        raise TableError(what, where=where, advice=SAY_WHICH)
    return 0


def list_faces(recording: Recording) -> tuple[FaceTrack, ...]:
    """The faces of a recording in order of their ids."""
    ids, times, boxes, usable = recording.face_ids, recording.times, recording.boxes, recording.usable
    shown, good = recording.seconds(recording.success), recording.seconds(usable)
    clock = recording.clock()
    whole = clock.duration_s if len(clock.times) else len(np.unique(recording.frames))
    tracks = []
    for face in np.unique(ids[recording.success]).tolist():
        mine = ids == face
        known = times[mine & np.isfinite(times)]
        box = boxes[mine].astype(np.float64)
        mean = box.mean(axis=0).tolist() if len(box) else [np.nan] * 4
        tracks.append(
            FaceTrack(
                face_id=face,
                rows=int(mine.sum()),
                share=float(shown[mine].sum()) / whole,
                usable_share=float(good[mine].sum()) / whole,
                first_s=float(known.min()) if len(known) else None,
                last_s=float(known.max()) if len(known) else None,
                box=(mean[0], mean[1], mean[2], mean[3]),
            )
        )
    return tuple(tracks)


def merge_faces(recording: Recording, into: Mapping[int, int]) -> Recording:
    """Give faces the ids of others: ``{2: 0}`` makes face 2 part of face 0. The provenance says so.

    Raises:
        TableError: there is no such face, or both are seen in the same frame.
    """
    ids = recording.face_ids.astype(np.int64)
    for old, new in into.items():
        _must_exist(recording, ids, old)
        _must_exist(recording, ids, new)
        if old == new:
            raise TableError(f"face {old} cannot be merged with itself", where=recording.provenance.source.name)
        ids[ids == old] = new
        frames = recording.frames[ids == new]
        twice = frames[1:][np.diff(frames) == 0]
        if len(twice):
            raise TableError(
                f"faces {old} and {new} are both seen in frame {int(twice[0])}, so they are not one",
                where=recording.provenance.source.name,
                advice="split one of them first, as in --split 2@12.5",
            )
    return _renumbered(recording, ids, [{"merge": old, "into": new} for old, new in into.items()])


def split_face(recording: Recording, face_id: int, at_s: float) -> Recording:
    """Give a face a new id, one over the largest, from a time on. The provenance says so.

    Raises:
        TableError: there is no such face, it is not seen both before and from that time on, or it is a still picture.
    """
    ids, times, where = recording.face_ids.astype(np.int64), recording.times, recording.provenance.source.name
    _must_exist(recording, ids, face_id)
    later = (ids == face_id) & (times >= at_s)
    earlier = (ids == face_id) & (times < at_s)
    if not later.any() or not earlier.any():
        known = times[ids == face_id]
        seen = f"from {known.min():.2f} to {known.max():.2f} s" if np.isfinite(known).all() else "in still pictures"
        raise TableError(f"face {face_id} is seen {seen}, so it cannot be split at {at_s:g} s", where=where)
    new = int(ids.max()) + 1
    if new > _LARGEST:
        raise TableError(f"has no room for more than {_LARGEST} faces", where=where)
    ids[later] = new
    return _renumbered(recording, ids, [{"split": face_id, "at_s": float(at_s), "into": new}])


def _must_exist(recording: Recording, ids: IntArray, face_id: int) -> None:
    if face_id < 0 or not (ids == face_id).any():
        known = ", ".join(str(i) for i in np.unique(ids[ids >= 0])[:8]) or "none"
        raise TableError(f"no face {face_id}", where=recording.provenance.source.name, advice=f"faces are: {known}")


def _renumbered(recording: Recording, ids: IntArray, changes: list[dict[str, int | float]]) -> Recording:
    """The recording with other ids, its rows again in order of frames and faces."""
    table = recording.table
    place = table.column_names.index("face_id")
    table = table.set_column(place, table.schema.field(place), pa.array(ids, pa.int16()))
    table = table.take(pa.array(np.lexsort((ids, recording.frames))))
    made = recording.provenance
    options = {**made.options, "faces": [*made.options.get("faces", []), *changes]}
    return Recording(table, replace(made, options=options))
