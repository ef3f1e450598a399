"""The 68 points on the mesh, and faces laid on the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.frontends.landmarks.geometry import Alignment, angles
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points.alignment import align_picture, align_space
from dfe.frontends.points.mapping import PARTNER, POINTS, RIGID, from_mesh, mesh_points, weights

DOWN = np.array([1.0, -1.0, -1.0])


@pytest.fixture(scope="module")
def reference(networks: Networks) -> np.ndarray:
    vertices = networks.arrays("geometry.npz")["vertices_cm"].astype(np.float64)
    return (weights(networks)[:, :468] @ vertices) * DOWN


def turn(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """The rotation of geometry.angles, brought to axes with y down and z away from the camera."""
    y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    x = np.array([[1, 0, 0], [0, np.cos(-pitch), -np.sin(-pitch)], [0, np.sin(-pitch), np.cos(-pitch)]])
    z = np.array([[np.cos(-roll), -np.sin(-roll), 0], [np.sin(-roll), np.cos(-roll), 0], [0, 0, 1]])
    return np.diag(DOWN) @ (y @ x @ z) @ np.diag(DOWN)


def test_every_point_lies_on_the_mesh_and_has_a_partner(networks: Networks) -> None:
    points = mesh_points(networks)
    assert len(points) == POINTS
    assert all(1 <= len(one) <= 2 for one in points)
    assert len({frozenset(one) for one in points}) == POINTS, "no two of the 68 are the same"
    np.testing.assert_array_equal(PARTNER[PARTNER], np.arange(POINTS))
    matrix = weights(networks)
    np.testing.assert_allclose(matrix[PARTNER][:, networks.partner], matrix)
    np.testing.assert_array_equal(matrix.sum(axis=1), 1)


def test_the_points_are_where_the_mark_up_has_them(reference: np.ndarray) -> None:
    x, y = reference[:, 0], reference[:, 1]
    assert (np.diff(x[:17]) > 0).all(), "the jaw runs from the picture's left to its right"
    assert y[7:10].min() > np.delete(y, [7, 8, 9]).max(), "its middle is the chin"
    assert (np.diff(x[17:27]) > 0).all(), "brows likewise"
    assert y[17:27].max() < y[36:48].min(), "above the eyes"
    assert (np.diff(y[27:31]) > 0).all(), "the nose runs downwards"
    assert (np.diff(x[31:36]) > 0).all()
    for first in (36, 42):
        assert x[first : first + 6].argmin() == 0
        assert x[first : first + 6].argmax() == 3
        assert y[[first + 1, first + 2]].max() < y[[first + 4, first + 5]].min(), "upper lid, then lower lid"
    for first, corner, last in ((48, 54, 60), (60, 64, 68)):
        assert x[first:last].argmin() == 0
        assert x[first:last].argmax() == corner - first
        assert y[first + 1 : corner].max() < y[corner + 1 : last].min(), "upper lip, then lower lip"


def test_mesh_points_become_the_68(networks: Networks) -> None:
    rng = np.random.default_rng(0)
    mesh = rng.normal(size=(3, 478, 3))
    expected = [[face[list(points)].mean(axis=0) for points in mesh_points(networks)] for face in mesh]
    np.testing.assert_allclose(from_mesh(mesh, networks), expected)


@settings(max_examples=60, deadline=None)
@given(
    pose=st.tuples(*[st.floats(-0.7, 0.7)] * 3),
    scale=st.floats(0.001, 1000),
    place=st.tuples(*[st.floats(-1000, 1000)] * 3),
)
def test_turn_size_and_place_are_taken_out(
    reference: np.ndarray, pose: tuple[float, float, float], scale: float, place: tuple[float, float, float]
) -> None:
    rotation = turn(*pose)
    points = scale * reference @ rotation.T + np.array(place)
    centred = reference - reference[RIGID].mean(axis=0)
    space = align_space(points[None], reference)
    np.testing.assert_allclose(space.shape[0], centred, atol=1e-5)
    np.testing.assert_allclose(space.pose[0], pose, atol=1e-5)
    np.testing.assert_allclose(angles(np.diag(DOWN) @ rotation @ np.diag(DOWN)), pose, atol=1e-9)
    picture = align_picture(points[None, :, :2], reference)
    np.testing.assert_allclose(picture.shape[0], centred[:, :2], atol=1e-4)
    np.testing.assert_allclose(picture.pose[0], pose, atol=1e-4)


def test_the_alignment_is_that_of_the_head_pose(reference: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    faces = 30 * (reference + rng.normal(0, 0.3, (20, *reference.shape))) @ turn(0.2, -0.4, 0.1).T + 200
    one = Alignment(reference[RIGID], np.ones(len(RIGID)))
    found = align_space(faces, reference)
    for face, shape, pose in zip(faces, *found, strict=True):
        scale, rotation, translation = one.solve(face[RIGID])
        expected = (face - translation) @ rotation / scale - reference[RIGID].mean(axis=0)
        np.testing.assert_allclose(shape, expected, atol=1e-9)
        np.testing.assert_allclose(pose, angles(np.diag(DOWN) @ rotation @ np.diag(DOWN)), atol=1e-9)


def test_a_mirror_image_is_aligned_as_one(reference: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    faces = (reference + rng.normal(0, 0.3, (20, *reference.shape))) @ turn(0.1, 0.3, -0.2).T
    for align, axes in ((align_space, 3), (align_picture, 2)):
        flip = np.array([-1.0, 1.0, 1.0])[:axes]
        there = align(faces[:, :, :axes], reference)
        back = align(faces[:, PARTNER, :axes] * flip, reference)
        np.testing.assert_allclose(back.shape, there.shape[:, PARTNER] * flip, atol=1e-9)
        np.testing.assert_allclose(back.pose, there.pose * [1, -1, -1], atol=1e-9)
