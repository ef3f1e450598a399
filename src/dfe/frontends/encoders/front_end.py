"""Faces found by the default front end, their expression read by DECA, EMOCA or SMIRK.

Detection, tracking, landmarks, head pose, gaze and blink are the default front end's; only the expression vector is
replaced, by FLAME coefficients.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import FloatArray, Frame
from dfe.frontends.base import FrameFaces
from dfe.frontends.encoders.runners import open_runner
from dfe.frontends.encoders.tools import TOOLS, VERIFIED
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.frontends.landmarks.networks import Networks
from dfe.space.base import ExpressionSpace
from dfe.space.plain import PLAIN_VERSION
from dfe.space.registry import MESH_VERSION, load_space

_WAITING = 4
"""So many times the batch in frames without a face may wait for it to fill."""


@dataclass(frozen=True)
class EncoderConfig:
    """Options of :class:`EncoderFrontEnd`."""

    tool: str
    """``deca``, ``emoca`` or ``smirk``."""
    weights: Path | None
    """Checkpoint, its folder, or a network exported to ``.onnx``."""
    device: str = "auto"
    """``auto`` (CUDA where there is one), ``cpu`` or ``cuda``."""
    batch: int = 8
    """Faces at once on CUDA; on the CPU each is looked at by itself."""
    landmarks: LandmarkConfig = field(default_factory=LandmarkConfig)
    """Options of the front end that finds the faces."""
    flame: Path | None = None
    """FLAME model file, for a space in millimetres; what is measured does not depend on it."""

    def __post_init__(self) -> None:
        if self.tool not in TOOLS:
            raise UsageError(f"the encoder is one of {', '.join(TOOLS)}, not {self.tool!r}")


class EncoderFrontEnd:
    """FLAME coefficients from pictures; implements :class:`dfe.frontends.base.FrontEnd`.

    It may travel to another process, which then opens the weights anew.

    Args:
        config: the options.
        networks: other networks for finding faces than the packaged ones.

    Raises:
        UsageError: no weights are named, torch is not installed, or there is no such device.
        ModelError: the weights are missing, damaged or another tool's.
    """

    def __init__(self, config: EncoderConfig, networks: Networks | None = None) -> None:
        self.config = config
        self.tool = TOOLS[config.tool]
        self.run = open_runner(self.tool, config.weights, config.device, config.batch)
        self.faces = LandmarkFrontEnd(config.landmarks, networks)

    def __reduce__(self) -> tuple[type[EncoderFrontEnd], tuple[EncoderConfig, Networks]]:
        return EncoderFrontEnd, (self.config, self.faces.networks)

    @property
    def space(self) -> ExpressionSpace:
        """Of its rows: version 2 on the mesh of a FLAME file, without one version 1 (:mod:`dfe.space.plain`)."""
        if self.config.flame is None:
            return load_space(self.tool.space, PLAIN_VERSION)
        return load_space(self.tool.space, MESH_VERSION, flame=self.config.flame)

    def provenance(self) -> dict[str, str | int | float | bool]:
        """Tool, space, weights, crop and device; what found the faces stands behind ``faces``."""
        own: dict[str, str | int | float | bool] = {
            "name": self.tool.name,
            "space": self.tool.space,
            "verified": VERIFIED,
        }
        crop: dict[str, str | int | float | bool] = {
            "crop": self.tool.crop.described(),
            "mirrored": self.config.landmarks.mirrored,
        }
        faces = {f"faces {key}": value for key, value in self.faces.provenance().items()}
        return own | self.run.provenance() | crop | faces

    def observe(self, frames: Iterable[Frame], *, still: bool) -> Iterator[FrameFaces]:
        """Faces of each frame, in order; a few frames are looked at together.

        Raises:
            ModelError: a network of the package is missing or damaged.
        """
        at_hand: deque[Frame] = deque()

        def passing() -> Iterator[Frame]:
            for frame in frames:
                at_hand.append(frame)
                yield frame

        waiting: list[FrameFaces] = []
        crops: list[FloatArray] = []
        for seen in self.faces.observe(passing(), still=still):
            frame = at_hand.popleft()
            crops.extend(self._crops(frame, seen))
            waiting.append(seen)
            if len(crops) >= self.run.together or len(waiting) >= _WAITING * self.run.together:
                yield from self._read(waiting, crops)
                waiting, crops = [], []
        yield from self._read(waiting, crops)

    def _crops(self, frame: Frame, seen: FrameFaces) -> Iterator[FloatArray]:
        if frame.image is None or not seen.faces:
            return
        mirrored = self.config.landmarks.mirrored
        image = np.ascontiguousarray(frame.image[:, ::-1]) if mirrored else frame.image
        for face in seen.faces:
            assert face.landmarks is not None  # the landmark front end always gives them
            points = face.landmarks[:, :2].astype(np.float64)
            if mirrored:
                points[:, 0] = image.shape[1] - points[:, 0]
            yield self.tool.crop.cut(image, points)

    def _read(self, waiting: list[FrameFaces], crops: list[FloatArray]) -> Iterator[FrameFaces]:
        rows = iter(self.run(np.stack(crops)) if crops else ())
        for seen in waiting:
            yield replace(seen, faces=tuple(replace(face, expression=next(rows)) for face in seen.faces))
