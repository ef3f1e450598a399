"""Faces in whole pictures: large, small, several, none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.base.types import ImageArray
from dfe.frontends.landmarks.detector import BACK_CAMERA, SHORT_RANGE, BlazeFace, Detector, overlap
from dfe.frontends.landmarks.networks import Networks

FACE = (slice(20, 230), slice(130, 320))
"""The head in the photograph."""


@pytest.fixture(scope="module")
def detector(networks: Networks) -> Detector:
    return Detector(networks)


@pytest.mark.parametrize("network", [SHORT_RANGE, BACK_CAMERA])
def test_anchors_cover_the_picture(network: BlazeFace) -> None:
    anchors = network.anchors()
    assert anchors.shape == (896, 2)
    assert anchors[0].tolist() == [network.grids[0][0] / 2] * 2
    assert anchors[network.grids[0][1], 0] > anchors[0, 0], "x runs first"
    np.testing.assert_allclose(anchors.mean(0), network.size / 2)


corner = st.integers(0, 12)


@given(one=st.tuples(corner, corner, corner, corner), two=st.tuples(corner, corner, corner, corner))
def test_overlap_counts_cells(one: tuple[int, ...], two: tuple[int, ...]) -> None:
    boxes = []
    for x, y, width, height in (one, two):
        boxes.append([x, y, x + width + 1, y + height + 1])
    cells = [{(i, j) for i in range(b[0], b[2]) for j in range(b[1], b[3])} for b in boxes]
    first, second = np.array(boxes, float)
    assert overlap(first, second[None])[0] == pytest.approx(len(cells[0] & cells[1]) / len(cells[0] | cells[1]))


def test_a_large_face_and_its_points(detector: Detector, photo: ImageArray) -> None:
    (found,) = detector(photo, 4)
    right, left, nose, mouth = found.points[:4]
    assert found.score > 0.9
    assert right[0] < nose[0] < left[0], "the subject's right eye is on the picture's left"
    assert right[1] < nose[1] < mouth[1]
    assert (found.points[:4] > found.box[:2]).all()
    assert (found.points[:4] < found.box[2:]).all()


@pytest.mark.parametrize("place", [(100, 900), (1500, 200)])
def test_a_face_of_5_percent_needs_the_second_network(
    detector: Detector, photo: ImageArray, place: tuple[int, int]
) -> None:
    canvas = np.full((1300, 1800, 3), 110, np.uint8)
    head = photo[FACE]
    x, y = place
    canvas[y : y + head.shape[0], x : x + head.shape[1]] = head
    assert detector.detect(canvas, SHORT_RANGE) == []
    (found,) = detector(canvas, 1)
    middle = (found.box[:2] + found.box[2:]) / 2
    np.testing.assert_allclose(middle, [x + 95, y + 110], atol=20)


def test_two_faces_of_different_size(detector: Detector, photo: ImageArray) -> None:
    canvas = np.full((600, 1000, 3), 110, np.uint8)
    head = photo[FACE]
    canvas[50:470, 60:440] = cv2.resize(head, None, fx=2, fy=2)
    canvas[300:405, 800:895] = cv2.resize(head, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    found = detector(canvas, 4)
    assert len(found) == 2
    assert found[0].box[0] < 400 < 800 < found[1].box[0]
    assert len(detector(canvas, 1)) == 2, "who asked for one is told of the other"


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (144, 176), (40_000, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_nothing_in_an_empty_picture(detector: Detector, shape: tuple[int, int], value: int) -> None:
    assert detector(np.full((*shape, 3), value, np.uint8), 4) == []


def test_a_huge_picture(detector: Detector, photo: ImageArray) -> None:
    canvas = np.zeros((400, 20_000, 3), np.uint8)
    assert detector(canvas, 4) == []
    huge = cv2.resize(photo, (6000, 6000), interpolation=cv2.INTER_CUBIC)
    (found,) = detector(huge, 4)
    (small,) = detector(photo, 4)
    np.testing.assert_allclose(found.box * 512 / 6000, small.box, atol=3)


def test_a_face_that_fills_the_picture_is_found_with_a_margin_around_it(detector: Detector, photo: ImageArray) -> None:
    tight = np.ascontiguousarray(photo[70:200, 170:275])
    (found, *_) = detector.close_up(tight, 1)
    right, left, nose = found.points[:3]
    assert right[0] < nose[0] < left[0]
    assert found.box[0] + 20 >= 0
    assert found.box[2] <= tight.shape[1] + 20
    shifted = found.box + [170, 70, 170, 70]
    (whole,) = detector(photo, 1)
    assert overlap(shifted, whole.box[None])[0] > 0.6
