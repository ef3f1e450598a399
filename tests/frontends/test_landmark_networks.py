"""The packaged networks: the same as their TensorFlow Lite sources, whole, and ready for another process."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dfe.base.errors import ModelError
from dfe.frontends.landmarks.networks import Networks

Stored = Mapping[str, Any]
PACKAGED = Path(str(files("dfe"))) / "assets" / "networks"


def pattern(size: int) -> np.ndarray:
    """The picture of scripts/make_parity_fixtures.py."""
    y, x, channel = np.mgrid[:size, :size, :3]
    return ((x * x // 9 + 5 * y + 40 * channel + (x * y) // 31) % 256).astype(np.uint8)[None]


def circle() -> np.ndarray:
    angle = np.arange(146) * 2.4
    radius = 10 * np.sqrt(np.arange(146))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1).astype(np.float32)[None]


@pytest.mark.parametrize(("name", "size"), [("detector", 128), ("detector_back", 256)])
def test_detectors_agree_with_tensorflow_lite(networks: Networks, stored: Stored, name: str, size: int) -> None:
    boxes, scores = networks.run(name, pattern(size))
    step = int(stored["every_anchor"])
    np.testing.assert_allclose(boxes[0, ::step], stored[f"{name} boxes"], atol=1e-3)
    np.testing.assert_allclose(scores[0, ::step], stored[f"{name} scores"], atol=1e-3)


def test_landmarks_agree_with_tensorflow_lite(networks: Networks, stored: Stored) -> None:
    points, presence = networks.run("landmarks", pattern(256))
    np.testing.assert_allclose(points.reshape(-1), stored["landmarks landmarks"], atol=2e-3)
    np.testing.assert_allclose(presence.reshape(-1), stored["landmarks presence"], atol=1e-3)


def test_coefficients_agree_with_tensorflow_lite(networks: Networks, stored: Stored) -> None:
    after, before = networks.run("coefficients", circle())
    np.testing.assert_allclose(after.reshape(-1), stored["coefficients coefficients"], atol=1e-5)
    np.testing.assert_allclose(after, 1 / (1 + np.exp(-before.astype(float))).reshape(after.shape), atol=1e-6)
    assert before.min() < 0 < before.max()


def test_each_file_has_the_recorded_hash(networks: Networks) -> None:
    assert {p.name for p in PACKAGED.iterdir()} == {*networks.hashes, "networks.json", "LICENSE"}
    for name, recorded in networks.hashes.items():
        assert hashlib.sha256((PACKAGED / name).read_bytes()).hexdigest() == recorded
    about = json.loads((PACKAGED / "networks.json").read_text(encoding="utf-8"))
    assert about["sources"]["face_landmarker.task"].startswith("64184e229b26")
    assert "Apache License" in (PACKAGED / "LICENSE").read_text(encoding="utf-8")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return shutil.copytree(PACKAGED, tmp_path / "networks")


def test_a_damaged_network_is_named(copied: Path) -> None:
    path = copied / "coefficients.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"coefficients\.onnx: the file is damaged.*install"):
        Networks(copied).run("coefficients", circle())


@pytest.mark.parametrize("name", ["detector.onnx", "networks.json"])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(ModelError, match=rf"{name}: cannot read"):
        Networks(copied).run("detector", pattern(128))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 3}', "\x00"])
def test_a_list_of_networks_that_is_none_is_refused(copied: Path, content: str) -> None:
    (copied / "networks.json").write_text(content)
    with pytest.raises(ModelError, match=r"networks\.json"):
        Networks(copied).read("detector.onnx")


def test_open_networks_travel_to_another_process(networks: Networks) -> None:
    before = networks.run("coefficients", circle())
    after = pickle.loads(pickle.dumps(networks)).run("coefficients", circle())
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
