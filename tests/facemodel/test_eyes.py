from __future__ import annotations

import numpy as np
import pytest
from made_faces import placed

from dfe.facemodel.alignment import align
from dfe.facemodel.eyes import CORNERS, EYE_RADIUS_MM, IRIS_EDGES, IRISES, gaze_deg, lids_mm
from dfe.facemodel.model import FaceModel


def looking(model: FaceModel, left: float, up: float, yaw: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A face whose eyes look to the left and up by so many degrees, its head turned by ``yaw`` radians."""
    points = placed(model.mean_mm[None], np.array([yaw]), np.zeros(1))
    face = align(points[:, :468], model.mean_mm, model.size_weights, model.rigid)
    a, b = np.radians([left, up])
    look = np.array([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)])
    for side in ("left", "right"):
        middle = model.mean_mm[list(CORNERS[side])].mean(axis=0)
        iris = middle - [0, 0, EYE_RADIUS_MM] + look * EYE_RADIUS_MM
        seen = placed(np.broadcast_to(iris, (1, 468, 3)), np.array([yaw]), np.zeros(1))[0, 0]
        points[0, [IRISES[side], *IRIS_EDGES[side]]] = seen
    return points, face.rotation, face.pixels_per_mm


@pytest.mark.parametrize(("left", "up", "yaw"), [(0, 0, 0), (20, 0, 0), (-15, 10, 0), (10, -5, 0.3), (0, 0, -0.3)])
def test_gaze_is_where_the_eyes_look(model: FaceModel, left: float, up: float, yaw: float) -> None:
    gaze = gaze_deg(*looking(model, left, up, yaw))[0]
    np.testing.assert_allclose(gaze, [[left, up]] * 2, atol=1.0)


def test_lids_are_measured_one_by_one(model: FaceModel) -> None:
    shape = np.repeat(model.mean_mm[None], 2, axis=0)
    for upper, lower in ((385, 380), (386, 374), (387, 373)):
        shape[1, upper] = shape[1, lower]
    lids = lids_mm(shape)
    assert lids[0, 0] == pytest.approx(lids[0, 1], abs=1e-3)
    assert lids[1, 0] == pytest.approx(0)
    assert lids[1, 1] == pytest.approx(lids[0, 1])
