"""Saved coefficients of FLAME and of the Basel Face Model: every layout of the tools, every way to be wrong."""

from __future__ import annotations

import io
import os
import pickle
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import made_flame as made
from dfe.base.errors import DfeError, ModelError, TableError, UsageError
from dfe.frontends.registry import find_front_end, recognise
from dfe.frontends.spec import FrontEndOptions, TableReader
from dfe.frontends.tables.bfm import BFM, BfmReader
from dfe.frontends.tables.flame_parameters import FLAME_PARAMETERS, FlameParameterReader
from dfe.recording.measured import Measured
from dfe.space.flame import FlameSpace

RNG = np.random.default_rng(0)
EXP, JAW, POSE, LIDS = (RNG.normal(size=(6, d)).astype(np.float32) for d in (50, 3, 6, 2))


def read(path: Path, **options: object) -> Measured:
    return FlameParameterReader(FrontEndOptions(**options)).read(path)


def save(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)
    return path


def test_they_are_listed() -> None:
    assert find_front_end("flame-params") is FLAME_PARAMETERS
    assert find_front_end("bfm") is BFM
    for spec in (FLAME_PARAMETERS, BFM):
        assert isinstance(spec.make(FrontEndOptions()), TableReader)


@pytest.mark.parametrize(
    ("arrays", "parts", "columns"),
    [
        ({"exp": EXP}, "exp50", [EXP]),
        ({"expcode": EXP, "posecode": POSE, "shapecode": EXP}, "exp50+jaw3", [EXP, POSE[:, 3:]]),
        (
            {"expression_params": EXP, "jaw_params": JAW, "pose_params": JAW * 9, "eyelid_params": LIDS},
            "exp50+jaw3+eyelid2",
            [EXP, JAW, LIDS],
        ),
        ({"Expression": EXP[:, None], "jaw_pose": JAW[:, None]}, "exp50+jaw3", [EXP, JAW]),
        ({"psi": EXP[None], "jaw": JAW[None]}, "exp50+jaw3", [EXP, JAW]),
        ({"expr": np.tile(EXP, 2), "jaw": JAW, "eyelid": LIDS}, "exp100+jaw3", [EXP, EXP, JAW]),
        ({"exp": EXP, "full_pose": np.tile(JAW, 5) * np.repeat(np.arange(5), 3)}, "exp50+jaw3", [EXP, 2 * JAW]),
        ({"exp": EXP, "pose": (np.arange(5)[:, None] * JAW[:, None])}, "exp50+jaw3", [EXP, 2 * JAW]),
        ({"exp": EXP, "pose": JAW}, "exp50", [EXP]),
        ({"exp": np.hstack([EXP, POSE])}, "exp50+jaw3", [EXP, POSE[:, 3:]]),
        ({"exp": np.hstack([EXP, JAW])}, "exp50+jaw3", [EXP, JAW]),
        ({"exp": np.hstack([EXP, EXP, JAW])}, "exp100+jaw3", [EXP, EXP, JAW]),
    ],
)  # fmt: skip
def test_layouts(arrays: dict[str, np.ndarray], parts: str, columns: list[np.ndarray], tmp_path: Path) -> None:
    path = save(tmp_path / "clip.npz", fps=25, **arrays)
    assert recognise(path) is FLAME_PARAMETERS
    measured = read(path)
    assert (measured.space.id, measured.space.version) == (f"flame2020/{parts}", 1)
    np.testing.assert_array_equal(measured.expression, np.hstack(columns).astype(np.float32))
    np.testing.assert_allclose(measured.time_s, np.arange(6) / 25)
    assert measured.success.all()
    assert measured.about["coefficients"] == "FLAME 2020"
    assert measured.pose is None
    noted = {"exp100+jaw3": "eyelid" in arrays, "exp50": "pose" in arrays}.get(parts, False)
    assert any("left out" in note for note in measured.warnings) == noted


