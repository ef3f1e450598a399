"""Expressions read off the mesh of 478 points that another tool stored."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import TableError
from dfe.base.types import ImageArray
from dfe.frontends.base import Face
from dfe.frontends.landmarks.coefficients import columns
from dfe.frontends.points import aspect_ratio, in_pixels, read_points68, read_points478
from dfe.space.arkit import FACE_NAMES


@pytest.fixture(scope="module")
def points(face: Face) -> np.ndarray:
    assert face.landmarks is not None
    return face.landmarks[None].astype(np.float64)


def test_our_own_landmarks_read_as_our_own_front_end_does(points: np.ndarray, face: Face, photo: ImageArray) -> None:
    height, width = photo.shape[:2]
    read = read_points478(points, width, height)
    np.testing.assert_allclose(read.expression[0], face.expression, atol=1e-5)
    own = columns(face.coefficients)
    assert read.gaze is not None
    np.testing.assert_allclose(read.gaze[0], own.gaze, atol=1e-5)
    np.testing.assert_allclose(read.blink[0], own.blink, atol=1e-5)
    np.testing.assert_allclose(read.pose[0], [face.pitch, face.yaw, face.roll], atol=1e-4)


def test_points_of_one_look_are_read_by_the_map_for_one_look(points: np.ndarray, photo: ImageArray) -> None:
    height, width = photo.shape[:2]
    one, both = (read_points478(points, width, height, both_ways=way) for way in (False, True))
    assert np.array_equal(one.blink, both.blink)
    assert not np.array_equal(one.expression, both.expression)


def test_normalised_points_become_pixels(points: np.ndarray) -> None:
    np.testing.assert_allclose(in_pixels(points / [640, 480, 640], 640, 480), points)


def test_rows_without_a_face_are_nan(points: np.ndarray) -> None:
    rows = np.concatenate([points, points])
    rows[0, 3, 1] = np.nan
    read = read_points478(rows, 512, 512)
    for values in read:
        assert values is not None
        assert np.isnan(values[0]).all()
        assert np.isfinite(values[1]).all()
    assert read_points478(np.zeros((0, 478, 3)), 10, 10).expression.shape == (0, 41)


def test_points_of_another_shape_are_refused(points: np.ndarray) -> None:
    for wrong in (points[0], points[:, :468], points[:, :, :2]):
        with pytest.raises(TableError, match="478"):
            read_points478(wrong, 10, 10)
    with pytest.raises(TableError, match="no whole face"):
        aspect_ratio(np.full((2, 478, 3), np.nan))


@pytest.mark.parametrize("shape", [16 / 9, 1.0, 9 / 16, 4 / 3])
def test_the_shape_of_the_picture_is_guessed_from_the_faces(points: np.ndarray, shape: float) -> None:
    assert aspect_ratio(points / [512 * shape, 512, 512 * shape]) == pytest.approx(shape)


@pytest.mark.shared_data
def test_another_tool_s_mesh_gives_about_its_own_coefficients(shared_data: Path) -> None:
    with (shared_data / "news" / "001.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    mesh = np.array([[[float(row[f"mesh_{a}_{i}"]) for a in "xyz"] for i in range(478)] for row in rows])
    mesh[:, :, 2] *= np.array([float(row["FaceRectWidth"]) for row in rows])[:, None]
    read = read_points478(mesh, 1080, 1080)
    smile = np.array([float(row["mouthSmileLeft"]) for row in rows])
    assert np.corrcoef(smile, read.expression[:, FACE_NAMES.index("mouthSmileLeft")])[0, 1] > 0.8
    blink = np.array([float(row["eyeBlinkLeft"]) for row in rows])
    assert np.corrcoef(blink, read.blink[:, 0])[0, 1] > 0.9
    flat = np.array([[[float(row[f"{a}_{i}"]) for a in "xy"] for i in range(68)] for row in rows])
    assert np.abs(read_points68(flat, depth=False).pose - read.pose).max() < np.radians(15)
