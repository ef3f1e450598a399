"""Crops against samples taken one by one, and pictures of any size."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.frontends.landmarks.crops import LEFT_EYE, RIGHT_EYE, Roi, crop, letterbox, roi_from_landmarks, sample


def smooth(height: int, width: int, steps: float = 1.0) -> np.ndarray:
    """A picture whose value changes slowly enough to be sampled anywhere."""
    y, x = np.mgrid[:height, :width] * steps
    return np.stack([127 + 100 * np.sin(x / 9 + c) * np.cos(y / 11) for c in range(3)], -1).round().astype(np.uint8)


def bilinear(image: np.ndarray, x: float, y: float) -> np.ndarray:
    height, width = image.shape[:2]
    x, y = min(max(x, 0), width - 1), min(max(y, 0), height - 1)
    x0, y0 = min(int(x), width - 2), min(int(y), height - 2)
    a, b = x - x0, y - y0
    corners = image[y0 : y0 + 2, x0 : x0 + 2].astype(float)
    return (1 - b) * ((1 - a) * corners[0, 0] + a * corners[0, 1]) + b * ((1 - a) * corners[1, 0] + a * corners[1, 1])


@settings(max_examples=25, deadline=None)
@given(
    x=st.floats(-20, 120),
    y=st.floats(-20, 120),
    side=st.floats(30, 250),
    angle=st.floats(-math.pi, math.pi),
)
def test_a_crop_is_the_turned_square(x: float, y: float, side: float, angle: float) -> None:
    image, size = smooth(90, 110), 64
    got = crop(image, Roi(x, y, side, angle), size)
    for row, column in [(0, 0), (5, 60), (32, 32), (63, 63), (40, 7)]:
        u, v = (column - size / 2) * side / size, (row - size / 2) * side / size
        px = x + math.cos(angle) * u - math.sin(angle) * v
        py = y + math.sin(angle) * u + math.cos(angle) * v
        np.testing.assert_allclose(got[row, column], bilinear(image, px, py), atol=2.5)


@pytest.mark.parametrize("factor", [5, 12.3, 40])
def test_a_large_picture_is_averaged_not_picked(factor: float) -> None:
    """A fine chequerboard turns grey; picking single pixels would leave black and white."""
    side = round(64 * factor)
    board = (np.indices((side, side)).sum(0) % 2 * 255).astype(np.uint8)
    got = crop(np.repeat(board[..., None], 3, -1), Roi(side / 2, side / 2, side, 0.3), 64)
    assert np.abs(got[16:48, 16:48].astype(int) - 127).max() <= 40


def test_averaging_does_not_shift_the_picture() -> None:
    image = smooth(1200, 1400, steps=0.04)
    roi = Roi(700.0, 600.0, 700.0, 0.5)
    plain = cv2.warpAffine(image, roi.matrix(64), (64, 64), borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(crop(image, roi, 64).astype(int) - plain).max() <= 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (700, 1), (2, 40_000), (40_000, 3)])
def test_any_shape_can_be_looked_at(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 200, np.uint8)
    picture, matrix = letterbox(image, 128)
    assert picture.shape == (128, 128, 3)
    assert matrix[0, 0] * max(shape) == pytest.approx(128)
    middle = crop(image, Roi(shape[1] / 2, shape[0] / 2, 40.0, 0.0), 64)
    assert (middle == 200).all()


def test_letterbox_keeps_the_whole_picture_in_the_middle() -> None:
    picture, matrix = letterbox(np.full((100, 200, 3), 255, np.uint8), 128)
    assert (picture[36:92] > 250).all()
    assert (picture[:30] == 0).all()
    assert (picture[98:] == 0).all()
    np.testing.assert_allclose(matrix @ [100, 50, 1], [64, 64])


@given(angle=st.floats(-1.5, 1.5), side=st.floats(5, 500))
def test_the_crop_of_landmarks_is_level(angle: float, side: float) -> None:
    points = np.zeros((478, 3))
    points[LEFT_EYE, :2] = side * math.cos(angle), side * math.sin(angle)
    points[RIGHT_EYE, :2] = 0
    roi = roi_from_landmarks(points)
    assert roi.angle == pytest.approx(angle)
    assert roi.size == pytest.approx(1.5 * max(side * math.cos(angle), abs(side * math.sin(angle))))
    right, left = roi.matrix(256) @ [0, 0, 1], roi.matrix(256) @ [*points[LEFT_EYE, :2], 1]
    assert right[1] == pytest.approx(left[1])
    assert right[0] < left[0]


def test_sample_outside_is_the_border() -> None:
    image = np.full((50, 50, 3), 90, np.uint8)
    away = np.array([[1.0, 0, -5000], [0, 1.0, -5000]])
    assert (sample(image, away, 32, cv2.BORDER_CONSTANT) == 0).all()
    assert (sample(image, away / 20, 32, cv2.BORDER_REPLICATE) == 90).all()
