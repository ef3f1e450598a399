from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from dfe.base.errors import ModelError
from dfe.space import arkit
from dfe.space.base import MATERIALS, ExpressionSpace
from dfe.space.registry import load_space


def test_names_divide_into_face_gaze_and_blink() -> None:
    assert len(arkit.NETWORK_NAMES) == 52
    assert arkit.NETWORK_NAMES[0] == "_neutral"
    assert len(arkit.ARKIT_NAMES) == 51
    assert (len(arkit.FACE_NAMES), len(arkit.GAZE_NAMES), len(arkit.BLINK_NAMES)) == (41, 8, 2)
    assert set(arkit.FACE_NAMES) | set(arkit.GAZE_NAMES) | set(arkit.BLINK_NAMES) == set(arkit.ARKIT_NAMES)
    assert arkit.mirrored_name("jawLeft") == "jawRight"
    assert arkit.mirrored_name("jawOpen") == "jawOpen"


def test_hash_is_pinned(face41: ExpressionSpace, arkit51: ExpressionSpace) -> None:
    # Tokenizers and recordings name these: a change of either needs a new SPACE_VERSION.
    assert face41.hash == "fdd0f30db0a16c38e74eb0edb82d703369278fd5a10513f7825591ca7ada0632"
    assert arkit51.hash == "8218f607ef2295fd58014652b1938822ace0e18b1e6b6d51fc159a223bd61182"


def test_load_is_shared() -> None:
    assert load_space("arkit51/face41") is load_space("arkit51/face41", arkit.SPACE_VERSION)


def test_another_version_is_refused() -> None:
    with pytest.raises(ModelError, match="no version 1 of space 'arkit51/face41'"):
        load_space("arkit51/face41", 1)


def test_space_needs_no_heavy_import() -> None:
    heavy = ("torch", "cv2", "av", "pyarrow", "onnxruntime")
    code = f"import sys, dfe.space.arkit, dfe.draw.render; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_unknown_space_names_the_known_ones() -> None:
    with pytest.raises(
        ModelError,
        match=r"'flame2020'; use one of 'arkit51/face41', 'arkit51', 'arkit-phone/face41', 'dfe-face', ",
    ):
        load_space("flame2020")


def test_damaged_head_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = arkit.resources.files("dfe") / "assets" / "head"
    folder = tmp_path / "assets" / "head"
    folder.mkdir(parents=True)
    (folder / "head.json").write_bytes((source / "head.json").read_bytes())
    data = bytearray((source / "head.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "head.safetensors").write_bytes(data)
    monkeypatch.setattr(arkit.resources, "files", lambda _: tmp_path)
    with pytest.raises(ModelError, match="damaged"):
        arkit._whole.__wrapped__(2)
    (folder / "head.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        arkit._whole.__wrapped__(2)


def test_mesh_is_its_own_mirror_image(arkit51: ExpressionSpace) -> None:
    mesh = arkit51.mesh
    every = np.arange(len(mesh.vertices_mm))
    np.testing.assert_array_equal(mesh.mirror[mesh.mirror], every)
    np.testing.assert_array_equal(mesh.vertices_mm[mesh.mirror] * [-1, 1, 1], mesh.vertices_mm)
    # The flip turns triangles over, so each mirrored one must be there with its corners in reverse order.
    turning = {tuple(np.roll(t, -int(np.argmin(t)))) for t in mesh.triangles}
    flipped = mesh.mirror[mesh.triangles][:, ::-1]
    assert {tuple(np.roll(t, -int(np.argmin(t)))) for t in flipped} == turning
    np.testing.assert_array_equal(mesh.vertex_region[mesh.mirror], mesh.vertex_region)
    np.testing.assert_array_equal(mesh.appearance.material[mesh.mirror], mesh.appearance.material)


def test_left_is_the_subjects_left(arkit51: ExpressionSpace) -> None:
    for name in ("mouthSmile", "browDown", "eyeBlink", "noseSneer"):
        moved = np.linalg.norm(arkit51.displace([arkit51.vector({name + "Left": 1})])[0], axis=1)
        assert (moved * arkit51.mesh.vertices_mm[:, 0]).sum() > 0
    assert arkit51.displace([arkit51.vector({"jawLeft": 1})])[0][:, 0].sum() > 0


def test_units_move_their_own_region_most(arkit51: ExpressionSpace) -> None:
    mesh = arkit51.mesh
    expected = {"browInnerUp": "brow", "eyeWideLeft": "eyes", "mouthPucker": "mouth", "jawForward": "jaw"}
    expected |= {"cheekPuff": "cheeks", "cheekSquintRight": "cheeks", "jawOpen": "jaw"}
    for name, region in expected.items():
        energy = (arkit51.displace([arkit51.vector({name: 1})])[0] ** 2).sum(axis=1) * mesh.skin_area_mm2
        shares = [energy[mesh.vertex_region == i].sum() for i in range(len(mesh.regions))]
        assert mesh.regions[int(np.argmax(shares))] == region, name
    moves_face = (np.linalg.norm(arkit51.basis, axis=2).max(axis=0) > 2) & (mesh.appearance.material == 0)
    assert (mesh.vertex_region[moves_face] >= 0).mean() > 0.97


def test_parts_of_the_head(arkit51: ExpressionSpace) -> None:
    counts = dict(zip(MATERIALS, np.bincount(arkit51.mesh.appearance.material), strict=True))
    assert (counts["eye"], counts["teeth"], counts["tongue"]) == (144, 136, 226)
    assert sum(len(members) for members in arkit51.regions.values()) == 51
    assert arkit51.names[arkit51.regions["cheeks"][0]] == "cheekPuff"
