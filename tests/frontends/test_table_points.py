"""Tables of points: OpenFace, CLNF, LibreFace."""

from __future__ import annotations

import gzip
import math

import numpy as np
import pytest

from dfe.base.columns import read_columns
from dfe.base.errors import TableError
from dfe.encoding.run import encode
from dfe.facs.tables import read_au_table
from dfe.frontends.landmarks.geometry import angles
from dfe.frontends.points import read_points68 as real_points68
from dfe.frontends.points import read_points478
from dfe.frontends.registry import front_end_names, recognise
from dfe.frontends.tables.clnf import ClnfReader
from dfe.frontends.tables.libreface import LibreFaceReader
from dfe.frontends.tables.openface import OpenFaceReader, head_angles
from made_other_tables import clnf, fake_points68, openface, points68, written


@pytest.fixture(autouse=True)
def regressor(monkeypatch):
    monkeypatch.setattr("dfe.frontends.points.read_points68", fake_points68)


def name_of(path):
    spec = recognise(path)
    return spec and spec.name


def test_openface_video(tmp_path):
    points = points68(4)
    path = written(tmp_path, gzip.compress(openface(points).encode()), "clip.csv")
    assert name_of(path) == "openface"
    found = OpenFaceReader().read(path)
    assert (found.space.id, found.space.version) == ("arkit51/face41", 2)
    np.testing.assert_allclose(found.expression[:, :3], points[:, 5], rtol=1e-6)
    assert found.frame.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(found.time_s, [0, 0.04, 0.08, 0.12])
    assert found.confidence is not None
    assert found.confidence[0] == np.float32(0.9)
    low, high = points[0, :, :2].min(axis=0), points[0, :, :2].max(axis=0)
    np.testing.assert_allclose(found.box[0], [*low, *(high - low)], rtol=1e-5)
    np.testing.assert_allclose(found.pose, head_angles(np.array([[0.1, 0.2, -0.3]])).repeat(4, 0), rtol=1e-5)
    assert found.blink is not None
    assert found.gaze is None
    # The same table is read as AU table, too.
    assert read_au_table(path).values.tolist() == [[0.5, 1.5]] * 4


def test_openface_failures_faces_and_order(tmp_path):
    rows = [[2, 0, 0.04, 0.9, 1], [1, 1, 0, 0.8, 1], [1, 0, 0, 0.9, 1], [3, 0, 0.08, 0.1, 0]]
    points = points68(4)
    path = written(tmp_path, openface(points, rows=rows))
    found = OpenFaceReader().read(path)
    assert found.frame.tolist() == [0, 0, 1, 2]
    assert found.face is not None
    assert found.face.tolist() == [0, 1, 0, 0]
    np.testing.assert_allclose(found.expression[:3, :3], points[[2, 1, 0], 5], rtol=1e-6)
    assert found.success.tolist() == [True, True, True, False]
    assert found.reason == [None, None, None, "tracking failed (OpenFace)"]
    assert np.isnan(found.expression[3]).all()


def test_openface_picture(tmp_path):
    path = written(tmp_path, openface(points68(2), image=True))
    assert name_of(path) == "openface"
    found = OpenFaceReader().read(path)
    assert found.frame.tolist() == [0, 0]
    assert found.face is not None
    assert found.face.tolist() == [0, 1]
    assert np.isnan(found.time_s).all()
    assert found.success.all()


def pictures(points: np.ndarray, names: list[str], faces: list[int]) -> str:
    """FaceLandmarkImg's rows of many pictures, with a column that names them."""
    head, *lines = openface(points, image=True).splitlines()
    rows = [f"{n},{f},{line.split(',', 1)[1]}" for n, f, line in zip(names, faces, lines, strict=True)]
    return "\n".join([f"ImageID,{head}", *rows]) + "\n"


def test_openface_of_many_pictures(tmp_path):
    points = points68(4)
    path = written(tmp_path, pictures(points, ["b", "a", "c", "a"], [0, 1, 0, 0]))
    assert name_of(path) == "openface"
    found = OpenFaceReader().read(path)
    assert found.source == ["b", "a", "a", "c"]
    assert found.frame.tolist() == [0, 1, 1, 2]
    assert found.face is not None
    assert found.face.tolist() == [0, 0, 1, 0]
    assert np.isnan(found.time_s).all()
    np.testing.assert_allclose(found.expression[:, :3], points[[0, 3, 1, 2], 5], rtol=1e-6)
    table = read_au_table(path)
    assert table.picture == ("b", "a", "c", "a")
    assert table.frame.tolist() == [0, 1, 2, 1]


def test_a_face_of_a_picture_that_comes_twice_is_refused(tmp_path):
    twice = written(tmp_path, pictures(points68(2), ["a", "a"], [0, 0]))
    with pytest.raises(TableError, match="row 3: a face of picture 0 is there twice; name the picture of each row"):
        OpenFaceReader().read(twice)


