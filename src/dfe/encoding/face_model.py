"""Recordings in the face model's space: the same rows, with what the points of each face moved against a face at rest.

Workers compress the landmarks of faces as they come (:class:`FaceRows`). Expressions follow once it is known which face
is which, since a person's resting face is found from all of the person's frames together. So nothing depends on how the
work was cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from dfe.base.errors import TableError, UsageError
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.encoding.neutral import NeutralChoice
from dfe.encoding.resting import face_of
from dfe.facemodel.file import load_model
from dfe.facemodel.fit import FaceFitter
from dfe.facemodel.neutral import CALM_FRAMES, RestingFace
from dfe.facemodel.observations import PointFitter
from dfe.facemodel.posterior import Fitter
from dfe.facemodel.track import Seen, join_seen, measure_apart, measure_track, see
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points.mapping import POINTS as OF_IBUG
from dfe.frontends.points.mapping import RIGID, weights
from dfe.recording import schema
from dfe.recording.measured import Measured
from dfe.recording.provenance import RestingNote, SpaceRef
from dfe.recording.recording import Recording
from dfe.recording.summary import fleeting_faces
from dfe.space.registry import FACE_MODEL_ID, load_space

NEUTRAL = "resting face"
"""How a neutral face was taken off, in the words of a recording's provenance."""

_AT_ONCE = 256
_MESH = (468, schema.POINTS)
_OTHER = "its own resting face instead"


class FaceRows:
    """Landmarks of faces, row by row, compressed so many at a time.

    Args:
        mirrored: the recording is flipped, and the landmarks' x is that of its pixels.
    """

    def __init__(self, *, mirrored: bool) -> None:
        self._side = np.array([-1.0 if mirrored else 1.0, 1.0, 1.0])
        self._due: list[FloatArray] = []
        self._seen: list[Seen] = []

    def add(self, landmarks: FloatArray | None) -> None:
        """A face's landmarks ``(478, 3)``; None where the front end gives none."""
        points = np.full((schema.POINTS, 3), np.nan, np.float32) if landmarks is None else landmarks
        self._due.append(points)
        if len(self._due) == _AT_ONCE:
            self._compress()

    def seen(self) -> Seen | None:
        """All faces so far; None where there are none."""
        self._compress()
        if not self._seen:
            return None
        whole = join_seen(self._seen)
        self._seen = [whole]  # the pieces are as large again
        return whole

    def _compress(self) -> None:
        if self._due:
            self._seen.append(see(mesh_fitter(), np.stack(self._due).astype(np.float64) * self._side))
            self._due = []


@dataclass(frozen=True)
class FaceModelRows:
    """What the face model has seen of the faces of a source, and by which fitter."""

    seen: Seen
    fitter: Fitter
    points: int
    flat: bool = False
    """The points lie in a picture and have no depth."""


class _Part(NamedTuple):
    expression: DoubleArray
    fitted: DoubleArray
    """``(n, 7)`` in the order of ``FITTED``."""
    note: RestingNote
    warning: str | None


@cache
def mesh_fitter() -> FaceFitter:
    """The fitter of the whole mesh, made once."""
    return FaceFitter(load_model())


@cache
def ibug_fitter(depth: bool = True) -> PointFitter:
    """The fitter of iBUG's 68 points, in space or in a picture, made once each."""
    model = load_model()
    return PointFitter(model, weights(Networks())[:, : len(model.mean_mm)], RIGID, depth=depth)


def face_space_ref() -> SpaceRef:
    """The face model's space."""
    space = load_space(FACE_MODEL_ID)
    return SpaceRef(space.id, space.version, space.hash)


