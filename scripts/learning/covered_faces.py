"""Pictures of faces with things drawn over them, seen as the front end would see them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from dfe.frontends.landmarks.covering import SIDE, grey_crop
from dfe.frontends.landmarks.crops import roi_from_landmarks
from dfe.frontends.landmarks.mesh import find_mesh
from dfe.frontends.landmarks.networks import Networks
from dfe.recording.recording import Recording
from learning.covers import SHARE, Cover, covered_picture, shares

ENLARGED = 2
"""Pictures of LFW (160 px) are enlarged so much before anything is drawn over them."""
MARGIN = 8
"""Crops are larger than the net's, so that they can be shifted and turned while it is taught."""
CLEAN = "nothing"
MIN_PRESENCE = 0.5


class CoveredFaces(NamedTuple):
    """Grey crops and how much of each face is covered."""

    crops: np.ndarray
    """``(n, SIDE + MARGIN, SIDE + MARGIN)`` uint8."""
    shares: np.ndarray
    """``(n, 2)``: of the upper and of the lower face."""
    kinds: np.ndarray
    """``(n,)``: what covers it, or :data:`CLEAN`."""

    @classmethod
    def joined(cls, parts: list[CoveredFaces]) -> CoveredFaces:
        return cls(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def faces_of(table: Path) -> tuple[list[str], np.ndarray]:
    """Names of the pictures and landmarks ``(n, 478, 3)`` of a table that keeps them."""
    recording = Recording.read(table)
    found = recording.success & (recording.face_ids == 0)
    landmarks = recording.landmarks()
    assert landmarks is not None, "extract with --landmarks"
    return recording.column("source")[found].tolist(), landmarks[found].astype(np.float64)


def cover_faces(
    pictures: list[Path], landmarks: np.ndarray, covers: dict[str, Cover], number: int, seed: int, covered: float = 0.6
) -> CoveredFaces:
    """So many of the pictures with landmarks ``(n, 478, 3)``, a share ``covered`` with something over the face.

    The landmarks are found again in the changed picture, since what hides a face moves them; faces that are lost so
    are left out.
    """
    rng, networks = np.random.default_rng(seed), Networks()
    kinds = list(covers)
    weights = np.array([SHARE.get(kind, 1.0) for kind in kinds])
    order = rng.permutation(len(pictures))
    crops, amounts, drawn = [], [], []
    for place in range(number):
        row = order[place % len(order)]
        picture, points = _read(pictures[row]), landmarks[row] * ENLARGED
        kind, alpha = CLEAN, np.zeros_like(picture)
        if rng.random() < covered:
            kind = str(rng.choice(kinds, p=weights / weights.sum()))
            other = cv2.resize(_read(pictures[order[rng.integers(len(order))]]), picture.shape[::-1])
            picture, alpha = covered_picture(rng, covers[kind], picture, points[:, :2], other)
        image = np.repeat(picture.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
        roi = roi_from_landmarks(points)
        move = rng.normal(0, 0.02, 2) * roi.size
        roi = roi._replace(
            x=roi.x + move[0],
            y=roi.y + move[1],
            size=roi.size * rng.uniform(0.95, 1.06),
            angle=roi.angle + rng.normal(0, 0.04),
        )
        mesh = find_mesh(networks, image, roi)
        if mesh.presence >= MIN_PRESENCE:
            crops.append(grey_crop(image, mesh.points, SIDE + MARGIN))
            amounts.append(shares(alpha, points[:, :2]))
            drawn.append(kind)
    return CoveredFaces(np.array(crops), np.array(amounts, np.float32).clip(0, 1), np.array(drawn))


def _read(path: Path) -> np.ndarray:
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert grey is not None, path
    large = cv2.resize(grey, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    return large.astype(np.float32)
