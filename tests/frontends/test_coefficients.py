"""The coefficient network's points and columns."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dfe.frontends.base import Face
from dfe.frontends.landmarks.coefficients import SUBSET, columns, find_coefficients, find_logits
from dfe.frontends.landmarks.networks import Networks
from dfe.space.arkit import BLINK_NAMES, FACE_NAMES, GAZE_NAMES, NETWORK_NAMES


def test_the_subset_is_146_landmarks_in_order() -> None:
    assert len(SUBSET) == 146
    assert (np.diff(SUBSET) > 0).all()
    assert SUBSET[-10:].tolist() == list(range(468, 478)), "both irises"


def test_columns_carry_each_value_by_name() -> None:
    values = np.random.default_rng(0).uniform(0.5, 1, (3, 52)).astype(np.float32)
    values[:, NETWORK_NAMES.index("mouthClose")] = 0.1
    split = columns(values)
    for names, block in ((FACE_NAMES, split.expression), (GAZE_NAMES, split.gaze), (BLINK_NAMES, split.blink)):
        for i, name in enumerate(names):
            assert np.array_equal(block[:, i], values[:, NETWORK_NAMES.index(name)])
    assert sum(block.shape[1] for block in split) == 51


def test_a_closed_jaw_bounds_mouth_close_and_nothing_else() -> None:
    values = np.full(52, 0.8, np.float32)
    values[NETWORK_NAMES.index("jawOpen")] = 0.25
    split = columns(values)
    assert split.expression[FACE_NAMES.index("mouthClose")] == np.float32(0.25)
    assert values[NETWORK_NAMES.index("mouthClose")] == np.float32(0.8), "the input is left as it was"
    others = [i for i, name in enumerate(FACE_NAMES) if name not in ("mouthClose", "jawOpen")]
    assert (split.expression[others] == np.float32(0.8)).all()


@pytest.mark.parametrize("degrees", [-170, -60, 25, 90])
def test_coefficients_ignore_tilt_place_and_size(networks: Networks, face: Face, degrees: float) -> None:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    moved = face.landmarks[:, :2].astype(float) @ turn * 3.3 + [500, -200]
    coefficients, logits = find_coefficients(networks, moved)
    plain = find_coefficients(networks, face.landmarks.astype(float))
    np.testing.assert_allclose(coefficients, plain[0], atol=2e-4)
    np.testing.assert_allclose(logits, plain[1], atol=5e-3)
    np.testing.assert_allclose(find_logits(networks, moved), face.logits, atol=5e-3)


def test_logits_are_before_the_sigmoid(face: Face) -> None:
    np.testing.assert_allclose(face.coefficients, 1 / (1 + np.exp(-face.logits.astype(float))), atol=1e-6)
