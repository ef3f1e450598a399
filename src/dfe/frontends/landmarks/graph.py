"""The embedded front end: detect, crop, landmarks, pose, coefficients; follow the faces of a video.

At each multiple of ``reset_every`` faces are sought afresh. A face that is not found so, since it is turned or half
hidden, is still followed if it was found in the block of frames before: nobody vanishes at a block's first frame, and a
video's rows depend on no more than the block before, so cutting it there changes nothing
(:attr:`LandmarkConfig.reset_every`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from math import pi
from typing import NamedTuple

import cv2
import numpy as np

from dfe.base.types import DoubleArray, Frame, ImageArray
from dfe.frontends.base import NO_FACE, NOT_DECODED, Face, FrameFaces
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.covering import find_covered, grey_crop
from dfe.frontends.landmarks.crops import Roi, roi_from_detection, roi_from_landmarks
from dfe.frontends.landmarks.detail import detail_of_face
from dfe.frontends.landmarks.detector import Detection, Detector, is_close_up, overlap
from dfe.frontends.landmarks.geometry import Geometry
from dfe.frontends.landmarks.mesh import Mesh, find_mesh, look_from_both_sides
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import Reader
from dfe.frontends.looks import look_at
from dfe.media.scenes import ALARMING, SceneArray, scene_changes, scene_of
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space

SETTLING = 2
"""Further landmark passes for a face that begins to be followed: the crop made from a detection is coarse, and its
coefficients would differ from the next frame's by twice what a talking face moves between frames."""
SAME_FACE = 0.5
"""Landmark boxes that overlap more than this (intersection over union) are one face."""

SURE_BOX, SURE_FACE = 0.85, 14.0
"""A detection with a score below the one whose landmarks have less evidence than the other may be seen the wrong way
up: 4% of ordinary film, a quarter of LFW's pictures, 99% of what is upside down (docs/front-end.md)."""
TURNED_FACE, _MORE = 6.0, 2.0
"""Evidence that a face seen in another turn must have, and how much more than the look before."""
DOUBTFUL_BOX = 0.75
"""Below this score quarter turns are tried, too."""


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


class _Following:
    """The faces that are followed through a video.

    ``sought`` were found in this block of frames, and nothing before it plays a part in them. ``carried`` were found in
    the block before, and have not been found again yet.
    """

    def __init__(self) -> None:
        self.sought: list[Roi] = []
        self.carried: list[Roi] = []
        self.due = True
        """Whether further faces are to be sought."""
        self.more = False
        """Whether the last search found more faces than there was room for."""
        self._last: int | None = None
        self._scene: SceneArray | None = None

    def begin(self, frame: Frame, config: LandmarkConfig) -> None:
        """Forget what is over, and say what is due."""
        now, last, self._last = frame.index, self._last, frame.index
        blocks_on = now // config.reset_every - (now if last is None else last) // config.reset_every
        if last is None or blocks_on or now < last:
            self.carried = self.sought if blocks_on == 1 else []
            self.sought, self.due = [], True
        elif now // config.detect_every != last // config.detect_every:
            self.due = True

    def forget_if_cut(self, image: ImageArray) -> None:
        """Forget all faces where the picture is another than the last one, or has another shape."""
        scene = scene_of(image)
        known, self._scene = self._scene, scene
        if known is not None and scene_changes(np.stack([known, scene]))[0] > ALARMING:
            self.sought, self.carried, self.due = [], [], True