def test_openface_without_depth(tmp_path):
    points = points68(2)
    found = OpenFaceReader().read(written(tmp_path, openface(points, flat=True)))
    assert found.about["from"] == "68 points in the picture"
    np.testing.assert_allclose(found.expression[:, :2], points[:, 5, :2], rtol=1e-6)


def test_openface_times_in_milliseconds(tmp_path):
    rows = [[i + 1, 0, i * 40, 0.9, 1] for i in range(3)]
    found = OpenFaceReader().read(written(tmp_path, openface(points68(3), rows=rows)))
    np.testing.assert_allclose(found.time_s, [0, 0.04, 0.08])


def test_openface_errors(tmp_path):
    with pytest.raises(TableError, match="has no 68 points; let OpenFace write them"):
        OpenFaceReader().read(written(tmp_path, "frame, confidence, success, AU01_r\n1, 1, 1, 0\n"))
    twice = openface(points68(2), rows=[[1, 0, 0, 1, 1]] * 2)
    with pytest.raises(TableError, match=r"row 3: frame 1 is there twice; give a table for each recording"):
        OpenFaceReader().read(written(tmp_path, twice))


def test_head_angles_against_matrices():
    """R = Rx Ry Rz in the camera's axes (x right, y down, z away), half a turn about x away from ours."""

    def turn(axis: int, angle: float) -> np.ndarray:
        c, s = math.cos(angle), math.sin(angle)
        plane = [np.array([[1, 0, 0], [0, c, -s], [0, s, c]]), np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])]
        return [*plane, np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])][axis]

    half = np.diag([1.0, -1, -1])
    rotations = np.random.default_rng(1).uniform(-0.9, 0.9, (50, 3))
    wanted = [angles(half @ turn(0, x) @ turn(1, y) @ turn(2, z) @ half) for x, y, z in rotations]
    np.testing.assert_allclose(head_angles(rotations), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("rotation", "axis", "sign"),
    [
        # The nose (-z) goes down (+y) with Rx, to the picture's left with Ry; the crown goes to its right with Rz.
        ([0.3, 0, 0], 0, -1),
        ([0, 0.3, 0], 1, -1),
        ([0, 0, 0.3], 2, 1),
    ],
)
def test_each_angle_alone(rotation, axis, sign):
    found = head_angles(np.array([rotation]))[0]
    np.testing.assert_allclose(found, [sign * 0.3 if i == axis else 0 for i in range(3)], atol=1e-6)


@pytest.mark.shared_data
def test_real_table_of_openface(shared_data):
    path = shared_data / "news" / "OpenFace_Test.csv"
    assert name_of(path) == "openface"
    found = OpenFaceReader().read(path)
    assert len(found) == 100
    assert found.success.all()
    assert "1000 frames a second" in found.warnings[0]
    # Head pose against that of the points in space, which another module lays on a reference face.
    names = [f"{axis}_{i}" for i in range(68) for axis in "XYZ"]
    points = read_columns(path, numbers=names).numbers.reshape(-1, 68, 3)
    own = real_points68(points, depth=True).pose
    for axis in range(3):
        assert np.corrcoef(found.pose[:, axis], own[:, axis])[0, 1] > 0.95
        assert np.std(found.pose[:, axis] - own[:, axis]) < 0.01
        assert abs(np.mean(found.pose[:, axis] - own[:, axis])) < 0.15  # each has its own zero of pitch


def clnf_folder(tmp_path, points, success=None):
    space = {f"{axis}{i}": points[:, i, k] for k, axis in enumerate("XYZ") for i in range(68)}
    flat = {f"{axis}{i}": points[:, i, k] for k, axis in enumerate("xy") for i in range(68)}
    pose = {
        name: np.full(len(points), value)
        for name, value in zip(["Tx", "Ty", "Tz", "Rx", "Ry", "Rz"], [0, 0, 500, 0.1, 0.2, -0.3], strict=True)
    }
    for kind, columns in {"features3D": space, "features": flat, "pose": pose}.items():
        written(tmp_path, clnf(columns, len(points), success), f"300_CLNF_{kind}.txt")
    return tmp_path / "300_CLNF_features3D.txt"


def test_clnf(tmp_path):
    points = points68(5)
    path = clnf_folder(tmp_path, points, [1, 1, 0, 1, 1])
    assert name_of(path) == "clnf"
    found = ClnfReader().read(path)
    np.testing.assert_allclose(found.expression[[0, 1, 3, 4], :3], points[[0, 1, 3, 4], 5], rtol=1e-6)
    assert found.reason == [None, None, "tracking failed (CLNF)", None, None]
    np.testing.assert_allclose(found.time_s, np.arange(5) / 30, atol=1e-6)
    np.testing.assert_allclose(found.pose, head_angles(np.array([[0.1, 0.2, -0.3]])).repeat(5, 0), rtol=1e-5)
    np.testing.assert_allclose(found.box[0, :2], points[0, :, :2].min(axis=0), rtol=1e-5)
    assert found.face is not None
    assert found.face.tolist() == [0] * 5


