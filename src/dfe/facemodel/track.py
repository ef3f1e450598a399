"""One face through a film: frames are added as they come, and measured together when the last has been seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray
from dfe.facemodel.alignment import align
from dfe.facemodel.eyes import Eyes, gaze_deg, lids_mm
from dfe.facemodel.fit import FaceFitter, Frames, join
from dfe.facemodel.model import POINTS
from dfe.facemodel.neutral import Neutral, RestingFace, expressions, resting_face, resting_shape

_AT_ONCE = 256


class Measured(NamedTuple):
    """A person's frames, measured."""

    expression: DoubleArray
    """``(n, K)`` against the person's resting face, in mm; NaN where there was no face."""
    eyes: Eyes
    frames: Frames
    resting: RestingFace
    resting_mm: DoubleArray
    """``(468, 3)``: what the person looks like at rest."""


class FaceTrack:
    """Collects the frames of one person; keeps some 250 numbers of each and none of the points.

    Args:
        fitter: the face model's.
    """

    def __init__(self, fitter: FaceFitter) -> None:
        self.fitter = fitter
        self._frames: list[Frames] = []
        self._gaze: list[DoubleArray] = []

    def add(self, points: DoubleArray) -> None:
        """Further frames: landmarks ``(n, 478, 3)`` in pixels, NaN where there is no face. Any cut will do."""
        points = np.asarray(points, np.float64)
        self._frames.append(self.fitter.frames(points))
        model, fine = self.fitter.model, np.isfinite(points).all(axis=(1, 2))
        gaze = np.full((len(points), 2, 2), np.nan)
        face = align(points[fine, :POINTS], model.mean_mm, model.size_weights, model.rigid)
        gaze[fine] = gaze_deg(points[fine], face.rotation, face.pixels_per_mm)
        self._gaze.append(gaze)

    def measure(self, neutral: Neutral | RestingFace = "own", given: BoolArray | None = None) -> Measured:
        """Everything about the frames so far.

        Args:
            neutral: as of :func:`~dfe.facemodel.neutral.resting_face`; or the resting face of another recording.
            given: ``(n,)`` frames that are neutral, where ``neutral`` is ``given``.

        Raises:
            UsageError: no frames, or none with a usable face.
        """
        if not self._frames:
            raise UsageError("no frames were added to the face track")
        frames, model = join(self._frames), self.fitter.model
        face = resting_face(self.fitter, frames, neutral, given) if isinstance(neutral, str) else neutral
        said = expressions(self.fitter, frames, face)
        rest = resting_shape(self.fitter, face)
        lids = np.concatenate(
            [lids_mm(rest + model.displace(said[start : start + _AT_ONCE])) for start in range(0, len(said), _AT_ONCE)]
        )
        return Measured(said, Eyes(lids, np.concatenate(self._gaze)), frames, face, rest)