def see_table(measured: Measured, where: str) -> FaceModelRows:
    """The points of another tool's table as the face model sees them.

    Raises:
        TableError: it holds no points, or of a number that the model is not fitted to.
    """
    points = measured.points
    if points is None:
        advice = "give a table with 478 or 68 points, or leave --space out"
        raise TableError(
            f"holds no points of faces, so it cannot be read into {FACE_MODEL_ID}", where=where, advice=advice
        )
    rows = points.astype(np.float64)
    if rows.shape[1] == OF_IBUG:
        fitter = ibug_fitter(depth=rows.shape[2] == 3)
        seen = Seen(fitter.frames(rows), np.full((len(rows), 2, 2), np.nan))
        return FaceModelRows(seen, fitter, OF_IBUG, flat=not fitter.depth)
    if rows.shape[1] not in _MESH or rows.shape[2] != 3:
        raise TableError(f"{rows.shape[1]} points; the face model is fitted to 478 in space or to 68", where=where)
    if rows.shape[1] < schema.POINTS:
        return FaceModelRows(
            Seen(mesh_fitter().frames(rows), np.full((len(rows), 2, 2), np.nan)), mesh_fitter(), schema.POINTS
        )
    return FaceModelRows(see(mesh_fitter(), rows), mesh_fitter(), schema.POINTS)


def in_face_space(
    recording: Recording,
    faces: FaceModelRows | None,
    frames: IntArray,
    ids: IntArray,
    neutral: str | None = None,
    frozen: BoolArray | None = None,
) -> Recording:
    """A recording of coefficients brought to the face model's; its coefficients stay beside, as ``arkit_``.

    Args:
        recording: without tokens.
        faces: ``m`` faces in any order; None where there are none.
        frames: ``(m,)`` frame of each.
        ids: ``(m,)`` face id of each; -1 for faces that the recording leaves out.
        neutral: as of :class:`~dfe.encoding.options.EncodeOptions`.
        frozen: ``(m,)`` faces whose picture stands still, which tell nothing of a face at rest; None where none does.

    Raises:
        UsageError: an interval for pictures, or one in which no face is seen.
        TableError: another recording that holds no resting face to measure against.
    """
    made = recording.provenance
    stills = not np.isfinite(recording.times).any()
    choice = NeutralChoice.parse(neutral or ("population" if stills else "own"))
    if stills and choice.kind == "interval":
        raise UsageError("pictures have no times, so no interval of them is neutral", where=made.source.name)
    found = np.flatnonzero(recording.success)
    places = {key: row for row, key in enumerate(zip(frames.tolist(), ids.tolist(), strict=True))}
    keys = zip(recording.frames[found].tolist(), recording.face_ids[found].tolist(), strict=True)
    rows = np.array([places[key] for key in keys], np.int64)
    space = load_space(FACE_MODEL_ID)
    expression = np.full((len(recording), space.dimension), np.nan, np.float32)
    fitted = np.full((len(recording), len(schema.FITTED)), np.nan, np.float32)
    fleeting = fleeting_faces(recording)
    notes: list[RestingNote] = []
    warnings: list[str] = []
    for face, mine in _groups(recording, found, apart=stills and choice.kind == "population"):
        if faces is None:
            break
        own = rows[np.searchsorted(found, mine)]
        seen, moving = faces.seen.take(own), None if frozen is None else ~frozen[own]
        part = _measure(faces, seen, face, recording.times[mine], choice, moving)
        expression[mine], fitted[mine] = part.expression, part.fitted
        notes.append(part.note)
        if part.warning and face not in fleeting:
            warnings.append(part.warning)
    if choice.kind == "interval" and notes and all(note.neutral != str(choice) for note in notes):
        raise UsageError(f"no face is seen in the neutral interval {choice}", where=made.source.name)
    provenance = replace(
        made,
        space=face_space_ref(),
        neutral=NEUTRAL,
        resting=tuple(notes),
        warnings=(*made.warnings, *warnings),
        frontend={**made.frontend, "face model": space.version},
    )
    return Recording(_table(recording, space.names, expression, fitted), provenance)


def check_neutral(neutral: str | None) -> None:
    """Refuse another recording as the neutral before hours are spent on looking, if it holds no resting face.

    Raises:
        UsageError: no such choice.
        TableError: it cannot be read, or holds none.
    """
    if neutral is not None and (choice := NeutralChoice.parse(neutral)).kind == "recording":
        resting_of(choice, None)


def _groups(recording: Recording, found: IntArray, *, apart: bool) -> list[tuple[int | None, IntArray]]:
    """Face and rows of each person; all rows under no face where every picture may be another person's."""
    if apart:
        return [(None, found)] if len(found) else []
    ids = recording.face_ids[found]
    return [(int(face), found[ids == face]) for face in np.unique(ids)]


