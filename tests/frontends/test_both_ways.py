"""Looks at the picture and at its mirror image."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.types import ImageArray
from dfe.frontends.base import Face
from dfe.frontends.landmarks.crops import roi_from_landmarks
from dfe.frontends.landmarks.mesh import find_mesh, look_from_both_sides
from dfe.frontends.landmarks.networks import Networks
from dfe.space.arkit import NETWORK_NAMES, mirrored_name
from dfe.space.registry import load_space

SWAPPED = [NETWORK_NAMES.index(mirrored_name(name)) for name in NETWORK_NAMES]


def test_partners_are_each_others_and_lie_opposite(networks: Networks) -> None:
    partner = networks.partner
    np.testing.assert_array_equal(partner[partner], np.arange(478))
    canonical = networks.arrays("geometry.npz")["vertices_cm"]
    np.testing.assert_array_equal(canonical[partner[:468]], canonical * [-1, 1, 1])


def test_the_irises_swap_sides(face: Face, networks: Networks) -> None:
    points = face.landmarks[:, :2].astype(float)
    image = points[networks.partner] * [-1, 1]
    for eye in (slice(468, 473), slice(473, 478)):
        shape, other = points[eye] - points[eye][0], image[eye] - image[eye][0]
        assert np.abs(shape - other).max() < 0.25 * np.ptp(points[eye], axis=0).max()


def test_the_mean_of_both_looks(networks: Networks, photo: ImageArray, face: Face) -> None:
    one = find_mesh(networks, photo, roi_from_landmarks(face.landmarks.astype(float)))
    both = look_from_both_sides(networks, photo, one)
    moved = np.linalg.norm(both.points[:, :2] - one.points[:, :2], axis=1)
    assert 0 < moved.mean() < 0.02 * face.box[2]
    assert 0.5 < both.presence <= 1


def test_a_flipped_picture_gives_the_mirrored_expression(observer, photo: ImageArray) -> None:
    flipped = np.ascontiguousarray(photo[:, ::-1])

    def seen(both_ways: bool) -> list[Face]:
        options = {"max_faces": 1, "second_pass": True, "both_ways": both_ways}
        return [observer.stills([picture], **options)[0].faces[0] for picture in (photo, flipped)]

    (there, back), (once, once_back) = seen(True), seen(False)
    apart, apart_once = (np.abs(a.logits - b.logits[SWAPPED]).mean() for a, b in ((there, back), (once, once_back)))
    assert apart < 0.7 * apart_once
    assert np.abs(there.expression - back.expression[load_space("arkit51/face41").partner]).mean() < 0.01
    assert there.yaw == pytest.approx(-back.yaw, abs=0.02)