class LandmarkFrontEnd:
    """Faces by MediaPipe's networks; implements :class:`dfe.frontends.base.FrontEnd`.

    Args:
        config: the options.
        networks: other networks than the packaged ones.
    """

    def __init__(self, config: LandmarkConfig | None = None, networks: Networks | None = None) -> None:
        self.config = config or LandmarkConfig()
        self.networks = networks or Networks(device=self.config.device, batch=self.config.batch)
        self.detector = Detector(self.networks, self.config.min_detection)
        self.geometry = Geometry(self.networks)
        self.read = Reader(self.networks, self.config.both_ways)

    @property
    def space(self) -> ExpressionSpace:
        """``arkit51/face41``."""
        return load_space("arkit51/face41")

    def provenance(self) -> dict[str, str | int | float | bool]:
        """Name, options, versions of the libraries that compute, and the networks' hashes."""
        options = asdict(self.config) | {"device": self.networks.device, "batch": self.networks.batch}
        hashes = {f"sha256 {name}": value for name, value in sorted(self.networks.hashes.items())}
        versions = {"onnxruntime": version("onnxruntime"), "opencv": cv2.__version__}
        return {"name": "landmarks"} | options | versions | hashes

    def observe(self, frames: Iterable[Frame], *, still: bool) -> Iterator[FrameFaces]:
        """Faces of each frame, in order; with ``still`` every picture is looked at on its own.

        Raises:
            ModelError: a network of the package is missing or damaged.
        """
        follow = _Following()
        size: tuple[int, ...] = ()
        for frame in frames:
            if still:
                follow = _Following()
            else:
                follow.begin(frame, self.config)
            if frame.image is None:
                yield _without_face(frame, f"{NOT_DECODED}: {frame.reason or 'no picture'}")
                continue
            image = np.ascontiguousarray(frame.image[:, ::-1]) if self.config.mirrored else frame.image
            if not still:
                if size != image.shape:
                    follow.sought, follow.carried, follow.due, size = [], [], True, image.shape
                follow.forget_if_cut(image)
            seen = self._look(image, follow, 0 if still else SETTLING)
            faces = sorted((self._face(image, one) for one in seen), key=lambda face: -face.area)
            if faces:
                yield FrameFaces(frame.index, frame.time_s, frame.source, frame.reason, tuple(faces), follow.more)
            else:
                yield _without_face(frame, NO_FACE if frame.reason is None else f"{NO_FACE} ({frame.reason})")

    def _look(self, image: ImageArray, follow: _Following, settling: int) -> list[_Seen]:
        """Faces that are followed; the whole picture is searched when that is due, or one is lost, or there is none."""
        seen: list[_Seen] = []
        again, most = int(self.config.second_pass), self.config.max_faces
        for roi in follow.sought:
            self._add(seen, self._mesh(image, roi, again))
        lost = len(seen) < len(follow.sought)
        if not follow.sought or lost or (follow.due and len(seen) < most):
            passes = max(again, settling)
            follow.more = self._seek(seen, image, self.detector(image, most), passes)
            if not seen:
                self._seek(seen, image, self.detector.close_up(image, most), passes)
            if not seen and follow.due:
                self._seek(seen, image, self.detector.upside_down(image), passes)
        follow.sought, follow.due = [one.roi for one in seen], False
        carried: list[_Seen] = []
        for roi in follow.carried[: most - len(seen)]:
            one = self._mesh(image, roi, again)
            if one is not None and not _is_among(one, [*seen, *carried]):
                carried.append(one)
        follow.carried = [one.roi for one in carried]
        return seen + carried

    def _seek(self, seen: list[_Seen], image: ImageArray, detections: list[Detection], again: int) -> bool:
        """Add the faces at detections, as far as they are new and there is room; whether there are more than that."""
        for found in detections:
            known = np.array([one.box for one in seen]).reshape(-1, 4)
            if (overlap(found.box, known) > SAME_FACE).any():
                continue
            one = self._face_at(image, found, again)
            if len(seen) < self.config.max_faces:
                self._add(seen, one)
            elif one is not None and not _is_among(one, seen):
                return True
        return False

    def _face_at(self, image: ImageArray, found: Detection, again: int) -> _Seen | None:
        """The face at a detection, the right way up.

        The detector finds faces that lie or stand on their heads, and takes most of them for upright ones. The crop is
        then turned by half, and the landmark network sees a face where there was hardly one.
        """
        roi = roi_from_detection(found.box, found.points[:2])
        again = max(again, int(found.coarse))
        best = self._mesh(image, roi, again)
        if found.score >= SURE_BOX:
            return best
        # Only a crop made from landmarks tells: in the detector's, either turn may look more like a face.
        evidence = self._settled(image, roi).evidence if best is None or not again else best.mesh.evidence
        for turn in (pi, pi / 2, -pi / 2) if found.score < DOUBTFUL_BOX else (pi,):
            if evidence >= SURE_FACE:
                break
            turned = self._settled(image, roi._replace(angle=roi.angle + turn))
            if turned.evidence > max(TURNED_FACE, evidence + _MORE):
                other = self._mesh(image, roi_from_landmarks(turned.points), max(0, again - 1))
                best, evidence = other or best, turned.evidence
        return best

    def _settled(self, image: ImageArray, roi: Roi) -> Mesh:
        """The landmarks in the crop that the landmarks in ``roi`` make."""
        return find_mesh(self.networks, image, roi_from_landmarks(find_mesh(self.networks, image, roi).points))

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
        if one is not None and not _is_among(one, seen):
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
        grey = grey_crop(image, seen.mesh.points)
        return Face(
            seen.mesh.presence,
            box,
            pose.pitch,
            pose.yaw,
            pose.roll,
            *reading,
            landmarks=points,
            covered=find_covered(self.networks, grey, seen.mesh.points, width, height),
            detail=detail_of_face(image, seen.box, grey),
            look=look_at(image, seen.roi),
        )


def _is_among(one: _Seen, seen: list[_Seen]) -> bool:
    return any(overlap(one.box, other.box[None])[0] > SAME_FACE for other in seen)


def _without_face(frame: Frame, reason: str) -> FrameFaces:
    return FrameFaces(frame.index, frame.time_s, frame.source, reason)
