"""London's heads turned: each picture warped as if the head had been turned by known angles.

The landmarks are turned in space around a point inside the head, and a thin-plate spline carries the picture's pixels
along. What comes out is good up to about 20 degrees; the face's own movement is the same in all of them.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from dfe.recording.recording import Recording

TURNS = [(yaw, 0) for yaw in (-17, -8, 0, 8, 17)] + [(0, pitch) for pitch in (-15, -8, 8, 15)]
_GRID = 8
_DEPTH = 0.35
"""The head turns around a point this far behind the face, as a share of its width."""


def lay_out_turned(data: Path, folder: Path, table: Path) -> None:
    """Warped pictures ``<picture>_<yaw>_<pitch>.jpg``, angles in degrees; made before, they are kept."""
    target = folder / "london_turned"
    if (folder / "done").exists():
        return
    target.mkdir(parents=True, exist_ok=True)
    recording = Recording.read(table)
    points = recording.landmarks()
    assert points is not None
    for name, face in zip(recording.column("source"), points.astype(np.float64), strict=True):
        image = cv2.imread(str(data / "london" / str(name)))
        for yaw, pitch in TURNS:
            out = target / f"{Path(str(name)).stem}_{yaw:+d}_{pitch:+d}.jpg"
            assert cv2.imwrite(str(out), turned(image, face, np.radians(yaw), np.radians(pitch)))
    (folder / "done").touch()


def turned(image: np.ndarray, points: np.ndarray, yaw: float, pitch: float) -> np.ndarray:
    """The picture with the face at ``points`` ``(478, 3)`` turned by ``yaw`` and ``pitch`` radians."""
    width = np.ptp(points[:, 0])
    middle = points[:468].mean(axis=0) + [0, 0, _DEPTH * width]
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    turn = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]]) @ np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    before = points[:468:4]
    after = (before - middle) @ turn.T + middle
    height, breadth = image.shape[:2]
    x, y = np.meshgrid(np.linspace(0, breadth - 1, 9), np.linspace(0, height - 1, 9))
    border = np.column_stack([x.ravel(), y.ravel()])
    border = border[np.abs((border - middle[:2]) / width).max(axis=1) > 1]
    back = RBFInterpolator(
        np.concatenate([after[:, :2], border]), np.concatenate([before[:, :2], border]), smoothing=1.0
    )  # thin-plate spline, from the turned picture to the one that there is
    x, y = np.meshgrid(np.arange(0, breadth + _GRID, _GRID), np.arange(0, height + _GRID, _GRID))
    coarse = back(np.column_stack([x.ravel(), y.ravel()]).astype(float)).reshape(*x.shape, 2).astype(np.float32)
    scale = np.array([[_GRID, 0, 0], [0, _GRID, 0]], np.float32)
    places = cv2.warpAffine(coarse, scale, (breadth, height), borderMode=cv2.BORDER_REPLICATE)
    return cv2.remap(image, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
