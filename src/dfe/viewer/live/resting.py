"""A person's face at rest while frames still come: at every moment what the frames so far say.

What is shown of a frame is what `dfe encode` would say of it in a film that ends there. The resting face is found anew
with every frame at first, later each time that there are 2% more frames, so that work stays the same an hour on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray
from dfe.encoding.face_model import FaceModelRows, resting_of
from dfe.encoding.neutral import NeutralChoice
from dfe.facemodel.eyes import lids_mm
from dfe.facemodel.fit import FaceFitter
from dfe.facemodel.neutral import RestingFace, drift_against, expressions, resting_face, resting_shape
from dfe.facemodel.track import Seen, join_seen
from dfe.recording.schema import POINTS

ALWAYS = 250
"""So many frames are looked at anew with each."""
GROWTH = 1.02
MOST = 6_000
"""Frames that are looked back at: four minutes. Of a longer session every second, then every fourth, and so on."""


class AtRest(NamedTuple):
    """What frames are measured against."""

    face: RestingFace
    drift: DoubleArray
    shape_mm: DoubleArray


class RunningFace:
    """One person, frame by frame.

    Args:
        fitter: that sees the frames.
        neutral: the choice to begin with: own, population or another recording's.

    Raises:
        UsageError: an interval, which only :meth:`rest_between` can set.
        TableError: a recording that tells no resting face.
    """

    def __init__(self, fitter: FaceFitter, neutral: NeutralChoice) -> None:
        if neutral.kind == "interval":
            raise UsageError("the camera has no seconds yet", advice="set the face at rest with the page's button")
        self.neutral = neutral
        self._fitter = fitter
        self._parts: list[Seen] = []
        self._times: list[float] = []
        self._count = 0
        self._due = 0
        self._at_rest: AtRest | None = None

    def rest_between(self, start_s: float, end_s: float) -> None:
        """From now on the face at rest is what was shown between these times.

        Raises:
            UsageError: no face was seen then.
        """
        times = np.array(self._times)
        if not ((times >= start_s) & (times < end_s)).any():
            raise UsageError("no face was seen in these seconds", advice="look into the camera and try again")
        self.neutral = NeutralChoice("interval", start_s, end_s)
        self._find()

    def measure(self, seen: Seen, time_s: float) -> tuple[DoubleArray, DoubleArray]:
        """Expression ``(K,)`` and distance of the lids ``(2,)`` in mm of the next frame with a face, left first.

        Args:
            seen: of one frame; what is not finite is not looked at.
            time_s: later than the frame before.
        """
        if not np.isfinite(seen.frames.still).all():
            return np.full(self._fitter.model.dimension, np.nan), np.full(2, np.nan)
        self._parts.append(seen)
        self._times.append(time_s)
        self._count += 1
        if self._at_rest is None or self._count >= self._due:
            self._find()
            self._due = self._count + 1 if self._count < ALWAYS else int(self._count * GROWTH) + 1
        assert self._at_rest is not None
        said = expressions(self._fitter, seen.frames, self._at_rest.face, self._at_rest.drift)
        return said[0], lids_mm(self._at_rest.shape_mm + self._fitter.model.displace(said))[0]

    def _find(self) -> None:
        frames = join_seen(self._parts)
        if len(self._times) > MOST:
            frames, self._times = frames.take(np.arange(0, len(self._times), 2)), self._times[::2]
        self._parts = [frames]
        face = self._resting(frames)
        self._at_rest = AtRest(
            face, drift_against(self._fitter, frames.frames, face), resting_shape(self._fitter, face)
        )

    def _resting(self, seen: Seen) -> RestingFace:
        choice = self.neutral
        if choice.kind == "recording":
            return resting_of(choice, FaceModelRows(seen, self._fitter, POINTS))
        if choice.kind == "interval":
            return resting_face(self._fitter, seen.frames, "given", self._within(choice))
        return resting_face(self._fitter, seen.frames, choice.kind)

    def _within(self, choice: NeutralChoice) -> BoolArray:
        times = np.array(self._times)
        return np.asarray((times >= choice.start_s) & (times < choice.end_s))
