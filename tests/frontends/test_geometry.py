"""Head pose against faces built to a known pose, and the alignment against a plain Kabsch-Umeyama."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.frontends.landmarks.geometry import FIELD_OF_VIEW, Alignment, Geometry, angles
from dfe.frontends.landmarks.networks import Networks

tilt = st.floats(-1.2, 1.2)


def turn(axis: int, angle: float) -> np.ndarray:
    """Right-handed turn about one axis."""
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = np.eye(3)
    one, two = (axis + 1) % 3, (axis + 2) % 3
    matrix[[one, two], [one, two]] = cos
    matrix[two, one], matrix[one, two] = sin, -sin
    return matrix


def head(pitch: float, yaw: float, roll: float) -> np.ndarray:
    return turn(1, yaw) @ turn(0, -pitch) @ turn(2, -roll)


@given(pitch=tilt, yaw=tilt, roll=tilt)
def test_angles_undo_the_turns(pitch: float, yaw: float, roll: float) -> None:
    assert angles(head(pitch, yaw, roll)) == pytest.approx((pitch, yaw, roll), abs=1e-9)


def test_signs_in_words() -> None:
    """x is the picture's right and the subject's left, y is up, z comes towards the camera."""
    nose, crown = np.array([0, 0, 1]), np.array([0, 1, 0])
    assert (head(0.3, 0, 0) @ nose)[1] > 0.2, "looking up, the nose points up"
    assert (head(0, 0.3, 0) @ nose)[0] > 0.2, "turned to the subject's left, the nose points there"
    assert (head(0, 0, 0.3) @ crown)[0] > 0.2, "tilted to the left shoulder, the crown goes there"


@given(seed=st.integers(0, 2**32 - 1), mirrored=st.booleans())
def test_alignment_is_the_best_rotation(seed: int, mirrored: bool) -> None:
    rng = np.random.default_rng(seed)
    source, weights = rng.normal(size=(12, 3)), rng.uniform(0.1, 1, 12)
    target = rng.uniform(0.5, 3) * source @ head(*rng.uniform(-1, 1, 3)).T + rng.normal(size=3)
    target += 0.1 * rng.normal(size=target.shape)
    if mirrored:
        target[:, 0] *= -1
    scale, rotation, translation = Alignment(source, weights).solve(target)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert Alignment(source, weights).scale(target) == pytest.approx(scale)

    def error(scale: float, rotation: np.ndarray, translation: np.ndarray) -> float:
        return float(weights @ ((scale * source @ rotation.T + translation - target) ** 2).sum(1))

    best = error(scale, rotation, translation)
    for _ in range(20):
        nudged = head(*rng.normal(0, 0.05, 3)) @ rotation
        assert best <= error(scale * rng.uniform(0.98, 1.02), nudged, translation + rng.normal(0, 0.02, 3)) + 1e-12


@settings(max_examples=40, deadline=None)
@given(
    pitch=st.floats(-0.6, 0.6),
    yaw=st.floats(-0.6, 0.6),
    roll=st.floats(-1.5, 1.5),
    place=st.tuples(st.floats(-8, 8), st.floats(-6, 6)),
    size=st.sampled_from([(640, 480), (480, 640), (200, 200), (1920, 1080)]),
)
def test_a_projected_head_is_read_back(
    networks: Networks, pitch: float, yaw: float, roll: float, place: tuple[float, float], size: tuple[int, int]
) -> None:
    """The landmark network gives x and y by perspective and z in the scale of the face's own depth."""
    canonical = networks.arrays("geometry.npz")["vertices_cm"].astype(float)
    rotation = head(pitch, yaw, roll)
    face = canonical @ rotation.T + [*place, -60.0]
    width, height = size
    focal = height / 2 / math.tan(FIELD_OF_VIEW / 2)
    mean = face[:, 2].mean()
    points = np.zeros((478, 3))
    points[:468, 0] = width / 2 + focal * face[:, 0] / -face[:, 2]
    points[:468, 1] = height / 2 - focal * face[:, 1] / -face[:, 2]
    points[:468, 2] = (mean - face[:, 2]) * focal / -mean
    pose = Geometry(networks)(points, width, height)
    assert np.degrees(np.abs(np.array([pose.pitch - pitch, pose.yaw - yaw, pose.roll - roll]))).max() < 1.0
    np.testing.assert_allclose(pose.translation_cm, [*place, -60.0], rtol=0.03, atol=0.3)
