"""The embedded front end: detect, crop, landmarks, pose, coefficients; follow the faces of a video.

A video's rows depend on nothing before the last multiple of ``reset_every``, so cutting it there changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import NamedTuple

import cv2
import numpy as np

from dfe.base.types import DoubleArray, Frame, ImageArray
from dfe.frontends.base import NO_FACE, NOT_DECODED, Face, FrameFaces
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.crops import Roi, roi_from_detection, roi_from_landmarks
from dfe.frontends.landmarks.detector import Detection, Detector, is_close_up, overlap
from dfe.frontends.landmarks.geometry import Geometry
from dfe.frontends.landmarks.mesh import Mesh, find_mesh, look_from_both_sides
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import Reader
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space

SETTLING = 2
"""Further landmark passes for a face that begins to be followed: the crop made from a detection is coarse, and its
coefficients would differ from the next frame's by twice what a talking face moves between frames."""
SAME_FACE = 0.5
"""Landmark boxes that overlap more than this (intersection over union) are one face."""


class _Seen(NamedTuple):
    mesh: Mesh
    box: DoubleArray

    @classmethod
    def of(cls, mesh: Mesh) -> _Seen:
        flat = mesh.points[:, :2]
        return cls(mesh, np.concatenate([flat.min(0), flat.max(0)]))

    @property
    def roi(self) -> Roi:
        return roi_from_landmarks(self.mesh.points)


class LandmarkFrontEnd:
    """Faces by MediaPipe's networks; implements :class:`dfe.frontends.base.FrontEnd`.

    Args:
        config: the options.
        networks: other networks than the packaged ones.
    """

    def __init__(self, config: LandmarkConfig | None = None, networks: Networks | None = None) -> None:
        self.config = config or LandmarkConfig()
        self.networks = networks or Networks()
        self.detector = Detector(self.networks, self.config.min_detection)
        self.geometry = Geometry(self.networks)
        self.read = Reader(self.networks, self.config.both_ways)

    @property
    def space(self) -> ExpressionSpace:
        """``arkit51/face41``."""
        return load_space("arkit51/face41")

    def provenance(self) -> dict[str, str | int | float | bool]:
        """Name, options, versions of the libraries that compute, and the networks' hashes."""
        options = asdict(self.config)
        hashes = {f"sha256 {name}": value for name, value in sorted(self.networks.hashes.items())}
        versions = {"onnxruntime": version("onnxruntime"), "opencv": cv2.__version__}
        return {"name": "landmarks"} | options | versions | hashes

    def observe(self, frames: Iterable[Frame], *, still: bool) -> Iterator[FrameFaces]:
        """Faces of each frame, in order; with ``still`` every picture is looked at on its own.

        Raises:
            ModelError: a network of the package is missing or damaged.
        """
        tracks: list[Roi] = []
        last: Frame | None = None
        due = True
        for frame in frames:
            if (
                still
                or last is None
                or self._block(frame, self.config.reset_every) != self._block(last, self.config.reset_every)
            ):
                tracks, due = [], True
            elif self._block(frame, self.config.detect_every) != self._block(last, self.config.detect_every):
                due = True
            last = replace(frame, image=None)
            if frame.image is None:
                yield _without_face(frame, f"{NOT_DECODED}: {frame.reason or 'no picture'}")
                continue
            image = np.ascontiguousarray(frame.image[:, ::-1]) if self.config.mirrored else frame.image
            seen = self._look(image, tracks, due, 0 if still else SETTLING)
            tracks, due = [one.roi for one in seen], False
            faces = sorted((self._face(image, one) for one in seen), key=lambda face: -face.area)
            if faces:
                yield FrameFaces(frame.index, frame.time_s, frame.source, frame.reason, tuple(faces))
            else:
                yield _without_face(frame, NO_FACE)

    @staticmethod
    def _block(frame: Frame, length: int) -> tuple[str, int]:
        """Frames of one block share state; a new block begins at each multiple, also where frames are left out."""
        return frame.source, frame.index // length

    def _look(self, image: ImageArray, tracks: list[Roi], due: bool, settling: int) -> list[_Seen]:
        """Faces at the tracks; the whole picture is searched when that is due, or a track is lost, or there is none."""
        seen: list[_Seen] = []
        again = int(self.config.second_pass)
        for roi in tracks:
            self._add(seen, self._mesh(image, roi, again))
        lost = len(seen) < len(tracks)
        if not tracks or lost or (due and len(seen) < self.config.max_faces):
            most, passes = self.config.max_faces, max(again, settling)
            self._seek(seen, image, self.detector(image, most), passes)
            if not seen:
                self._seek(seen, image, self.detector.close_up(image, most), passes)
        return seen

    def _seek(self, seen: list[_Seen], image: ImageArray, detections: list[Detection], again: int) -> None:
        """Add the faces at detections, as far as they are new and there is room."""
        for found in detections:
            known = np.array([one.box for one in seen]).reshape(-1, 4)
            if len(seen) < self.config.max_faces and not (overlap(found.box, known) > SAME_FACE).any():
                roi = roi_from_detection(found.box, found.points[:2])
                self._add(seen, self._mesh(image, roi, max(again, int(found.coarse))))

    def _mesh(self, image: ImageArray, roi: Roi, again: int) -> _Seen | None:
        """The face at ``roi``, after so many further passes.

        A face that a better crop loses was none, unless it fills the picture: its crop reaches beyond the edges.
        """
        mesh = find_mesh(self.networks, image, roi)
        if mesh.presence < self.config.min_presence:
            return None
        for _ in range(again):
            better = find_mesh(self.networks, image, roi_from_landmarks(mesh.points))
            if better.presence < self.config.min_presence:
                return _Seen.of(mesh) if is_close_up(_Seen.of(mesh).box, image) else None
            mesh = better
        return _Seen.of(look_from_both_sides(self.networks, image, mesh) if self.config.both_ways else mesh)

    @staticmethod
    def _add(seen: list[_Seen], one: _Seen | None) -> None:
        """Keep a face unless it is there already; of two tracks on one face the older stays."""
        if one is not None and not any(overlap(one.box, other.box[None])[0] > SAME_FACE for other in seen):
            seen.append(one)

    def _face(self, image: ImageArray, seen: _Seen) -> Face:
        height, width = image.shape[:2]
        pose = self.geometry(seen.mesh.points, width, height)
        reading = self.read(seen.mesh.points, np.array([pose.pitch, pose.yaw, pose.roll]))
        points = seen.mesh.points.astype(np.float32)
        x0, y0, x1, y1 = (float(v) for v in seen.box)
        if self.config.mirrored:
            points[:, 0] = width - points[:, 0]
            x0, x1 = width - x1, width - x0
        box = (x0, y0, x1 - x0, y1 - y0)
        return Face(seen.mesh.presence, box, pose.pitch, pose.yaw, pose.roll, *reading, landmarks=points)


def _without_face(frame: Frame, reason: str) -> FrameFaces:
    return FrameFaces(frame.index, frame.time_s, frame.source, reason)