def _measure(
    faces: FaceModelRows,
    seen: Seen,
    face: int | None,
    times: DoubleArray,
    choice: NeutralChoice,
    moving: BoolArray | None,
) -> _Part:
    if face is None:
        alone = measure_apart(faces.fitter, seen)
        note = RestingNote(None, "population", faces.points, flat=faces.flat)
        return _Part(alone.expression, _fitted(alone.eyes.lids_mm, seen), note, None)
    warning, given, used = None, moving, choice
    neutral: str | RestingFace = choice.kind
    if choice.kind == "interval":
        given = (times >= choice.start_s) & (times < choice.end_s)
        neutral = "given"
        if not (given & np.isfinite(seen.frames.still).all(axis=1)).any():
            neutral, given, used = "own", moving, NeutralChoice("own")
            warning = f"face {face} is not seen in the neutral interval {choice}: {_OTHER}"
    elif choice.kind == "recording":
        if face == 0:
            neutral = resting_of(choice, faces)
        else:
            neutral, used = "own", NeutralChoice("own")
            warning = f"the neutral of another recording is for face 0; face {face} has {_OTHER}"
    measured = measure_track(faces.fitter, seen, neutral, given)  # type: ignore[arg-type]
    resting = measured.resting
    if used.kind == "own" and resting.calm_frames < CALM_FRAMES and warning is None:
        few = f"fewer than {CALM_FRAMES:.0f} calm frames ({int(resting.calm_frames)}) tell the resting face of"
        warning = f"{few} face {face}: a held expression may pass for it"
    numbers = {
        name: tuple(float(value) for value in np.ravel(getattr(resting, name)))
        for name in ("identity", "rest", "held", "pose", "variables")
    }
    note = RestingNote(face, str(used), faces.points, resting.calm_frames, resting.sure, numbers, faces.flat)
    return _Part(measured.expression, _fitted(measured.eyes.lids_mm, seen), note, warning)


def _fitted(lids_mm: DoubleArray, seen: Seen) -> DoubleArray:
    return np.column_stack([lids_mm, seen.gaze_deg.reshape(-1, 4), seen.frames.residual_mm])


def resting_of(choice: NeutralChoice, faces: FaceModelRows | None) -> RestingFace:
    """The resting face of another recording's face 0.

    Args:
        choice: of the kind ``recording``.
        faces: that are to be measured against it; None where they are not known yet.

    Raises:
        UsageError: no recording is named.
        TableError: it cannot be read, holds no resting face, or one of other points.
    """
    if choice.path is None:
        raise UsageError("no recording is named")
    provenance = Recording.read(choice.path, landmarks=False).provenance
    note = next((note for note in provenance.resting if note.face == 0), None)
    face = None if note is None else face_of(note)
    if provenance.space != face_space_ref() or note is None or face is None:
        advice = "encode it with --neutral own"
        raise TableError("holds no resting face to measure against", where=choice.path, advice=advice)
    if faces is not None and (note.points, note.flat) != (faces.points, faces.flat):
        one, other = (f"{n} points{' of a picture' if flat else ''}" for n, flat in
                      ((note.points, note.flat), (faces.points, faces.flat)))  # fmt: skip
        what = f"its resting face comes from {one}, and these faces have {other}"
        raise TableError(what, where=choice.path, advice="name a recording that was measured alike")
    return face


def _table(recording: Recording, names: Sequence[str], expression: FloatArray, fitted: FloatArray) -> pa.Table:
    old = {column: f"arkit_{column.removeprefix(schema.PREFIX)}" for column in recording.layout.expression}
    table = recording.table.rename_columns([old.get(name, name) for name in recording.table.column_names])
    columns = dict(zip(schema.expression_columns(names), expression.T, strict=True))
    columns |= {column.name: values for column, values in zip(schema.FITTED, fitted.T, strict=True)}
    for name, values in columns.items():
        table = table.append_column(name, pa.array(np.ascontiguousarray(values), mask=np.isnan(values)))
    return table