def test_one_dictionary_in_npy_or_pickle_and_matlab(tmp_path: Path) -> None:
    codes = {"exp": EXP, "pose": POSE, "images": ["x"], "cfg": {"fps": 30.0}}
    np.save(tmp_path / "d.npy", codes)
    (tmp_path / "d.pkl").write_bytes(pickle.dumps(codes))
    paths = [tmp_path / "d.npy", tmp_path / "d.pkl"]
    scipy_io = pytest.importorskip("scipy.io", reason="comes with the extra study")
    scipy_io.savemat(tmp_path / "d.mat", {"exp": EXP, "pose": POSE, "fps": 30.0, "more": {"exp": 1}})
    for path in (*paths, tmp_path / "d.mat"):
        measured = read(path)
        np.testing.assert_array_equal(measured.expression, np.hstack([EXP, POSE[:, 3:]]))
        np.testing.assert_allclose(measured.time_s, np.arange(6) / 30)
    (tmp_path / "bad.mat").write_bytes(b"MATLAB 5.0 MAT-file".ljust(200))
    with pytest.raises(TableError, match=r"bad\.mat: is no MATLAB file"):
        read(tmp_path / "bad.mat")


def test_a_single_array_is_read_by_its_width(tmp_path: Path) -> None:
    np.save(tmp_path / "exp.npy", EXP)
    np.save(tmp_path / "clip.npy", EXP)
    assert recognise(tmp_path / "exp.npy") is FLAME_PARAMETERS
    assert recognise(tmp_path / "clip.npy") is None  # fifty numbers a row could be anything
    for name in ("exp.npy", "clip.npy"):
        np.testing.assert_array_equal(read(tmp_path / name).expression, EXP)
    np.save(tmp_path / "one.npy", EXP[0])
    assert len(read(tmp_path / "one.npy")) == 1


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ({"timestamps": np.arange(6) / 30}, None),
        ({"time_ms": np.arange(6) * 1000 / 30}, None),
        ({"time_ms": np.arange(6) / 30}, None),
        ({"time": np.arange(6) * 1000 / 30}, None),
        ({"timestamps": 1.7e9 + np.arange(6) / 30}, None),
        ({"time": np.array([0, 1, 1, 3, 4, 5]) / 30}, "do not rise throughout: set anew at 30 frames"),
        ({"time": np.array([0, 1, np.nan, 3, 4, 5]) / 30}, "do not rise throughout: set anew at 30 frames"),
        ({"frame": np.arange(6), "fps": np.array([[30]])}, None),
        ({}, "no times and no rate"),
    ],
)
def test_times(times: dict[str, np.ndarray], message: str | None, tmp_path: Path) -> None:
    measured = read(save(tmp_path / "a.npz", exp=EXP, **times))
    expected = np.full(6, np.nan) if message and "no times" in message else np.arange(6) / 30
    np.testing.assert_allclose(measured.time_s, expected, atol=1e-6)
    assert [message in note for note in measured.warnings] == [True] if message else measured.warnings == ()
    np.testing.assert_allclose(read(tmp_path / "a.npz", rate=60).time_s, np.arange(6) / 60)


def test_rows_are_put_in_the_order_of_frames_and_faces(tmp_path: Path) -> None:
    frame, face = np.array([4, 2, 2, 9, 4, 0]), np.array([0, 1, 0, 0, 1, 0])
    path = save(tmp_path / "a.npz", exp=EXP, frame=frame, face_id=face, fps=10.0)
    measured = read(path)
    order = [5, 2, 1, 0, 4, 3]
    assert measured.frame.tolist() == [0, 2, 2, 4, 4, 9]
    assert measured.face is not None
    assert measured.face.tolist() == [0, 0, 1, 0, 1, 0]
    np.testing.assert_array_equal(measured.expression, EXP[order])
    np.testing.assert_allclose(measured.time_s, measured.frame / 10)
    with pytest.raises(TableError, match=r"a\.npz, row 4: frame 4 has face 0 twice"):
        read(save(path, exp=EXP, frame=frame, face=face * 0 + (frame == 2) * face))


