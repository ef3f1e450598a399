"""npy and npz files: what numpy writes comes back, and no header is believed."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from dfe.base.array_files import npz_shapes, parse_npy, read_npy, read_npy_objects, read_npz
from dfe.base.errors import DfeError, ModelError

kinds = (
    st_numpy.floating_dtypes(endianness="?")
    | st_numpy.integer_dtypes(endianness="?")
    | st_numpy.unicode_string_dtypes()
)


def npy(array: np.ndarray, **options: bool) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


@settings(max_examples=80, deadline=None)
@given(
    kinds.flatmap(lambda kind: st_numpy.arrays(kind, st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0))),
    st.booleans(),
)
def test_arrays_come_back(array: np.ndarray, fortran: bool) -> None:
    read = parse_npy(npy(np.asfortranarray(array) if fortran else array), "x")
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


def test_an_npz_comes_back_without_its_objects(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, exp=np.ones((3, 50)), jaw=np.zeros((3, 3)), fps=25, bag=np.array([{}, []], object))
    read = read_npz(path)
    assert sorted(read) == ["exp", "fps", "jaw"]
    assert read["fps"] == 25
    assert list(read_npz(path, ("jaw", "none"))) == ["jaw"]
    assert npz_shapes(path) == {"exp": (3, 50), "jaw": (3, 3), "fps": ()}
    with pytest.raises(ModelError, match=r"a\.npz, bag: holds Python objects"):
        read_npz(path, ("bag",))


def test_a_dictionary_that_numpy_saved_is_read_as_data(tmp_path: Path) -> None:
    codes = {"exp": np.ones((1, 50), np.float32), "name": "x", "detail": [1, 2.5]}
    np.save(tmp_path / "d.npy", codes)
    read = read_npy_objects(tmp_path / "d.npy")
    assert isinstance(read, dict)
    np.testing.assert_array_equal(read["exp"], codes["exp"])
    assert (read["name"], read["detail"]) == ("x", [1, 2.5])
    np.save(tmp_path / "p.npy", np.arange(3))
    assert read_npy_objects(tmp_path / "p.npy").tolist() == [0, 1, 2]
    with pytest.raises(ModelError, match=r"d\.npy: holds Python objects; save plain arrays"):
        read_npy(tmp_path / "d.npy")
    np.save(tmp_path / "two.npy", np.array([{}, {}], object))
    with pytest.raises(ModelError, match="holds Python objects"):
        read_npy_objects(tmp_path / "two.npy")
    (tmp_path / "e.npy").write_bytes(npy(np.array({}), allow_pickle=True)[:128] + b"cos\nsystem\n(S'x'\ntR.")
    with pytest.raises(ModelError, match=r"e\.npy: names 'os\.system'"):
        read_npy_objects(tmp_path / "e.npy")


def _with_header(text: str, content: bytes = b"") -> bytes:
    header = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            _with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000,)}", bytes(8)),
            "needs 8000000000 bytes",
        ),
        (
            _with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes(8)),
            "needs 16 bytes, 8 are there",
        ),
        (_with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"), "no npy array"),
        (_with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 99999999999999)}"), "no npy array"),
        (_with_header("{'descr': '<f8', 'shape': (2,)}"), "no npy array"),
        (_with_header("__import__('os')"), "no npy array"),
        (_with_header("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': ()}", bytes(8)), "not numbers"),
        (_with_header("{'descr': '<M8[s]', 'fortran_order': False, 'shape': ()}", bytes(8)), "not numbers"),
        (b"\x93NUMPY\x03\x00" + bytes(100), "no npy array"),
        (npy(np.arange(3))[:-1], "are there"),
        (b"", "no npy array"),
        (b"{}", "no npy array"),
    ],
)
def test_headers_are_not_believed(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(ModelError, match=message) as caught:
        read_npy(tmp_path / "a.npy")
    assert str(caught.value).startswith(str(tmp_path / "a.npy"))


def test_a_bomb_is_not_unfolded(tmp_path: Path, monkeypatch) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("exp.npy", npy(np.zeros(100_000)))
    monkeypatch.setattr("dfe.base.array_files.MAX_BYTES", 1000)
    with pytest.raises(ModelError, match=r"bomb\.npz: unfolds to more"):
        read_npz(tmp_path / "bomb.npz")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_never_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp()
    stream = io.BytesIO()
    np.savez_compressed(stream, exp=np.arange(60.0).reshape(6, 10), fps=25.0)
    for name, good in (("n.npz", stream.getvalue()), ("n.npy", npy(np.array({"a": np.arange(4)})))):
        bad = bytearray(good)
        for _ in range(data.draw(st.integers(0, 4))):
            bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
        (folder / name).write_bytes(
            bytes(bad[: data.draw(st.integers(0, len(bad)))]) + data.draw(st.binary(max_size=3))
        )
        for read in (read_npz, npz_shapes, read_npy, read_npy_objects):
            with suppress(DfeError):
                read(folder / name)
