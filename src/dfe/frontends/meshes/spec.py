"""The front end ``mesh``: a mesh sequence to coefficients of a learned expression space."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.types import BoolArray, DoubleArray, Progress
from dfe.frontends.meshes.reading import is_sequence, read_sequence
from dfe.frontends.meshes.sequence import MeshSequence
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.recording.measured import Measured
from dfe.space.file import read_space
from dfe.space.learned import LearnedSpace
from dfe.space.posing import own_neutral, pose_frames

ASSUMED_RATE = 30.0
"""Frames per second where neither the file nor the user says."""

_RESIDUAL_FLOOR_MM = 0.05


class MeshReader:
    """Reads mesh sequences into a learned space.

    A frame is aligned to its recording's own neutral face, as the space's recipe says, and projected on the components.
    The neutral is part of what a coefficient means, so nothing more is subtracted: recordings have the neutral mode
    ``none``, and ``about`` says which face was the zero.

    A face's confidence is the share of its points that were seen, times how well the components tell it: 1 where they
    leave no more than they left of 95% of the frames they were learned from, else the ratio of the two.

    Args:
        space: that the points are told in.
        rate: frames per second, in place of what the file says.
    """

    def __init__(self, space: LearnedSpace, rate: float | None = None) -> None:
        if rate is not None and not 0 < rate < np.inf:
            raise UsageError(f"a rate of {rate:g} frames per second cannot be")
        self.space, self.rate = space, rate

    def read(self, path: Path, progress: Progress | None = None) -> Measured:
        """All frames of one sequence.

        Raises:
            TableError: it cannot be read, or is of another topology than the space.
        """
        return self.measure(read_sequence(path, progress))

    def measure(self, sequence: MeshSequence) -> Measured:
        """All frames of one sequence that was read.

        Raises:
            TableError: it is of another topology or unit than the space, or holds no face.
        """
        space, recipe = self.space, self.space.recipe
        check_topology(sequence, space)
        try:
            neutral = own_neutral(sequence.points, recipe, sequence.frame).placed(space.mesh.vertices_mm, recipe)
        except TableError as error:
            raise TableError(error.what, where=sequence.name, advice=error.advice) from None
        posed = pose_frames(sequence.points, recipe, neutral)
        fitted = space.fit(posed.displacement, posed.seen)
        success = np.array([reason is None for reason in posed.reason])
        time_s, assumed, warnings = self._times(sequence)
        allowed = max(recipe.residual_mm, _RESIDUAL_FLOOR_MM)
        confidence = posed.seen.mean(axis=1) * np.minimum(allowed / np.maximum(fitted.residual_mm, allowed), 1)
        residual = fitted.residual_mm[success]
        return Measured(
            space=space,
            frame=sequence.frame,
            time_s=time_s,
            expression=np.where(success[:, None], fitted.x, np.float32(np.nan)),
            success=success,
            reason=posed.reason,
            confidence=np.where(success, confidence, np.nan).astype(np.float32),
            source=sequence.sources,
            about={
                "kind": "mesh sequence",
                "neutral": recipe.neutral,
                "unit": recipe.unit,
                "aligned_by": "all points, robustly" if not recipe.rigid else f"{len(recipe.rigid)} rigid points",
                "axes": recipe.axes,
                "residual_mm_median": round(float(np.median(residual)), 4),
                "residual_mm_when_learned": round(recipe.residual_mm, 4),
            },
            warnings=(*sequence.warnings, *warnings, *_remarks(residual, recipe.residual_mm)),
            time_stamps="repaired" if sequence.repaired or assumed else "ok",
        )

    def _times(self, sequence: MeshSequence) -> tuple[DoubleArray, bool, tuple[str, ...]]:
        if sequence.time_s is not None and self.rate is None:
            return sequence.time_s, False, ()
        rate = self.rate or ASSUMED_RATE
        said = (
            ()
            if self.rate
            else (f"no times: {ASSUMED_RATE:g} frames per second are assumed (give --rate if it is another)",)
        )
        return (sequence.frame - sequence.frame[0]) / rate, not self.rate, said


def check_topology(sequence: MeshSequence, space: LearnedSpace) -> None:
    """Refuse a sequence of other points than the space's.

    Raises:
        TableError: another number of points, other triangles, or another unit.
    """
    count, own = sequence.points.shape[1], len(space.mesh.vertices_mm)
    advice = "give meshes of the topology that the space was learned from"
    if count != own:
        raise TableError(f"has {count} points, space {space.id} has {own}", where=sequence.name, advice=advice)
    both = len(sequence.triangles) and len(space.mesh.triangles)
    if both and not np.array_equal(sequence.triangles, space.mesh.triangles):
        raise TableError(f"has other faces than space {space.id}", where=sequence.name, advice=advice)
    if sequence.unit not in (None, space.recipe.unit) and space.recipe.unit != "size":
        what = f"is in {sequence.unit}, space {space.id} is learned from {space.recipe.unit}"
        raise TableError(what, where=sequence.name)


def _remarks(residual: DoubleArray, allowed: float) -> tuple[str, ...]:
    """A line where much of the movement is none that the space knows."""
    worse: BoolArray = residual > 2 * max(allowed, _RESIDUAL_FLOOR_MM)
    if worse.mean() < 0.1:
        return ()
    return (
        f"in {worse.mean():.0%} of the frames the space's components explain much less than where they were learned",
    )


def _make(options: FrontEndOptions) -> MeshReader:
    if options.space is None:
        raise UsageError("meshes need a space that was learned from such", advice="give --space DIR of dfe learn-space")
    if options.mirrored:
        raise UsageError("meshes cannot be mirrored: which point is which on the other side is not known")
    if options.calibrate:
        raise UsageError("there is no calibration of a learned space")
    return MeshReader(read_space(options.space), options.rate)


MESH = FrontEndSpec(
    name="mesh",
    kind="table",
    title="mesh sequences (.obj, .ply, .npz, .npy) and Kinect face points",
    space="a learned space (dfe learn-space)",
    licence="none of its own; the data's",
    verified="on real Kinect points; on meshes made from real ARKit tracks",
    make=_make,
    uses=("space", "rate"),
    needs=("space",),
    recognises=is_sequence,
)