def test_clnf_alone(tmp_path):
    path = clnf_folder(tmp_path, points68(3))
    flat = ClnfReader().read(tmp_path / "300_CLNF_features.txt")
    assert flat.about["from"] == "68 points in the picture"
    (tmp_path / "300_CLNF_features.txt").unlink()
    (tmp_path / "300_CLNF_pose.txt").unlink()
    alone = ClnfReader().read(path)
    assert alone.box is None
    assert alone.pose is not None
    assert (alone.pose == 0.25).all()


def test_clnf_beside_another_recording(tmp_path):
    path = clnf_folder(tmp_path, points68(3))
    written(tmp_path, clnf({name: np.zeros(2) for name in ("Rx", "Ry", "Rz")}, 2), "300_CLNF_pose.txt")
    found = ClnfReader().read(path)
    assert found.warnings[-1] == "300_CLNF_pose.txt holds other frames and was left out"
    assert "68 points" in found.warnings[0]
    with pytest.raises(TableError, match="has no 68 points of CLNF"):
        ClnfReader().read(tmp_path / "300_CLNF_pose.txt")


@pytest.fixture
def mesh() -> np.ndarray:
    """Canonical faces, turned a little, as shares of a picture of 4 by 3."""
    from dfe.frontends.landmarks.networks import Networks

    face = Networks().arrays("geometry.npz")["vertices_cm"].astype(np.float64) * [1, -1, -1]
    face = np.concatenate([face, face[:10]]) * 20
    rows = []
    for yaw in (-0.2, 0.0, 0.3):
        c, s = math.cos(yaw), math.sin(yaw)
        turned = face @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]).T
        rows.append((turned + [800, 600, 0]) / [1600, 1200, 1600])
    return np.array(rows)


def libreface(mesh: np.ndarray, times: list[float]) -> str:
    names = [f"lm_mp_{i}_{axis}" for i in np.random.default_rng(0).permutation(478) for axis in "zyx"]
    lines = [",".join(["frame_idx", "frame_time_in_ms", "pitch", *names, "au_1_intensity"])]
    for number, (face, time) in enumerate(zip(mesh, times, strict=True)):
        cells = [face[int(name.split("_")[2]), "xyz".index(name[-1])] for name in names]
        lines.append(",".join(map(str, [number, time, 0, *cells, 1.5])))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("unit", [1, 1000])
def test_libreface(tmp_path, mesh, unit):
    mesh = np.concatenate([mesh, np.full((1, 478, 3), np.nan)])
    path = written(tmp_path, libreface(mesh, [i * 0.04 * unit for i in range(4)]))
    assert name_of(path) == "libreface"
    seen: list[tuple[int, int | None]] = []
    found = LibreFaceReader().read(path, lambda done, total: seen.append((done, total)))
    wanted = read_points478(mesh * [1600, 1200, 1600], 1600, 1200)
    assert found.about["picture_width_by_height"] == pytest.approx(4 / 3, abs=1e-4)
    np.testing.assert_allclose(found.expression, wanted.expression, atol=2e-3)
    np.testing.assert_allclose(found.pose, wanted.pose, atol=2e-3)
    assert found.pose is not None
    assert found.pose[0, 1] < -0.1
    assert found.pose[2, 1] > 0.2
    np.testing.assert_allclose(found.time_s, [0, 0.04, 0.08, 0.12])
    assert found.reason == [None, None, None, "no face found (LibreFace)"]
    assert seen[-1] == (4, 4)
    assert read_au_table(path).time_s.tolist() == pytest.approx([0, 0.04, 0.08, 0.12])


def test_libreface_in_pixels_is_refused(tmp_path, mesh):
    with pytest.raises(TableError, match="row 2: its points are no shares of the picture"):
        LibreFaceReader().read(written(tmp_path, libreface(mesh * 500, [0, 0.04, 0.08])))


def test_flipped_tables_turn_their_pose(tmp_path):
    path = written(tmp_path, openface(points68(2)))
    right, flipped = (encode(path, tokenizer=None, mirrored=mirrored)[0] for mirrored in (False, True))
    np.testing.assert_allclose(flipped.poses, right.poses * [1, -1, -1])


def test_of_points_in_space_and_in_the_picture_a_folder_gives_those_in_space(tmp_path):
    clnf_folder(tmp_path, points68(3))
    flat = tmp_path / "300_CLNF_features.txt"
    assert flat.is_file()
    assert recognise(flat) is None
    assert [made.provenance.source.name for made in encode(tmp_path, tokenizer=None)] == ["300_CLNF_features3D.txt"]


def test_all_are_listed_and_none_knows_a_foreign_table(tmp_path):
    assert set(front_end_names()) >= {"arkit", "pyfeat", "openface", "clnf", "libreface"}
    for text in ("", "a,b\n1,2\n", "{}", "\x00\x01", '{"a": 1}'):
        assert recognise(written(tmp_path, text)) is None
    assert recognise(tmp_path) is None
    assert recognise(tmp_path / "missing.csv") is None
