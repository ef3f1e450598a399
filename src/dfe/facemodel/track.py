"""One face through a film: frames are seen as they come, and measured together when the last has been seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.facemodel.alignment import align
from dfe.facemodel.eyes import Eyes, gaze_deg, lids_mm
from dfe.facemodel.fit import FaceFitter, Frames, join
from dfe.facemodel.model import POINTS
from dfe.facemodel.neutral import Neutral, RestingFace, expressions, resting_face, resting_shape
from dfe.facemodel.posterior import Fitter

_AT_ONCE = 256


class Seen(NamedTuple):
    """What faces say, row by row, whosever they are: some 250 numbers each and none of the points."""

    frames: Frames
    gaze_deg: DoubleArray
    """``(n, 2, 2)`` as of :class:`~dfe.facemodel.eyes.Eyes`; NaN where irises are not known."""

    def take(self, rows: IntArray) -> Seen:
        """Some of the rows; all of them in their order are what was seen itself."""
        frames = self.frames.take(rows)
        return self if frames is self.frames else Seen(frames, self.gaze_deg[rows])


class Measured(NamedTuple):
    """Faces, measured."""

    expression: DoubleArray
    """``(n, K)`` against a resting face, in mm; NaN where there was no face."""
    eyes: Eyes
    frames: Frames


class MeasuredTrack(NamedTuple):
    """A person's frames, measured."""

    expression: DoubleArray
    """``(n, K)`` against the person's resting face, in mm; NaN where there was no face."""
    eyes: Eyes
    frames: Frames
    resting: RestingFace
    resting_mm: DoubleArray
    """``(468, 3)``: what the person looks like at rest."""


def see(fitter: FaceFitter, points: DoubleArray) -> Seen:
    """Landmarks ``(n, 478, 3)`` in pixels compressed, NaN where there is no face; each row on its own."""
    points = np.asarray(points, np.float64)
    model, fine = fitter.model, np.isfinite(points).all(axis=(1, 2))
    gaze = np.full((len(points), 2, 2), np.nan)
    if fine.any():
        face = align(points[fine, :POINTS], model.mean_mm, model.size_weights, model.rigid)
        gaze[fine] = gaze_deg(points[fine], face.rotation, face.pixels_per_mm)
    return Seen(fitter.frames(points), gaze)


def join_seen(parts: list[Seen]) -> Seen:
    """Several chunks as one.

    Args:
        parts: one or more chunks, in order.
    """
    if len(parts) == 1:
        return parts[0]
    return Seen(join([part.frames for part in parts]), np.concatenate([part.gaze_deg for part in parts]))


def measure_track(
    fitter: Fitter, seen: Seen, neutral: Neutral | RestingFace = "own", given: BoolArray | None = None
) -> MeasuredTrack:
    """Everything about the frames of one person; the same in whatever chunks they were seen.

    Args:
        fitter: that saw them.
        seen: one person's frames.
        neutral: as of :func:`~dfe.facemodel.neutral.resting_face`; or the resting face of another recording.
        given: ``(n,)`` frames that tell of a face at rest, as of the same.

    Raises:
        UsageError: no frame with a usable face.
    """
    face = resting_face(fitter, seen.frames, neutral, given) if isinstance(neutral, str) else neutral
    said = expressions(fitter, seen.frames, face)
    rest = resting_shape(fitter, face)
    lids = [
        lids_mm(rest + fitter.model.displace(said[start : start + _AT_ONCE])) for start in range(0, len(said), _AT_ONCE)
    ]
    return MeasuredTrack(said, Eyes(np.concatenate(lids), seen.gaze_deg), seen.frames, face, rest)


def measure_apart(fitter: Fitter, seen: Seen) -> Measured:
    """Faces each of which may be another person's: stills, against the population's resting face."""
    model, posterior, frames = fitter.model, fitter.posterior, seen.frames
    lids = np.full((len(frames.still), 2), np.nan)
    fine = np.flatnonzero(np.isfinite(frames.still).all(axis=1))
    for start in range(0, len(fine), _AT_ONCE):
        rows = fine[start : start + _AT_ONCE]
        products = frames.take(rows).products
        person = posterior.person(products, posterior.still(products, frames.pose[rows]))
        # Row by row, so that no face depends on its batch.
        own = np.matmul(person[:, None], model.identity.reshape(len(model.identity), -1)).reshape(-1, POINTS, 3)
        lids[rows] = lids_mm(model.mean_mm + own + model.displace(frames.still[rows]))
    return Measured(frames.still, Eyes(lids, seen.gaze_deg), frames)
