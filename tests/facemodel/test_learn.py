from __future__ import annotations

import numpy as np
import pytest

from dfe.facemodel.learn import between_people, flipped, mean_drift, modes, moment, sides, split_by_turn, turned_moments
from dfe.facemodel.measures import motion_told
from dfe.facemodel.model import POINTS, TURN_UNIT, FaceModel, turn_terms


@pytest.fixture(scope="module")
def fields(model: FaceModel) -> np.ndarray:
    """Three displacements: one to a side, its mirror image, and a symmetric one."""
    one = model.expression[0]
    both = model.expression[2] + model.flip(model.expression[2])
    return np.stack([one, model.flip(one), both / np.linalg.norm(both) * np.linalg.norm(one)])


def test_modes_are_eigenvectors_that_know_their_mirror(model: FaceModel, fields: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    shapes = np.tensordot(rng.normal(size=(50, 3)) * [3, 1, 2], fields, 1)
    covariance = moment(shapes, model.mirror)
    found = modes(covariance, model.mirror, 3)
    whole = np.linalg.eigvalsh(covariance)[::-1][:3]
    np.testing.assert_allclose(found.variance, whole, rtol=1e-6)
    turned = flipped(found.vectors.reshape(-1, POINTS, 3), model.mirror).reshape(3, -1)
    sign = np.where(found.even, 1.0, -1.0)[:, None]
    np.testing.assert_allclose(turned, sign * found.vectors, atol=1e-9)


def test_sides_come_in_mirror_pairs(model: FaceModel, fields: np.ndarray) -> None:
    shapes = np.tensordot(np.random.default_rng(1).normal(size=(50, 3)), fields, 1)
    found = modes(moment(shapes, model.mirror), model.mirror, 3)
    rotation, partner = sides(found, model.mirror)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    turned = (rotation @ found.vectors).reshape(-1, POINTS, 3)
    np.testing.assert_allclose(flipped(turned, model.mirror)[partner], turned, atol=1e-9)


def test_what_goes_with_turning_is_split_from_what_does_not(model: FaceModel, fields: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    person = np.repeat([f"p{i}" for i in range(300)], 4)
    pose = rng.normal(size=(1200, 3)) * 0.2
    drift = rng.normal(size=300)[np.repeat(np.arange(300), 4)] * pose[:, 1] / TURN_UNIT
    shapes = rng.normal(size=1200)[:, None, None] * fields[2] + 2 * drift[:, None, None] * fields[0]
    found = split_by_turn(shapes, pose, person, model.mirror)
    energy = np.square(fields[0]).sum()
    assert np.trace(found.expression) == pytest.approx(energy, rel=0.15)
    assert np.trace(found.yaw) == pytest.approx(4 * energy, rel=0.3)
    assert abs(np.trace(found.pitch)) < 0.4 * energy


def test_people_differ_by_what_their_means_differ_in(model: FaceModel, fields: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    index = np.repeat(np.arange(400), 5)
    shapes = 2 * rng.normal(size=400)[index][:, None, None] * fields[2]
    shapes = shapes + rng.normal(size=2000)[:, None, None] * fields[0]
    within = moment(fields[:1], model.mirror)
    found = between_people(shapes, index.astype(str), within, model.mirror)
    assert np.trace(found) == pytest.approx(4 * np.square(fields[2]).sum(), rel=0.2)


def test_mean_drift_is_recovered(model: FaceModel) -> None:
    rng = np.random.default_rng(4)
    raw = rng.normal(size=(5, POINTS, 3))
    sign = np.array([-1, 1, 1, -1, 1])[:, None, None]
    drift = (raw + sign * flipped(raw, model.mirror)) / 2
    pose, base = rng.normal(size=(2, 200, 3)) * 0.2
    off = np.tensordot(turn_terms(pose) - turn_terms(base), drift, 1)
    found = mean_drift(off, pose, base, model.mirror, ridge=1e-9)
    np.testing.assert_allclose(found, drift, atol=1e-6)
    yaw, pitch = turned_moments(off, pose - base, model.mirror)
    assert np.trace(yaw) > 0
    assert np.trace(pitch) > 0


def test_motion_told_by_hand() -> None:
    motion = np.zeros((2, POINTS, 3))
    motion[0, :, 1], motion[1, :, 1] = 1, -1
    assert motion_told(motion, motion)["whole"] == 1
    assert motion_told(motion, motion * 0.5)["whole"] == pytest.approx(0.75)
    assert motion_told(motion, motion * 0 + 7)["lips"] == pytest.approx(0)
