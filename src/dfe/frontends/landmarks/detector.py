"""Faces in a whole picture: MediaPipe's BlazeFace, the short-range network and the back-camera one for small faces.

Bazarevsky et al., "BlazeFace: sub-millisecond neural face detection on mobile GPUs", arXiv 1907.05047.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, FloatArray, ImageArray
from dfe.frontends.landmarks.crops import letterbox
from dfe.frontends.landmarks.networks import Networks

SAME_FACE = 0.3
"""Boxes of one network that overlap more than this are averaged (MediaPipe's face detector)."""


class Detection(NamedTuple):
    """A box in pixels of the picture, its score 0..1, and six points (right eye, left eye, nose, mouth, ears)."""

    box: DoubleArray
    """``x0, y0, x1, y1``."""
    points: DoubleArray
    """``(6, 2)``."""
    score: float
    coarse: bool
    """Found by the back-camera network alone, whose boxes of small faces need a second look."""


class BlazeFace(NamedTuple):
    """One of the two networks: its file, the side of its input, and (cell size, anchors per cell) of its grids."""

    name: str
    size: int
    grids: tuple[tuple[int, int], ...]

    def anchors(self) -> DoubleArray:
        """Centres that the raw boxes are relative to, ``(896, 2)``, in pixels of the input."""
        centres = []
        for cell, count in self.grids:
            middle = (np.arange(self.size // cell) + 0.5) * cell
            grid = np.stack(np.meshgrid(middle, middle), -1).reshape(-1, 2)
            centres.append(np.repeat(grid, count, axis=0))
        return np.concatenate(centres)


SHORT_RANGE = BlazeFace("detector", 128, ((8, 2), (16, 6)))
BACK_CAMERA = BlazeFace("detector_back", 256, ((16, 2), (32, 6)))
CLOSE_UP_MARGINS = (0.15, 0.3)
"""Black margins, as shares of the side, with which faces are sought that fill the whole picture."""
CLOSE_UP_SIDE = 0.5
"""A face found so must be this large, as a share of the picture's longer side; what is smaller is a false alarm."""


class Detector:
    """Finds faces from about 4% of the picture's longer side on.

    Args:
        networks: where the networks come from.
        min_score: the least score that counts.
    """

    def __init__(self, networks: Networks, min_score: float = 0.5) -> None:
        self.networks = networks
        self.min_score = min_score
        self._anchors = {network: network.anchors() for network in (SHORT_RANGE, BACK_CAMERA)}

    def __call__(self, image: ImageArray, max_faces: int) -> list[Detection]:
        """Faces: the short-range network's, best first, then small ones that it missed.

        Where there are more than ``max_faces``, at least one more is given, so that the caller can tell.
        """
        found = self.detect(image, SHORT_RANGE)
        if len(found) <= max_faces:
            for other in self.detect(image, BACK_CAMERA):
                if all(overlap(other.box, known.box[None])[0] <= SAME_FACE for known in found):
                    found.append(other)
        return found

    def close_up(self, image: ImageArray, max_faces: int) -> list[Detection]:
        """Faces that fill the picture, as in tight crops: the networks only know heads with something around them."""
        found = [one for margin in CLOSE_UP_MARGINS for one in self.detect(image, SHORT_RANGE, margin)]
        large = [one for one in found if is_close_up(one.box, image)]
        return sorted(large, key=lambda one: -one.score)[:max_faces]

    def upside_down(self, image: ImageArray) -> list[Detection]:
        """Faces that the short-range network finds in the picture turned by half, best first; places in the picture."""
        height, width = image.shape[:2]
        far = np.array([width, height], np.float64)
        return [
            Detection(np.concatenate([far - one.box[2:], far - one.box[:2]]), far - one.points, one.score, one.coarse)
            for one in self.detect(np.ascontiguousarray(image[::-1, ::-1]), SHORT_RANGE)
        ]

    def detect(self, image: ImageArray, network: BlazeFace, margin: float = 0.0) -> list[Detection]:
        """What one network finds, best first, with a black margin of that share of the side around the picture."""
        picture, matrix = letterbox(image, network.size, margin)
        raw, scores = self.networks.run(network.name, picture[None])
        score = 1 / (1 + np.exp(-np.clip(scores.reshape(-1).astype(np.float64), -100, 100)))
        likely = np.flatnonzero(score >= self.min_score)
        if not len(likely):
            return []
        boxes, points = self._decoded(raw[0, likely], self._anchors[network][likely])
        scale, shift = matrix[0, 0], matrix[:, 2]
        return [
            Detection(
                (box.reshape(2, 2) - shift).reshape(-1) / scale, (six - shift) / scale, best, network is BACK_CAMERA
            )
            for box, six, best in _merged(boxes, points, score[likely])
        ]

    @staticmethod
    def _decoded(raw: FloatArray, anchors: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
        """Raw rows ``(n, 16)`` to boxes ``(n, 4)`` and points ``(n, 6, 2)`` in pixels of the network's input."""
        rows = raw.astype(np.float64)
        centre, half = rows[:, :2] + anchors, rows[:, 2:4] / 2
        return np.hstack([centre - half, centre + half]), rows[:, 4:].reshape(-1, 6, 2) + anchors[:, None]


def is_close_up(box: DoubleArray, image: ImageArray) -> bool:
    """Whether a face with the box ``x0, y0, x1, y1`` fills the picture, or nearly so."""
    return bool((box[2:] - box[:2]).max() >= CLOSE_UP_SIDE * max(image.shape[:2]))


def overlap(box: DoubleArray, boxes: DoubleArray) -> DoubleArray:
    """Intersection over union of one box ``x0, y0, x1, y1`` with each of ``(n, 4)``."""
    shared = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None).prod(1)
    total = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(1) - shared
    return np.asarray(shared / np.maximum(total, 1e-12))


def _merged(
    boxes: DoubleArray, points: DoubleArray, scores: DoubleArray
) -> list[tuple[DoubleArray, DoubleArray, float]]:
    """Weighted non-maximum suppression: what overlaps the best box is averaged with it, by score."""
    merged = []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        near = overlap(boxes[left[0]], boxes[left]) > SAME_FACE
        near[0] = True
        group = left[near]
        weight = scores[group] / scores[group].sum()
        merged.append((weight @ boxes[group], np.einsum("n,nkc->kc", weight, points[group]), float(scores[group[0]])))
        left = left[~near]
    return merged
