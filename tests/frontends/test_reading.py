"""Expressions read off landmarks."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import dfe
from dfe.base.errors import ModelError
from dfe.frontends.base import Face
from dfe.frontends.landmarks.coefficients import bounded, find_logits
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import FILE, LinearMap, Reader, pose_terms
from dfe.space.arkit import FACE_NAMES, NETWORK_NAMES, mirrored_name
from dfe.space.registry import load_space

JAW, CLOSE = FACE_NAMES.index("jawOpen"), FACE_NAMES.index("mouthClose")


@pytest.fixture(scope="module")
def points(face: Face) -> np.ndarray:
    return face.landmarks.astype(np.float64)


@pytest.mark.parametrize("both_ways", [True, False])
def test_the_packaged_matrix_times_logits(networks: Networks, points: np.ndarray, both_ways: bool) -> None:
    pose = np.array([0.1, -0.2, 0.05])
    reading = Reader(networks, both_ways)(points, pose)
    kind = "both" if both_ways else "one"
    arrays = {name: array.astype(np.float64) for name, array in networks.arrays(FILE).items()}
    pitch, yaw, roll = pose / 0.35
    terms = [pitch, yaw, roll, pitch**2, pitch * yaw, pitch * roll, yaw**2, yaw * roll, roll**2]
    expected = [
        arrays[f"{kind}_bias"][i]
        + sum(arrays[f"{kind}_logits"][j, i] * float(reading.logits[1 + j]) for j in range(51))
        + sum(arrays[f"{kind}_pose"][j, i] * terms[j] for j in range(9))
        for i in range(41)
    ]
    expected = np.clip(expected, 0, 1)
    expected[CLOSE] = min(expected[CLOSE], expected[JAW])
    np.testing.assert_allclose(reading.expression, expected, atol=1e-5)
    assert np.array_equal(reading.logits, find_logits(networks, points))
    np.testing.assert_allclose(reading.coefficients, 1 / (1 + np.exp(-reading.logits)), rtol=1e-5)


def test_mirrored_landmarks_give_the_mirrored_expression(networks: Networks, points: np.ndarray) -> None:
    read = Reader(networks, both_ways=True)
    image = points[networks.partner] * [-1.0, 1.0, 1.0]
    there, back = read(points, np.array([0.1, 0.2, 0.1])), read(image, np.array([0.1, -0.2, -0.1]))
    partner = load_space("arkit51/face41").partner
    np.testing.assert_allclose(back.expression, there.expression[partner], atol=1e-3)
    swapped = [NETWORK_NAMES.index(mirrored_name(name)) for name in NETWORK_NAMES]
    np.testing.assert_allclose(back.logits, there.logits[swapped], atol=5e-3)
    assert np.abs(there.expression - there.expression[partner]).max() > 0.005, "a face that is not symmetric itself"


def test_expressions_keep_to_the_bounds_whatever_the_logits(networks: Networks) -> None:
    rng = np.random.default_rng(0)
    space = load_space("arkit51/face41")
    for both_ways in (True, False):
        wild = LinearMap.read(networks, both_ways)(rng.normal(0, 20, (500, 52)), rng.normal(0, 1, (500, 3)))
        assert (wild >= space.lower).all()
        assert (wild <= space.upper).all()
        assert (wild[:, CLOSE] <= wild[:, JAW]).all()
        assert wild.any(axis=0).all()


def test_a_shut_jaw_leaves_nothing_to_close() -> None:
    x = np.full((1, 41), 0.5, np.float32)
    x[0, JAW] = -0.2
    assert bounded(x)[0, CLOSE] == 0
    assert x[0, CLOSE] == 0.5


def test_terms_of_the_pose_end_where_heads_end() -> None:
    wide, wider = pose_terms(np.array([[0.0, 2.0, 0.0]])), pose_terms(np.array([[0.0, 3.0, 0.0]]))
    np.testing.assert_array_equal(wide, wider)
    assert pose_terms(np.zeros((4, 3))).shape == (4, 9)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    source = Path(dfe.__file__).parent / "assets" / "networks"
    for name in ("networks.json", "geometry.npz", "coefficients.onnx", FILE):
        shutil.copy(source / name, tmp_path / name)
    return tmp_path


def test_a_damaged_map_is_refused(copied: Path) -> None:
    data = bytearray((copied / FILE).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / FILE).write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        Reader(Networks(copied), both_ways=True)


def test_a_map_that_is_not_whole_is_refused(copied: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, both_logits=np.zeros((51, 41)))
    (copied / FILE).write_bytes(buffer.getvalue())
    about = json.loads((copied / "networks.json").read_text())
    about["files"][FILE] = hashlib.sha256(buffer.getvalue()).hexdigest()
    (copied / "networks.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match="not whole"):
        Reader(Networks(copied), both_ways=True)
