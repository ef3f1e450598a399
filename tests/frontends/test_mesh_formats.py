from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe.base.errors import DfeError, TableError
from dfe.frontends.meshes.kinect import CENTRE_PX, FOCAL_PX, read_kinect
from dfe.frontends.meshes.obj import read_obj
from dfe.frontends.meshes.ply import read_ply
from dfe.frontends.meshes.reading import is_sequence, read_sequence, sequences_in

POINTS = np.array([[0, 0, 0], [1.5, 0, -2], [0, 1e-3, 4], [-7, 8, 9], [3, 3, 3]], float)
POLYGONS = [[0, 1, 2, 3], [4, 2, 1], [0, 3, 4]]
TRIANGLES = [[0, 1, 2], [0, 2, 3], [4, 2, 1], [0, 3, 4]]

OBJ = b"""# made by hand
mtllib face.mtl
v 0 0 0
v 1.5 0 -2 0.1 0.2 0.3
vn 0 0 1
vt 0.5 0.5
\tv 0 1e-3 4
v -7 8 \\
9
v 3 3 3
g head
f 1/1/1 2/1/1 3/1/1 4/1/1
f 5 3 2
f -5//1 -2//1 -1//1
l 1 2
"""


def ply(order: str, *, extra: bool = True, mixed: bool = True, points: np.ndarray = POINTS) -> bytes:
    """The mesh in one of the three formats, with properties and elements that must be passed over."""
    polygons = POLYGONS if mixed else TRIANGLES
    kind = {"": "ascii", "<": "binary_little_endian", ">": "binary_big_endian"}[order]
    header = ["ply", f"format {kind} 1.0", "comment made by hand"]
    if extra:
        header += ["element camera 2", "property uchar id", "property list uchar short look"]
    header += [
        f"element vertex {len(points)}",
        "property uchar red",
        "property double z",
        "property float x",
        "property float y",
    ]
    header += [f"element face {len(polygons)}", "property float area", "property list uchar int vertex_indices"]
    header += ["element edge 1", "property int a", "end_header"]
    data = ("\n".join(header) + "\n").encode()
    if order == "":
        lines = ["7 2 5 6", "8 0"] if extra else []
        lines += [f"255 {z!r} {x!r} {y!r}" for x, y, z in points.tolist()]
        lines += [f"0.5 {len(p)} {' '.join(map(str, p))}" for p in polygons]
        return data + ("\n".join([*lines, "1"]) + "\n").encode()
    if extra:
        data += struct.pack(f"{order}BBhhBB", 7, 2, 5, 6, 8, 0)
    for x, y, z in points:
        data += struct.pack(f"{order}Bdff", 255, z, x, y)
    for polygon in polygons:
        data += struct.pack(f"{order}fB{len(polygon)}i", 0.5, len(polygon), *polygon)
    return data + struct.pack(f"{order}i", 1)


def test_obj_by_hand() -> None:
    mesh = read_obj(OBJ, "face.obj")
    np.testing.assert_array_equal(mesh.points, POINTS)
    assert mesh.triangles.tolist() == TRIANGLES
    assert read_obj(OBJ.replace(b"\n", b"\r\n"), "face.obj").triangles.tolist() == TRIANGLES


@pytest.mark.parametrize("order", ["", "<", ">"])
@pytest.mark.parametrize("extra", [True, False])
@pytest.mark.parametrize("mixed", [True, False])
def test_ply_in_all_formats(order: str, extra: bool, mixed: bool) -> None:
    mesh = read_ply(ply(order, extra=extra, mixed=mixed), "face.ply")
    np.testing.assert_allclose(mesh.points, POINTS, rtol=1e-7)
    assert mesh.triangles.tolist() == TRIANGLES


