from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dfe.space.rigid import align, fit_motion
from made_meshes import moving_face, rotations


def test_weighted_rotation_is_scipys() -> None:
    rng = np.random.default_rng(1)
    x, y, w = rng.normal(size=(30, 3)), rng.normal(size=(30, 3)), rng.random(30)
    found = fit_motion(x[None], y, w[None])
    middle = [(w[:, None] * p).sum(axis=0) / w.sum() for p in (x, y)]
    best, _ = Rotation.align_vectors(y - middle[1], x - middle[0], weights=w)
    np.testing.assert_allclose(found.rotation[0].T, best.as_matrix(), atol=1e-9)
    assert np.linalg.det(found.rotation[0]) == pytest.approx(1)


def test_scale_is_the_one_that_fits_best() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(1, 20, 3))
    y = (3 * x @ rotations(rng, 1)[0] + 4)[0] + rng.normal(size=(20, 3)) * 0.01
    found = fit_motion(x, y, np.ones((1, 20)), scale=True)

    def error(scale: float) -> float:
        moved = scale * x[0] @ found.rotation[0]
        return float(np.square(moved - moved.mean(axis=0) - (y - y.mean(axis=0))).sum())

    best = found.scale[0]
    assert best == pytest.approx(3, rel=0.01)
    assert error(best) < min(error(best * 1.001), error(best * 0.999))


def test_points_that_an_expression_moves_do_not_turn_the_head() -> None:
    face = moving_face(still=0)
    motion = align(face.points, face.neutral)
    np.testing.assert_allclose(motion.rotation, np.swapaxes(face.rotation, 1, 2), atol=1e-5)
    plain = fit_motion(face.points, face.neutral, np.ones(face.points.shape[:2]))
    assert np.abs(plain.rotation - np.swapaxes(face.rotation, 1, 2)).max() > 1e-3


def test_missing_points_take_no_part() -> None:
    face = moving_face(frames=10)
    points = face.points.copy()
    points[2, 30:50] = np.nan
    points[3, 7, 1] = np.nan
    motion = align(points, face.neutral)
    np.testing.assert_allclose(motion.rotation, np.swapaxes(face.rotation, 1, 2), atol=1e-5)
    moved = motion.apply(points)
    assert np.isnan(moved[2, 30:50]).all()
    np.testing.assert_allclose(moved[2, 50:], face.neutral[50:], atol=1e-3)


def test_chosen_points_decide() -> None:
    face = moving_face(still=0)
    points = face.points.copy()
    points[:, 40:] += 30
    motion = align(points, face.neutral, among=np.arange(20, 40))
    np.testing.assert_allclose(
        motion.apply(points)[:, 20:40], np.broadcast_to(face.neutral[20:40], (80, 20, 3)), atol=1e-3
    )


def test_no_frames_give_no_motion() -> None:
    face = moving_face(frames=2)
    assert align(face.points[:0], face.neutral).apply(face.points[:0]).shape == (0, 60, 3)
