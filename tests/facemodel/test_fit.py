from __future__ import annotations

import numpy as np
import pytest
from made_faces import Made, in_mirror, placed

from dfe.facemodel.alignment import align, angles
from dfe.facemodel.exact import POINT_BITS, on_grid
from dfe.facemodel.fit import FaceFitter, faced, join
from dfe.facemodel.model import TURN_UNIT, FaceModel
from dfe.facemodel.neutral import expressions, resting_face


def test_alignment_undoes_turn_place_and_size(model: FaceModel) -> None:
    rng = np.random.default_rng(1)
    yaw, pitch = rng.uniform(-0.3, 0.3, (2, 8))
    points = placed(np.repeat(model.mean_mm[None], 8, axis=0), yaw, pitch)[:, :468]
    face = align(points, model.mean_mm, model.size_weights, model.rigid)
    np.testing.assert_allclose(face.shape_mm, np.repeat(model.mean_mm[None], 8, axis=0), atol=1e-6)
    np.testing.assert_allclose(face.pose[:, 0], pitch, atol=1e-9)
    np.testing.assert_allclose(face.pose[:, 1], yaw, atol=1e-9)
    np.testing.assert_allclose(face.pixels_per_mm, 3)
    np.testing.assert_allclose(angles(face.rotation), face.pose)


def test_still_is_the_least_squares_solution(model: FaceModel, fitter: FaceFitter, made: Made) -> None:
    """Against the whole system, written out: 1,404 rows weighted by the noise, and a row for every prior."""
    row = slice(40, 41)
    face = align(made.points[row, :468], model.mean_mm, model.size_weights, model.rigid)
    shape = on_grid(faced(model, face.shape_mm, face.pose) - model.mean_mm, POINT_BITS)
    weight = np.repeat(1 / model.noise_mm, 3)
    a, k = len(model.identity), model.dimension
    turn = np.concatenate([face.pose[0, 1] / TURN_UNIT * np.sqrt(model.turn_variance[0]),
                           face.pose[0, 0] / TURN_UNIT * np.sqrt(model.turn_variance[1])])  # fmt: skip
    columns = np.concatenate([
        model.identity.reshape(a, -1),
        model.expression.reshape(k, -1),
        model.turn.reshape(len(turn), -1) * turn[:, None],
    ])  # fmt: skip
    root = np.linalg.cholesky(np.linalg.inv(model.expression_covariance)).T
    priors = np.zeros((columns.shape[0], columns.shape[0]))
    priors[:a, :a] = np.diag(1 / np.sqrt(model.identity_variance))
    priors[a : a + k, a : a + k] = root
    priors[a + k :, a + k :] = np.eye(len(turn))
    system = np.concatenate([columns.T * weight[:, None], priors])
    right = np.concatenate([shape.ravel() * weight, np.zeros(len(priors))])
    brute = np.linalg.lstsq(system, right, rcond=None)[0]
    said = fitter.posterior.still(fitter.posterior.products(shape + model.mean_mm), face.pose)
    np.testing.assert_allclose(said[0, :k], brute[a : a + k], atol=1e-3)


def test_rows_do_not_depend_on_their_batch(fitter: FaceFitter, made: Made) -> None:
    whole = fitter.frames(made.points)
    parts = join([fitter.frames(made.points[i : i + 7]) for i in range(0, len(made.points), 7)])
    alone = join([fitter.frames(made.points[i : i + 1]) for i in range(len(made.points))])
    for other in (parts, alone):
        for one, two in zip((*whole.products, *whole[1:]), (*other.products, *other[1:]), strict=True):
            np.testing.assert_array_equal(one, two)
    face, again = resting_face(fitter, whole), resting_face(fitter, parts)
    np.testing.assert_array_equal(expressions(fitter, whole, face), expressions(fitter, parts, again))


def test_the_mirrored_face_gets_the_mirrored_expression(model: FaceModel, fitter: FaceFitter) -> None:
    made = Made(model, 30, seed=3, turn=0.2)
    one, two = fitter.frames(made.points), fitter.frames(in_mirror(made.points, model))
    np.testing.assert_allclose(two.still[:, model.partner], one.still, atol=2e-3)
    np.testing.assert_allclose(two.pose, one.pose * [1, -1, -1], atol=1e-6)
    e = expressions(fitter, one, resting_face(fitter, one))
    f = expressions(fitter, two, resting_face(fitter, two))
    np.testing.assert_allclose(f[:, model.partner], e, atol=5e-3)


def test_made_faces_are_found_again(model: FaceModel, fitter: FaceFitter, made: Made) -> None:
    seen = fitter.frames(made.points)
    said = expressions(fitter, seen, resting_face(fitter, seen, "given", np.arange(60) < 30))
    error = model.displace(said - made.expression)
    motion = model.displace(made.expression)[30:]
    assert np.sqrt(np.square(error).sum(axis=2).mean()) < 0.15 * np.sqrt(np.square(motion).sum(axis=2).mean())


def test_a_bad_point_pulls_little(model: FaceModel, fitter: FaceFitter, made: Made) -> None:
    points = made.points[40:50].copy()
    before = fitter.frames(points)
    points[:, 61, 1] += 120  # 40 mm: a corner of the mouth that slipped onto the chin
    after = fitter.frames(points)
    assert (after.bad_points >= 1).all()
    moved = model.displace(after.still - before.still)
    assert np.sqrt(np.square(moved).sum(axis=2).mean(axis=1)).max() < 1.0


def test_a_row_without_a_face_is_a_row_of_nan(fitter: FaceFitter, made: Made) -> None:
    points = made.points[:6].copy()
    points[2] = np.nan
    seen = fitter.frames(points)
    assert np.isnan(seen.still[2]).all()
    assert np.isfinite(seen.still[[0, 1, 3, 4, 5]]).all()
    said = expressions(fitter, seen, resting_face(fitter, seen))
    assert np.isnan(said[2]).all()
    assert np.isfinite(said[3]).all()


def test_there_is_no_dead_zone(model: FaceModel, fitter: FaceFitter) -> None:
    """A movement of a twentieth of a millimetre is told, in proportion."""
    name = model.names.index("brow01Left")
    small = np.zeros((3, model.dimension))
    small[1, name], small[2, name] = 0.05, 1.0
    shape = model.mean_mm + model.displace(small)
    seen = fitter.frames(placed(shape, np.zeros(3), np.zeros(3)))
    said = expressions(fitter, seen, resting_face(fitter, seen, "given", np.arange(3) == 0))[1:, name]
    assert said[0] / 0.05 == pytest.approx(said[1], rel=0.1)
    assert said[1] > 0.7