def test_ply_of_points_alone() -> None:
    header = [
        "ply",
        "format ascii 1.0",
        "element vertex 2",
        *(f"property float {axis}" for axis in "xyz"),
        "end_header",
    ]
    mesh = read_ply("\n".join([*header, "1 2 3", "nan 5 6"]).encode(), "points.ply")
    np.testing.assert_array_equal(mesh.points, [[1, 2, 3], [np.nan, 5, 6]])
    assert mesh.triangles.shape == (0, 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "holds no vertices"),
        (b"v 1 2\n", "face.obj, line 1: a vertex without three coordinates"),
        (b"v 1 2 x\n", "line 1: a vertex without"),
        (b"v 1 2 3\nv 1 2 3\nv 1 2 3\nf 1 2 4\n", "line 4: a face that is none of three or more of the 3"),
        (b"v 1 2 3\nv 1 2 3\nv 1 2 3\nf 0 1 2\n", "line 4: a face that is none"),
        (b"v 1 2 3\nf 1\n", "line 2: a face that is none"),
        (b"v 1 2 3\nf a b c\n", "line 2: a face of something else"),
        (b"v 1 2 3\nf 1 1 99999999999999999999\n", "line 2: a face of something else"),
    ],
)
def test_obj_that_cannot_be_read(data: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_obj(data, "face.obj")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"solid cube\n", "is no PLY file"),
        (ply("<")[:200], "is no PLY file"),
        (ply("<")[:-20], "ends too early"),
        (ply("")[:-40], "ends before its 3 elements face|has no list of vertices"),
        (ply("").replace(b"ascii 1.0", b"ascii 2.0"), "face.ply, line 2: cannot be understood"),
        (ply("").replace(b"float x", b"float u"), "no x, y and z"),
        (ply("").replace(b"property double z", b"property list uchar double z"), "or lists beside them"),
        (ply("<").replace(b"vertex 5", b"vertex 999999999999"), "ends too early"),
        (ply("").replace(b"vertex 5", b"vertex 0"), "holds no vertices|has no x, y and z|no list"),
        (ply("").replace(b"0.5 3 4 2 1", b"0.5 3 4 2 9"), "names a point that is none of the 5"),
        (ply("").replace(b"0.5 3 4 2 1", b"0.5 9 4 2 1"), "face.ply, face 1: has no list"),
        (ply("").replace(b"vertex 5", b"vertex -5"), "less than none"),
    ],
)
def test_ply_that_cannot_be_read(data: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_ply(data, "face.ply")


def kinect(rows: list[str], points: int = 4) -> bytes:
    header = " ".join(f"{i}{axis}" for i in range(points) for axis in "xyz")
    return "\r\n".join([f"\t0.0 {header}", *rows, ""]).encode()


def test_kinect_points_become_millimetres() -> None:
    row = "1390385453.97 330 230 1000 310 240 1010 320 250 0 320 240 1500"
    read = read_kinect(kinect([row, row.replace("453.97", "453.103"), row.replace("453.97", "454.3")]), "a.txt")
    scale = 1010 / FOCAL_PX  # the middle depth of those that have one, of the wall too
    np.testing.assert_allclose(
        read.points[0, :2], [[10 * scale, 10 * scale, -1000], [-10 * scale, 0, -1010]], rtol=1e-5
    )
    assert np.isnan(read.points[0, 2:]).all()
    # 453.97 is 97 ms: read as written the second frame would come before the first.
    np.testing.assert_allclose(read.time_s, [0, 0.006, 0.906], atol=1e-6)
    assert read.repaired
    assert "50.0% of the points" in read.warnings[1]
    assert CENTRE_PX == (320, 240)


def test_kinect_times_that_rise_are_left_alone() -> None:
    row = "5.{} 330 230 1000 310 240 1010 320 250 1000 320 240 1000"
    read = read_kinect(kinect([row.format("1"), row.format("25"), row.format("30")]), "a.txt")
    np.testing.assert_allclose(read.time_s, [0, 0.15, 0.2])
    assert not read.repaired
    broken = read_kinect(kinect([row.format("9999"), row.format("1")]), "a.txt")
    np.testing.assert_allclose(broken.time_s, [0, 1 / 30])
    assert broken.repaired


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"frame,x\n1,2\n", "does not begin with a header"),
        (kinect(["1 2 3"]), "a.txt, line 2: 3 fields, not a time and 3 x 4"),
        (kinect(["1" + " 2" * 11 + " x"]), "a.txt, line 2: a word that is no number"),
        (kinect([]), "holds no frame"),
        (b"0x 0y 0z 2x 2y 2z\n1 2 3 4 5 6 7\n", "does not count the points"),
    ],
)
def test_kinect_points_that_cannot_be_read(data: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_kinect(data, "a.txt")


def frames(folder: Path, count: int = 3, suffix: str = ".obj", start: int = 8) -> Path:
    folder.mkdir()
    for i in range(start, start + count):
        points = POINTS + i
        data = ply("<", points=points) if suffix == ".ply" else OBJ.replace(b"v 3 3 3", f"v {3 + i} {3 + i} 3".encode())
        (folder / f"face_v2_{i}{suffix}").write_bytes(data)
    return folder


@pytest.mark.parametrize("suffix", [".obj", ".ply"])
def test_a_folder_of_frames_in_the_order_of_their_numbers(tmp_path: Path, suffix: str) -> None:
    folder = frames(tmp_path / "take", suffix=suffix)
    (folder / "notes.txt").write_text("not a frame")
    (folder / f".face_v2_99{suffix}").write_text("nor this")
    assert is_sequence(folder)
    read = read_sequence(folder)
    assert read.frame.tolist() == [8, 9, 10]
    assert read.sources == tuple(f"face_v2_{i}{suffix}" for i in (8, 9, 10))
    np.testing.assert_allclose(read.points[:, 4, 0], [11, 12, 13])
    assert read.triangles.tolist() == TRIANGLES
    assert read.time_s is None


def test_frames_that_do_not_belong_together(tmp_path: Path) -> None:
    folder = frames(tmp_path / "take")
    (folder / "face_v2_9.obj").write_bytes(b"v 1 2 3\n" * 4)
    with pytest.raises(TableError, match=r"face_v2_9\.obj: has 4 vertices, face_v2_8\.obj has 5; give frames of one"):
        read_sequence(folder)
    (folder / "face_v2_9.obj").write_bytes(OBJ.replace(b"f 5 3 2", b"f 5 2 3"))
    with pytest.raises(TableError, match=r"face_v2_9\.obj: has other faces than face_v2_8\.obj"):
        read_sequence(folder)
    (folder / "face_v2_9.obj").write_bytes(OBJ)
    for odd, message in (
        ("neutral.obj", "no number that says which frame"),
        ("other_9.obj", "of another sequence than"),
        ("face_v2_09.obj", "is frame 9, and so is"),
        ("face_v2_7.ply", "of another sequence"),
    ):
        (folder / odd).write_bytes(OBJ)
        with pytest.raises(TableError, match=message) as caught:
            read_sequence(folder)
        assert "\n" not in str(caught.value)
        (folder / odd).unlink()
    assert len(read_sequence(folder).points) == 3


def test_numpy_arrays(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(4, 5, 3))
    np.savez(tmp_path / "a.npz", vertices=points, faces=np.array([[0, 1, 2, 3]]), fps=25)
    np.save(tmp_path / "b.npy", points)
    read = read_sequence(tmp_path / "a.npz")
    np.testing.assert_allclose(read.points, points, rtol=1e-6)
    assert read.triangles.tolist() == [[0, 1, 2], [0, 2, 3]]
    np.testing.assert_allclose(read.time_s, [0, 0.04, 0.08, 0.12])
    np.testing.assert_allclose(read_sequence(tmp_path / "b.npy").points, points, rtol=1e-6)
    assert [p.name for p in sequences_in(tmp_path)] == ["a.npz", "b.npy"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"exp": np.zeros((4, 50))}, "no array called vertices"),
        ({"vertices": np.zeros((4, 15))}, r"vertices of shape \(4, 15\)"),
        ({"vertices": np.zeros((4, 5, 3)), "faces": np.array([[0, 1, 5]])}, "none of the 5"),
        ({"vertices": np.zeros((4, 5, 3)), "faces": np.zeros((2, 3))}, "whole numbers"),
        (
            {"vertices": np.zeros((4, 5, 3)), "time_s": np.array([0, 1, 0.5, 2])},
            "its times are not 4 numbers that rise",
        ),
        ({"vertices": np.zeros((4, 5, 3)), "fps": np.array(0)}, "no number of frames per second"),
        ({"vertices": np.array([[["a"] * 3] * 5])}, "no array of numbers"),
        ({"vertices": np.array([{}], dtype=object)}, "no array of numbers"),
        ({"vertices": np.zeros((0, 5, 3))}, "0 frames of 5 points"),
        ({"vertices": np.full((4, 5, 3), 1e9)}, "frame 0: a coordinate lies farther"),
    ],
)
def test_numpy_arrays_that_do_not_fit(tmp_path: Path, arrays: dict, message: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(TableError, match=message):
        read_sequence(tmp_path / "a.npz")


def test_what_is_no_sequence(tmp_path: Path) -> None:
    np.savez(tmp_path / "flame.npz", exp=np.zeros((4, 50)))
    np.save(tmp_path / "flat.npy", np.zeros((4, 15)))
    (tmp_path / "table.csv").write_text("frame,timestamp\n1,2\n")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04")
    (tmp_path / "broken.txt.gz").write_bytes(b"\x1f\x8b\x00")
    assert not any(is_sequence(path) for path in [*tmp_path.iterdir(), tmp_path / "absent", tmp_path])
    with pytest.raises(TableError, match="holds no mesh sequence"):
        sequences_in(tmp_path)
    with pytest.raises(TableError, match=r"absent: cannot be read \(No such file"):
        sequences_in(tmp_path / "absent")
    for name in ("table.csv", "broken.npz", "broken.txt.gz"):
        with pytest.raises(TableError, match=name):
            read_sequence(tmp_path / name)


@pytest.mark.shared_data
def test_real_kinect_points(shared_data: Path) -> None:
    path = shared_data / "gfe" / "b_wh_question_datapoints.txt.gz"
    assert is_sequence(path)
    read = read_sequence(path)
    assert read.points.shape == (1328, 100, 3)
    assert read.unit == "mm"
    assert read.repaired
    steps = np.diff(read.time_s)
    assert steps.min() > 0.02
    assert np.median(steps) == pytest.approx(0.053, abs=0.002)
    # An adult's eyes are 60 mm apart, give or take; 87 and 88 are the irises.
    apart = np.nanmedian(np.linalg.norm(read.points[:, 87] - read.points[:, 88], axis=1))
    assert 50 < apart < 75
    assert 0.05 < np.isnan(read.points[..., 0]).mean() < 0.25


def _npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, vertices=np.zeros((3, 4, 3)), faces=np.array([[0, 1, 2]]), fps=np.array(30.0))
    return file.getvalue()