def test_rows_without_numbers_are_failures(tmp_path: Path) -> None:
    exp, jaw = EXP.copy(), JAW.astype(np.float64)
    exp[1], exp[4, 7], jaw[2, 1] = np.nan, np.inf, 1e300
    exp[5], jaw[5] = 0, 0
    measured = read(save(tmp_path / "a.npz", exp=exp, jaw=jaw, fps=25, valid=[1, 1, 1, 0, 1, 1]))
    assert measured.success.tolist() == [True, False, False, False, False, True]
    assert np.isnan(measured.expression[1:5]).all()
    assert [reason and reason[:8] for reason in measured.reason] == [
        None,
        "no coeff",
        "no coeff",
        "marked a",
        "no coeff",
        None,
    ]
    assert any("1 rows are all 0" in note for note in measured.warnings)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"verts": EXP}, "holds no array of FLAME's expression coefficients; name the array exp"),
        ({"exp": EXP[:, :10]}, "exp has 10 numbers a row; 50 or 100 expression components"),
        ({"exp": EXP.repeat(9, axis=0)[:50, :6]}, "exp has 6 numbers a row; transpose it"),
        ({"exp": np.hstack([EXP, EXP[:, :5]])}, "exp has 55 numbers a row"),
        ({"exp": EXP, "jaw": JAW[:5]}, r"jaw has shape \(5, 3\), not 3 numbers for each of 6 rows"),
        ({"exp": EXP, "jaw": JAW[:, 0]}, r"jaw has shape \(6,\)"),
        ({"exp": EXP, "pose": POSE[:5]}, r"pose has shape \(5, 6\)"),
        ({"exp": EXP, "jaw": JAW, "eyelid": LIDS[:2]}, "eyelid has shape"),
        ({"exp": EXP, "time": np.arange(5)}, r"time has shape \(5,\) for 6 rows"),
        ({"exp": EXP, "time": np.zeros(6)}, "no times that rise; give the rate"),
        ({"exp": EXP, "fps": 0}, "its rate is no number of frames per second"),
        ({"exp": EXP, "frame": [0, 1, 2, -1, 4, 5]}, "row 3: -1 is no frame number"),
        ({"exp": EXP.astype(str)}, "holds no rows of numbers"),
        ({"exp": np.zeros((0, 50))}, "holds no rows of numbers"),
        ({"exp": EXP, "flame_edition": "2021"}, "no edition of FLAME is called '2021'"),
        ({"exp": EXP, "flame_edition": "FLAME 2023 Open"}, "coefficients of FLAME 2023 Open, .*; give the FLAME file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(arrays: dict[str, np.ndarray], message: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=message) as caught:
        read(save(tmp_path / "clip.npz", **arrays))
    assert str(caught.value).startswith(str(tmp_path / "clip.npz"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "evil.pkl").write_bytes(b"cos\nsystem\n(S'touch PWNED'\ntR.")
    np.save(tmp_path / "evil.npy", np.array(os.getcwd, object))
    (tmp_path / "a.txt").write_text("0")
    (tmp_path / "empty").mkdir()
    for name, message in (
        ("evil.pkl", "names 'os.system', which is not let in"),
        ("evil.npy", "which is not let in"),
        ("a.txt", "is no file of parameters"),
        ("none.npz", "cannot be read"),
        ("empty", "holds no files of parameters"),
    ):
        with pytest.raises(TableError, match=message):
            read(tmp_path / name)
        assert not FLAME_PARAMETERS.recognises(tmp_path / name)
    with pytest.raises(TableError, match="0 is no number of frames per second"):
        read(save(tmp_path / "a.npz", exp=EXP), rate=0)
    with pytest.raises(UsageError, match="cannot be mirrored"):
        read(tmp_path / "a.npz", mirrored=True)
    with pytest.raises(UsageError, match="cannot be mirrored"):
        BfmReader(FrontEndOptions(mirrored=True))


def test_degrees_and_another_tracker_are_noticed(tmp_path: Path) -> None:
    degrees = read(save(tmp_path / "a.npz", exp=EXP, jaw=JAW * 60, fps=25))
    assert "in degrees?" in degrees.warnings[0]
    tracker = read(save(tmp_path / "b.npz", expr=np.tile(EXP, 2), jaw_pose=JAW, neck_pose=JAW, eyes_pose=POSE, fps=25))
    assert any("VHAP's are often FLAME 2023's" in note for note in tracker.warnings)


def emoca_folder(root: Path, names: list[str]) -> Path:
    for row, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for array, stem in ((EXP, "exp"), (POSE, "pose"), (EXP, "shape")):
            np.save(root / name / f"{stem}.npy", array[row])
        (root / name / "inputs.png").write_bytes(b"")
    return root


def test_a_folder_of_emocas_frames(tmp_path: Path) -> None:
    root = emoca_folder(tmp_path / "clip", ["000010_00", "000002_00", "000002_01", "000001_00"])
    (root / "notes.txt").write_text("")
    told: list[tuple[int, int | None]] = []
    measured = FlameParameterReader(FrontEndOptions(rate=25)).read(root, lambda done, total: told.append((done, total)))
    assert measured.space.id == "flame2020/exp50+jaw3"
    assert measured.frame.tolist() == [0, 1, 1, 9]
    assert measured.face is not None
    assert measured.face.tolist() == [0, 0, 1, 0]
    np.testing.assert_array_equal(measured.expression, np.hstack([EXP, POSE[:, 3:]])[[3, 1, 2, 0]])
    np.testing.assert_allclose(measured.time_s, np.array([0, 1, 1, 9]) / 25)
    assert measured.source == ["000001_00", "000002_00", "000002_01", "000010_00"]
    assert told[-1] == (4, 4)
    assert not FLAME_PARAMETERS.recognises(root)
    one = read(root / "000010_00")
    np.testing.assert_array_equal(one.expression[0, :50], EXP[0])


def test_a_folder_of_pictures_has_no_times(tmp_path: Path) -> None:
    for row, name in enumerate(["b", "a", "c10", "c9"]):
        np.savez(tmp_path / f"{name}.npz", exp=EXP[row : row + 1], jaw=JAW[row : row + 1])
    measured = read(tmp_path)
    assert measured.source == ["a.npz", "b.npz", "c9.npz", "c10.npz"]
    assert measured.frame.tolist() == [0, 1, 2, 3]
    assert np.isnan(measured.time_s).all()
    np.testing.assert_array_equal(measured.expression[:, :50], EXP[[1, 0, 3, 2]])


def test_frames_that_cannot_be_read_are_failures(tmp_path: Path) -> None:
    for row in range(4):
        np.savez(tmp_path / f"frame_{row + 5}.npz", exp=EXP[row])
    (tmp_path / "frame_6.npz").write_bytes(b"PK broken")
    np.savez(tmp_path / "frame_7.npz", exp=EXP)
    measured = read(tmp_path, rate=10)
    assert measured.frame.tolist() == [5, 6, 7, 8]
    assert measured.success.tolist() == [True, False, False, True]
    assert measured.reason[1] is not None
    assert measured.reason[1].startswith("not read: is no npz file")
    assert measured.reason[2] == "not read: holds 6 rows, not one frame"
    np.savez(tmp_path / "frame_8.npz", exp=EXP[0], jaw=JAW[0])
    with pytest.raises(TableError, match=r"frame_8\.npz: holds 2020/exp50\+jaw3, other frames hold 2020/exp50"):
        read(tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(b"PK broken")
    with pytest.raises(TableError, match=r"frame_5\.npz: is no npz file"):
        read(tmp_path)


@pytest.fixture(scope="module")
def flame_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.write_npz(tmp_path_factory.mktemp("flame") / "flame2020.npz")


def test_with_a_flame_file_errors_are_millimetres(tmp_path: Path, flame_file: Path) -> None:
    path = save(tmp_path / "a.npz", exp=EXP, jaw=JAW, eyelid=np.abs(LIDS), fps=25)
    measured = read(path, flame=flame_file)
    assert isinstance(measured.space, FlameSpace)
    assert (measured.space.id, measured.space.version) == ("flame2020/exp50+jaw3+eyelid2", 2)
    assert measured.about["flame_file"] == "flame2020.npz"
    assert measured.about["flame_edition"] == "FLAME 2020"
    assert len(str(measured.about["expression_basis_sha256"])) == 64
    assert any("eyelids move nothing" in note for note in measured.warnings)
    reader = FlameParameterReader(FrontEndOptions(flame=flame_file))
    assert reader.read(path).space is reader.read(path).space


def test_an_open_file_refuses_unless_the_table_is_of_the_same_edition(tmp_path: Path, flame_file: Path) -> None:
    open_file = flame_file.with_name("flame2023_Open.npz")
    if not open_file.exists():
        os.link(flame_file, open_file)
    with pytest.raises(
        ModelError, match=r"flame2023_Open\.npz: is FLAME 2023 Open, whose expression basis is not that of"
    ):
        read(save(tmp_path / "a.npz", exp=EXP), flame=open_file)
    own = read(save(tmp_path / "b.npz", exp=EXP, flame_edition="2023-open"), flame=open_file)
    assert own.space.id == "flame2023open/exp50"


BFM_EXP = RNG.normal(size=(5, 64)).astype(np.float32)


@pytest.mark.parametrize(
    "arrays",
    [
        {"exp": BFM_EXP, "id": np.zeros((5, 80))},
        {"coeff": np.hstack([np.ones((5, 80)), BFM_EXP, np.ones((5, 113))])},
        {"coeff_3dmm": np.hstack([BFM_EXP, np.ones((5, 9))]), "full_3dmm": np.zeros((5, 257))},
        {"coeff_3dmm": np.hstack([BFM_EXP, np.ones((5, 6))])[None]},
    ],
)
def test_coefficients_of_the_basel_face_model(arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", **arrays)
    assert recognise(path) is BFM
    measured = BfmReader(FrontEndOptions(rate=25)).read(path)
    assert (measured.space.id, measured.space.version) == ("bfm/exp64", 1)
    np.testing.assert_array_equal(measured.expression, BFM_EXP)


def test_a_folder_of_deep3dface_files(tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io", reason="comes with the extra study")
    for row in range(3):
        scipy_io.savemat(tmp_path / f"{row:06d}.mat", {"exp": BFM_EXP[[row]], "angle": np.zeros((1, 3))})
    measured = BfmReader(FrontEndOptions(rate=25)).read(tmp_path)
    np.testing.assert_array_equal(measured.expression, BFM_EXP[:3])
    with pytest.raises(TableError, match="50 numbers a row; 64, 70, 73 or 257 are read"):
        BfmReader().read(save(tmp_path / "a.npz", exp=EXP))
    with pytest.raises(TableError, match="no expression coefficients of the Basel Face Model"):
        BfmReader().read(save(tmp_path / "a.npz", verts=EXP))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_files_never_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp()
    npz, npy = io.BytesIO(), io.BytesIO()
    np.savez_compressed(npz, exp=EXP[:2], jaw=JAW[:2], time=np.arange(2.0))
    np.save(npy, np.array({"exp": EXP[:2], "pose": POSE[:2], "frame": np.arange(2)}))
    good = {".npz": npz.getvalue(), ".npy": npy.getvalue(), ".pkl": pickle.dumps({"exp": EXP[:2], "fps": 25})}
    suffix = data.draw(st.sampled_from(list(good)))
    bad = bytearray(good[suffix])
    for _ in range(data.draw(st.integers(0, 3))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    path = folder / f"fuzzed{suffix}"
    path.write_bytes(bytes(bad[: data.draw(st.integers(0, len(bad)))]) + data.draw(st.binary(max_size=4)))
    for spec in (FLAME_PARAMETERS, BFM):
        assert spec.recognises is not None
        assert spec.recognises(path) in (True, False)
        with suppress(DfeError):
            spec.make(FrontEndOptions()).read(path)  # type: ignore[union-attr]


numbers = st.sampled_from([np.nan, np.inf, -1.0, 0.0, 1.0, 3.0, 1e300, -1e9])
shapes = st.lists(st.sampled_from([0, 1, 2, 3, 5, 6, 50, 53, 100]), min_size=0, max_size=4)
names = st.sampled_from(
    ["exp", "jaw", "pose", "eyelid", "time", "time_ms", "fps", "frame", "face", "valid", "flame_edition"]
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(names, st.tuples(shapes, numbers, st.sampled_from(["f4", "f8", "i4", "u1", "U3"])), min_size=1))
def test_odd_arrays_never_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, drawn: dict) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.npz"
    with np.errstate(all="ignore"):
        arrays = {
            name: np.full(shape, value).astype(kind)
            for name, (shape, value, kind) in drawn.items()
            if np.prod(shape) < 1e5
        }
    np.savez(path, **arrays)
    with suppress(DfeError):
        measured = read(path)
        assert np.isfinite(measured.expression[measured.success]).all()
        assert np.isnan(measured.expression[~measured.success]).all()
        replace(measured)
