"""The fit of the point regressors, on made-up faces whose expression is known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")


from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points.mapping import PARTNER
from dfe.frontends.points.regressor import OUTPUTS, SWAP, PointRegressor
from learning.points import PointFaces, PointsConfig, disturbed, fit_points, reference_face, with_mirrored

FAST = PointsConfig(hidden=24, copies=1, passes=25, point_cm=0.02, group_cm=0.0, turn_degrees=2.0)
CORNERS = {"mouthSmileLeft": 54, "mouthSmileRight": 48}


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    return reference_face(Networks())


def made_faces(reference: np.ndarray, count: int, seed: int) -> PointFaces:
    """Faces of any size and place whose smiles pull the corners of the mouth up and out, each side for itself."""
    rng = np.random.default_rng(seed)
    values = np.zeros((count, len(OUTPUTS)), np.float32)
    points = np.repeat(reference[None], count, axis=0)
    for name, corner in CORNERS.items():
        by = rng.uniform(0, 1, count)
        values[:, OUTPUTS.index(name)] = by
        points[:, corner] += by[:, None] * [np.sign(reference[corner, 0]), -1.5, 0]
    scale, place = rng.uniform(5, 20, (count, 1, 1)), rng.uniform(0, 500, (count, 1, 3))
    pose = rng.normal(0, 0.2, (count, 3))
    tilted = np.einsum("nab,nib->nia", np.array([turned(*angles) for angles in pose]), points)
    return PointFaces(tilted * scale + place, values, pose + [0.1, 0, 0])


def turned(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """Rotation by pitch, yaw and roll of the package's signs: x to the right, y down, z away from the camera."""
    x, y, z = (cv2.Rodrigues(np.array(axis))[0] for axis in ([-pitch, 0, 0], [0, -yaw, 0], [0, 0, roll]))
    return y @ x @ z


@pytest.mark.parametrize("depth", [True, False])
def test_the_regressor_learns_what_moves(reference: np.ndarray, depth: bool) -> None:
    arrays = fit_points(made_faces(reference, 400, 0), reference, depth=depth, config=FAST)
    test = made_faces(reference, 200, 1)
    read = PointRegressor(arrays).read(test.points).expression
    for name in CORNERS:
        at = OUTPUTS.index(name)
        assert np.corrcoef(read[:, at], test.values[:, at])[0, 1] > 0.97
    off = PointRegressor(arrays).read(test.points).pose - test.pose
    assert np.abs(off).max() < 0.01, "a constant error of the pose is learnt"
    still = [i for i in range(41) if OUTPUTS[i] not in CORNERS]
    assert np.abs(read[:, still]).max() < 0.15


def test_the_same_seed_gives_the_same_arrays(reference: np.ndarray) -> None:
    faces, config = made_faces(reference, 60, 0), replace(FAST, passes=2)
    first, second = (fit_points(faces, reference, depth=True, config=config) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    other = fit_points(faces, reference, depth=True, config=replace(config, seed=1))
    assert not np.array_equal(first.first, other.first)


def test_mean_and_rest_are_symmetric(reference: np.ndarray) -> None:
    arrays = fit_points(made_faces(reference, 60, 0), reference, depth=True, config=replace(FAST, passes=1))
    for shape in (arrays.mean, arrays.rest):
        np.testing.assert_allclose(shape[PARTNER] * [-1, 1, 1], shape, atol=1e-5)
    assert arrays.rest[48, 1] > arrays.mean[48, 1], "at rest the corners of the mouth hang lower"


def test_the_mirror_image_swaps_the_sides(reference: np.ndarray) -> None:
    faces = made_faces(reference, 5, 0)
    both = with_mirrored(faces)
    assert np.array_equal(both.values[5:], faces.values[:, SWAP])
    assert np.array_equal(both.points[5:, 54, 0], -faces.points[:, 48, 0])


def test_points_are_disturbed_by_centimetres_whatever_their_unit(reference: np.ndarray) -> None:
    faces = made_faces(reference, 300, 0)
    still = disturbed(faces.points, reference, replace(FAST, point_cm=0.0, jaw=0.0), depth=True)
    moved = disturbed(faces.points, reference, replace(FAST, point_cm=0.1, jaw=3.0), depth=True)
    apart = (moved - still).std(axis=(0, 2))
    assert apart[17:] == pytest.approx(np.full(51, 0.1), rel=0.2)
    assert apart[:17] == pytest.approx(np.full(17, 0.3), rel=0.2)