def _npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros((3, 4, 3), np.float32))
    return file.getvalue()


GOOD = {
    "a.obj": OBJ,
    "text.ply": ply(""),
    "little.ply": ply("<"),
    "big.ply": ply(">", mixed=False),
    "a.npz": _npz(),
    "a.npy": _npy(),
    "a.txt": kinect(["1.5" + " 320 240 1000" * 4, "1.6" + " 330 250 1010" * 4]),
    "a.txt.gz": gzip.compress(kinect(["1.5" + " 320 240 1000" * 4])),
}


@pytest.mark.parametrize("name", sorted(GOOD))
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_give_our_errors_alone(name: str, data: st.DataObject, tmp_path: Path) -> None:
    """Bytes changed, cut out or put in, or nothing but noise."""
    good = bytearray(GOOD[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(good)))
        cut = data.draw(st.integers(0, 6))
        good[at : at + cut] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"999999999", b"nan", b"-1", b"\n", b"1e400"])
        )
    path = tmp_path / name
    path.write_bytes(bytes(good) if data.draw(st.booleans()) or len(good) < 4 else data.draw(st.binary(max_size=200)))
    assert is_sequence(path) in (True, False)
    said = ""
    try:
        read = read_sequence(path)
        assert read.points.shape[2] == 3
        assert read.triangles.max(initial=0) < read.points.shape[1]
    except DfeError as error:
        said = str(error)
    assert "\n" not in said
    assert not said or name in said
