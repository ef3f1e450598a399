"""What a user can choose about the landmark front end."""

from __future__ import annotations

from dataclasses import dataclass

from dfe.base.errors import UsageError
from dfe.frontends.landmarks.sessions import Device


@dataclass(frozen=True)
class LandmarkConfig:
    """Options of :class:`~dfe.frontends.landmarks.graph.LandmarkFrontEnd`; all of them change the rows."""

    max_faces: int = 4
    """Faces per frame at most."""
    min_detection: float = 0.5
    """A detected box counts from this score on, 0 to 1."""
    min_presence: float = 0.5
    """Landmarks count from this probability of a face on, 0 to 1."""
    reset_every: int = 96
    """Faces are sought afresh at each multiple of this frame number, and what was found before the last but one such
    frame is forgotten: so a video may be cut there, if looking begins one block earlier."""
    detect_every: int = 12
    """Further faces are sought at each multiple of this frame number while fewer than ``max_faces`` are followed."""
    second_pass: bool = False
    """Find the landmarks of every face twice, the second time in a crop placed by the first: less jitter, more time."""
    both_ways: bool = False
    """Find the landmarks in the mirror image too, and take the mean: left and right are then measured alike and noise
    is less, for the time of another pass."""
    mirrored: bool = False
    """The recording is a mirror image; left and right are put right, boxes and landmarks stay in its pixels."""

    device: Device = "cpu"
    """Where the networks of faces run; their numbers differ in the last places from one device to another."""
    batch: int | None = None
    """Faces that these networks look at together, gathered from all workers; None: 1 on the CPU, on CUDA
    :data:`~dfe.frontends.landmarks.networks.BATCH_ON_CUDA`. Coefficients differ in the last places from one batch to
    another, and depend on nothing else that is looked at."""

    def __post_init__(self) -> None:
        for name in ("max_faces", "reset_every", "detect_every"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.batch is not None and self.batch < 1:
            raise UsageError(f"batch must be at least 1, not {self.batch}")
        for name in ("min_detection", "min_presence"):
            if not 0 < getattr(self, name) < 1:
                raise UsageError(f"{name} must lie between 0 and 1, not {getattr(self, name)}")
        if self.reset_every % self.detect_every:
            raise UsageError(
                f"reset_every ({self.reset_every}) must be a multiple of detect_every ({self.detect_every})"
            )
