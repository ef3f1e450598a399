"""The faces that codings are judged on: expressions read from tables, and what is known of each picture."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import TableError, UsageError
from dfe.base.types import FloatArray, IntArray
from dfe.datasets.about import UNKNOWN, About
from dfe.facemodel.alignment import align
from dfe.facemodel.file import load_model
from dfe.recording.recording import Coefficients, Recording
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space


@dataclass(frozen=True, eq=False)
class Faces:
    """Expressions of faces that were found, and what is known of them.

    Args:
        space: of the expressions.
        x: ``(n, D)``, finite.
        names: ``(n,)`` name of the picture (the table's ``source``), or ``source#frame`` for videos; none comes twice.
        pictures: pictures (frames) looked at, those without a face included; found_share is n / pictures.
        subject: ``(n,)`` number of the person, 0 to S-1; -1 where unknown.
        pose: ``(n, 3)`` pitch, yaw, roll in radians.
        geometry: ``(n, 468, 3)`` pose-normalised landmarks in cm.
        shape_mm: ``(n, 468, 3)`` landmarks in the face model's head coordinates, mm: what moves when a face does.
        beside: ``(n, 41)`` ARKit coefficients of the same faces, where the tables keep them beside the face model's
            numbers: what the AU proxy is made of.
        beside_space: their space.
        label: ``(n,)``, empty where unknown.
        groups: by name (gender, age ...) one array ``(n,)``, empty where unknown.
    """

    space: ExpressionSpace
    x: FloatArray
    names: NDArray[np.str_]
    pictures: int
    subject: IntArray | None = None
    pose: FloatArray | None = None
    geometry: FloatArray | None = None
    shape_mm: FloatArray | None = None
    beside: FloatArray | None = None
    beside_space: ExpressionSpace | None = None
    label: NDArray[np.str_] | None = None
    groups: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of faces, n."""
        return len(self.x)

    @property
    def found_share(self) -> float:
        """Share of the pictures in which a face was found; NaN where none was looked at."""
        return len(self.x) / self.pictures if self.pictures else float("nan")

    @property
    def unknown(self) -> int:
        """Faces whose person is unknown."""
        return len(self.x) if self.subject is None else int((self.subject == UNKNOWN).sum())

    @property
    def who(self) -> IntArray:
        """``(n,)`` number of each face's person; where nobody is named, a clip or a picture is a person of its own."""
        clip = np.unique(source_of(self.names), return_inverse=True)[1].astype(np.int64)
        subject = np.full(len(self), UNKNOWN) if self.subject is None else self.subject
        return np.asarray(np.where(subject == UNKNOWN, subject.max(initial=UNKNOWN) + 1 + clip, subject))

    def take(self, rows: ArrayLike | slice) -> Faces:
        """The faces of some rows, by index ``(m,)``, mask ``(n,)`` or slice; ``pictures`` stays as it is."""
        at = rows if isinstance(rows, slice) else np.asarray(rows)
        return Faces(
            space=self.space,
            x=self.x[at],
            names=self.names[at],
            pictures=self.pictures,
            subject=None if self.subject is None else self.subject[at],
            pose=None if self.pose is None else self.pose[at],
            geometry=None if self.geometry is None else self.geometry[at],
            shape_mm=None if self.shape_mm is None else self.shape_mm[at],
            beside=None if self.beside is None else self.beside[at],
            beside_space=self.beside_space,
            label=None if self.label is None else self.label[at],
            groups={name: values[at] for name, values in self.groups.items()},
        )


class _Read(NamedTuple):
    """First faces ``(n, ...)`` of one table, and the names of all m pictures that it looked at."""

    looked_at: NDArray[np.str_]
    names: NDArray[np.str_]
    x: FloatArray
    pose: FloatArray
    landmarks: FloatArray | None
    beside: Coefficients | None


def load_faces(tables: Sequence[Path], about: About | None = None, space: ExpressionSpace | None = None) -> Faces:
    """All faces found in some tables, whatever their confidence and pose; of each picture the first face only.

    Args:
        tables: recordings in one space and one neutral mode.
        about: what is known of the pictures.
        space: of their expressions; by default the one that the first table names.

    Raises:
        TableError: a table that cannot be read, is of another space or neutral mode, or holds a picture again.
        UsageError: no table, or tables without any face.
    """
    if not tables:
        raise UsageError("no table to measure")
    recordings = [Recording.read(table) for table in tables]
    made = recordings[0].provenance.space
    space = space or load_space(made.id, made.version)
    for table, recording in zip(tables, recordings, strict=True):
        _check_fits(table, recording, space, recordings[0].provenance.neutral)
    parts = [_read(recording) for recording in recordings]
    pictures = len(_each_once(tables, [part.looked_at for part in parts]))
    names = np.concatenate([part.names for part in parts])
    if not len(names):
        raise UsageError("no face was found in any picture", where=tables[0])
    known = None if about is None else about.of(source_of(names))
    landmarks = [part.landmarks for part in parts if part.landmarks is not None]
    kept = [part.beside for part in parts if part.beside is not None]
    beside = kept if len(kept) == len(parts) and kept else None
    return Faces(
        space=space,
        x=np.concatenate([part.x for part in parts]),
        names=names,
        pictures=pictures,
        subject=None if known is None else known.subject,
        pose=np.concatenate([part.pose for part in parts]),
        geometry=_geometry(np.concatenate(landmarks)) if len(landmarks) == len(parts) else None,
        shape_mm=_shape(np.concatenate(landmarks)) if len(landmarks) == len(parts) else None,
        beside=None if beside is None else np.concatenate([one.values for one in beside]),
        beside_space=None if beside is None else load_space(beside[0].space_id),
        label=None if known is None else known.label,
        groups={} if known is None else {n: g for n, g in known.groups.items() if (g != "").any()},
    )


def pictures_looked_at(tables: Sequence[Path]) -> NDArray[np.str_]:
    """Names of all pictures or frames in some tables, those without a face included, as in :attr:`Faces.names`.

    Raises:
        TableError: a table that cannot be read, or holds a picture again.
    """
    return _each_once(tables, [_read(Recording.read(table, landmarks=False)).looked_at for table in tables])


def source_of(names: ArrayLike) -> NDArray[np.str_]:
    """File names ``(n,)`` of pictures and of frames ``source#frame``."""
    return np.array([re.sub(r"(?<=.)#\d+$", "", str(name)) for name in np.asarray(names)], np.str_)


def _read(recording: Recording) -> _Read:
    sources = [str(source or recording.provenance.source.name) for source in recording.column("source")]
    still, frames = np.isnan(recording.times), recording.frames
    names = np.array([s if one else f"{s}#{f}" for s, one, f in zip(sources, still, frames, strict=True)], np.str_)
    # Several faces are several rows of one frame, so frames are counted and not rows.
    _, first = np.unique(frames, return_index=True)
    x = recording.expressions()
    found = recording.success & (recording.face_ids == 0) & np.isfinite(x).all(axis=1)
    landmarks = recording.landmarks()
    if landmarks is not None:
        landmarks = landmarks[found]
        if not np.isfinite(landmarks).all():
            raise TableError("a face has no landmarks", where=recording.provenance.source.name)
        if recording.provenance.mirrored:
            # They lie in the picture as it was stored; the pose is that of the picture turned back.
            landmarks = landmarks * np.array([-1, 1, 1], np.float32)
    coefficients = recording.coefficients() if recording.layout.face_model else None
    beside = None if coefficients is None else coefficients._replace(values=coefficients.values[found])
    return _Read(names[first], names[found], x[found], recording.poses[found], landmarks, beside)


def _geometry(landmarks: FloatArray) -> FloatArray:
    from dfe.frontends.landmarks.geometry import pose_normalised

    return np.asarray(pose_normalised(landmarks), np.float32)


def _shape(landmarks: FloatArray) -> FloatArray:
    model = load_model()
    points = landmarks[:, : len(model.mean_mm)].astype(np.float64)
    return align(points, model.mean_mm, model.size_weights, model.rigid).shape_mm.astype(np.float32)


def _check_fits(table: Path, recording: Recording, space: ExpressionSpace, neutral: str) -> None:
    reference = recording.provenance.space
    if reference.id != space.id:
        raise TableError(f"holds expressions of space {reference.id}, not {space.id}", where=table)
    if reference.hash and reference.hash != space.hash:
        advice = "encode it again"
        raise TableError(f"was made in another version of space {space.id}", where=table, advice=advice)
    if recording.provenance.neutral != neutral:
        raise TableError(
            f"its neutral mode is '{recording.provenance.neutral}', that of the first table is '{neutral}'",
            where=table,
            advice="measure tables of one mode",
        )


def _each_once(tables: Sequence[Path], names: Sequence[NDArray[np.str_]]) -> NDArray[np.str_]:
    seen: set[str] = set()
    for table, part in zip(tables, names, strict=True):
        own = part.tolist()
        if again := sorted(name for name, count in Counter(own).items() if count > 1 or name in seen):
            advice = "give every table once, and every picture a name of its own"
            raise TableError(f"picture {again[0]} comes a second time", where=table, advice=advice)
        seen.update(own)
    return np.concatenate([np.zeros(0, np.str_), *names])
