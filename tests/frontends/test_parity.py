"""The whole graph against MediaPipe 1.2.2's Face Landmarker, stored by scripts/make_parity_fixtures.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from dfe.base.types import ImageArray
from dfe.frontends.base import Face
from dfe.frontends.landmarks.coefficients import find_coefficients
from dfe.frontends.landmarks.crops import LEFT_EYE, RIGHT_EYE
from dfe.frontends.landmarks.geometry import Geometry, angles
from dfe.frontends.landmarks.networks import Networks
from dfe.space.arkit import NETWORK_NAMES
from observing import Observer


@pytest.fixture(scope="module")
def pictures(photo: ImageArray, clip: list[ImageArray], stored: Mapping[str, Any]) -> list[ImageArray]:
    return [photo, *(clip[i] for i in stored["frames"])]


@pytest.fixture(scope="module")
def faces(observer: Observer, pictures: list[ImageArray]) -> list[Face]:
    return [seen.faces[0] for seen in observer.stills(pictures, max_faces=1)]


def test_names_are_those_of_the_network(stored: Mapping[str, Any]) -> None:
    assert tuple(stored["names"]) == NETWORK_NAMES


def test_landmarks(faces: list[Face], stored: Mapping[str, Any]) -> None:
    ours = np.array([face.landmarks for face in faces])
    distance = np.linalg.norm(ours[..., :2] - stored["landmarks"][..., :2], axis=-1)
    assert distance.mean() < 0.02
    assert distance.mean(1).max() < 0.05


def test_depth(faces: list[Face], pictures: list[ImageArray], stored: Mapping[str, Any]) -> None:
    """MediaPipe scales z by a length taken in width- and height-normalised units, so a tilt stretches its depth."""
    for face, picture, theirs in zip(faces, pictures, stored["landmarks"], strict=True):
        height, width = picture.shape[:2]
        eyes = theirs[LEFT_EYE, :2] - theirs[RIGHT_EYE, :2]
        cos, sin = eyes / np.hypot(*eyes)
        stretch = np.hypot(cos, sin * width / height)
        assert np.abs(face.landmarks[:, 2] * stretch - theirs[:, 2]).mean() < 0.002 * face.box[2]


def test_coefficients(networks: Networks, faces: list[Face], stored: Mapping[str, Any]) -> None:
    ours = np.array([find_coefficients(networks, face.landmarks, level=False)[0] for face in faces])
    assert np.abs(ours - stored["coefficients"]).mean() < 0.002
    assert np.abs(ours - stored["coefficients"]).max() < 0.03


def test_coefficients_of_the_same_landmarks(networks: Networks, stored: Mapping[str, Any]) -> None:
    ours = [find_coefficients(networks, points, level=False)[0] for points in stored["landmarks"]]
    np.testing.assert_allclose(ours, stored["coefficients"], atol=1e-5)


def test_levelled_eyes_change_the_coefficients_little(
    networks: Networks, faces: list[Face], stored: Mapping[str, Any]
) -> None:
    ours = np.array([find_coefficients(networks, face.landmarks)[0] for face in faces])
    assert np.abs(ours - stored["coefficients"]).mean() < 0.01


def test_pose(faces: list[Face], stored: Mapping[str, Any]) -> None:
    theirs = np.array([angles(matrix[:3, :3]) for matrix in stored["matrices"].astype(float)])
    ours = np.array([(face.pitch, face.yaw, face.roll) for face in faces])
    assert np.degrees(np.abs(ours - theirs)).max() < 0.7
    assert np.degrees(np.abs(ours - theirs)).mean() < 0.15


def test_pose_of_the_same_landmarks(networks: Networks, pictures: list[ImageArray], stored: Mapping[str, Any]) -> None:
    geometry = Geometry(networks)
    for picture, points, matrix in zip(pictures, stored["landmarks"], stored["matrices"], strict=True):
        pose = geometry(points.astype(float), picture.shape[1], picture.shape[0])
        np.testing.assert_allclose(pose.rotation, matrix[:3, :3], atol=1e-5)
        np.testing.assert_allclose(pose.translation_cm, matrix[:3, 3], atol=1e-3)
