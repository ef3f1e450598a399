"""How much of a face something hides."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dfe.base.types import DoubleArray, ImageArray
from dfe.frontends.base import Face
from dfe.frontends.landmarks.covering import (
    LIPS,
    LOWER,
    SIDE,
    UPPER,
    Covered,
    find_covered,
    grey_crop,
    outside,
    standardised,
)
from dfe.frontends.landmarks.networks import Networks
from dfe.recording.usability import UsabilityRule

RULE = UsabilityRule()


def covered(image: ImageArray, face: Face, region: tuple[int, ...], colour: tuple[int, int, int]) -> ImageArray:
    """The picture with a plain patch over the hull of some landmarks."""
    hull = cv2.convexHull(face.landmarks[list(region), :2].astype(np.int32))
    centre = hull.mean(axis=0)
    return cv2.fillPoly(image.copy(), [(centre + 1.15 * (hull - centre)).astype(np.int32)], colour)


def covered_in(networks: Networks, image: ImageArray, points: DoubleArray) -> Covered:
    return find_covered(networks, grey_crop(image, points), points, image.shape[1], image.shape[0])


def test_nothing_is_over_the_photographed_face(face: Face) -> None:
    assert face.covered is not None
    assert face.covered[0] <= RULE.max_covered_upper
    assert face.covered[1] <= RULE.max_covered_lower


@pytest.mark.parametrize("colour", [(30, 30, 30), (225, 225, 230), (196, 150, 130)], ids=["dark", "white", "skin"])
@pytest.mark.parametrize(("region", "which"), [(UPPER, 0), (LOWER, 1)], ids=["upper", "lower"])
def test_a_patch_is_seen_where_it_is(networks: Networks, photo, face, colour, region, which) -> None:
    found = covered_in(networks, covered(photo, face, region, colour), face.landmarks.astype(float))
    limits = (RULE.max_covered_upper, RULE.max_covered_lower)
    assert found[which] > limits[which]
    assert found[which] > found[1 - which] + 0.3


def test_the_front_end_says_so(observer, photo: ImageArray, face: Face) -> None:
    (seen,) = observer.stills([covered(photo, face, LOWER, (225, 225, 230))], max_faces=1)
    assert seen.faces[0].covered[1] > RULE.max_covered_lower


def test_light_and_contrast_hardly_count(networks: Networks, photo: ImageArray, face: Face) -> None:
    points = face.landmarks.astype(float)
    same = covered_in(networks, (photo * 0.6 + 20).astype(np.uint8), points)
    np.testing.assert_allclose(same, face.covered, atol=0.1)


def test_the_same_face_gives_the_same_number(networks: Networks, photo: ImageArray, face: Face) -> None:
    points = face.landmarks.astype(float)
    first = covered_in(networks, photo, points)
    covered_in(networks, photo[::-1].copy(), points)
    assert covered_in(Networks(), photo, points) == first


def test_what_lies_beyond_the_edge_is_hidden() -> None:
    points = np.full((478, 3), 50.0)
    assert outside(points, 100, 100) == (0, 0)
    points[list(UPPER), 1] = -1
    assert outside(points, 100, 100) == (1, 0)
    points[list(LIPS), 0] = 101
    beyond = outside(points, 100, 100)
    assert beyond.lower >= 0.5
    assert beyond.lower == pytest.approx((np.isin(LOWER, (*LIPS, *UPPER)).mean() + 1) / 2)


def test_a_face_cut_by_the_picture_is_covered(networks: Networks, photo: ImageArray, face: Face) -> None:
    points = face.landmarks.astype(float)
    cut = photo[: int(points[1, 1])]
    assert covered_in(networks, cut, points).lower > 0.7


def test_a_crop_may_be_larger_by_a_margin(photo: ImageArray, face: Face) -> None:
    points = face.landmarks.astype(float)
    small, large = grey_crop(photo, points), grey_crop(photo, points, SIDE + 8)
    assert small.shape == (SIDE, SIDE)
    assert np.abs(large[4:-4, 4:-4].astype(int) - small).mean() < 2


def test_a_plain_crop_is_zero() -> None:
    plain = standardised(np.full((SIDE, SIDE), 77, np.uint8))
    assert plain.dtype == np.float32
    assert not plain.any()
