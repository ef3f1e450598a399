"""MATLAB's files: what scipy writes comes back, what is damaged ends in one line and never in a crash."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.base.errors import DfeError, ModelError
from dfe.base.matlab_files import read_mat

ARRAYS: dict[str, np.ndarray] = {
    "exp": np.random.default_rng(0).normal(size=(6, 50)),
    "single": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "small_numbers": np.array([[1.0, 2.0, 3.0]]),
    "bytes": np.array([[1, 255]], np.uint8),
    "long": np.array([[-(2**40)]], np.int64),
    "empty": np.zeros((0, 3)),
    "a_name_of_more_than_eight_letters": np.ones((1, 1)),
}


def element(kind: int, content: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def made(order: str = "<", compressed: bool = False) -> bytes:
    """A file with ``exp`` = [[1, 3], [2, 4]] as MATLAB lays it out, without any library."""
    name = struct.pack(f"{order}I", (3 << 16) | 1) + b"exp\0"
    parts = (
        element(6, struct.pack(f"{order}II", 6, 0), order) + element(5, struct.pack(f"{order}ii", 2, 2), order) + name
    )
    numbers = struct.pack(f"{order}I", (4 << 16) | 2) + bytes([1, 2, 3, 4])
    matrix = element(14, parts + numbers, order)
    if compressed:
        packed = zlib.compress(matrix)
        matrix = struct.pack(f"{order}II", 15, len(packed)) + packed
    head = b"MATLAB 5.0 MAT-file, made by hand".ljust(124) + (b"\x00\x01IM" if order == "<" else b"\x01\x00MI")
    return head + matrix


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_made_by_hand(order: str, compressed: bool, tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(made(order, compressed))
    arrays = read_mat(tmp_path / "a.mat")
    assert list(arrays) == ["exp"]
    assert arrays["exp"].dtype == np.float64
    assert arrays["exp"].tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize("compressed", [False, True])
def test_what_scipy_writes(compressed: bool, tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io", reason="comes with the extra study")
    others = {"text": "abc", "struct": {"exp": 1.0}, "cell": np.array([[1, "a"]], object), "complex": np.array([[1j]])}
    scipy_io.savemat(tmp_path / "a.mat", ARRAYS | others, do_compression=compressed, long_field_names=True)
    arrays = read_mat(tmp_path / "a.mat")
    assert sorted(arrays) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_other_versions_and_bombs(tmp_path: Path, monkeypatch) -> None:
    for data, message in (
        (b"MATLAB 7.3 MAT-file".ljust(512), "version 7.3, which is not read; save it in version 7"),
        (b"\x89HDF\r\n", "version 7.3"),
        (b"", "no MATLAB file of versions 5 to 7"),
        (made()[:-3], "ends too early"),
        (made()[:140], "ends too early|lacks a part"),
        (made().replace(struct.pack("<ii", 2, 2), struct.pack("<ii", 2, 2**30)), r"shape \(2, 1073741824\) in 4 bytes"),
        (made().replace(struct.pack("<ii", 2, 2), struct.pack("<ii", -2, -2)), r"shape \(-2, -2\)"),
    ):
        (tmp_path / "a.mat").write_bytes(data)
        with pytest.raises(ModelError, match=message) as caught:
            read_mat(tmp_path / "a.mat")
        assert str(caught.value).startswith(str(tmp_path / "a.mat"))
    bomb = zlib.compress(bytes(100_000))
    (tmp_path / "a.mat").write_bytes(made()[:128] + struct.pack("<II", 15, len(bomb)) + bomb)
    monkeypatch.setattr("dfe.base.matlab_files.MAX_BYTES", 1000)
    with pytest.raises(ModelError, match="unfolds to more than"):
        read_mat(tmp_path / "a.mat")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    bad = bytearray(made("<", data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(0, 4))):
        bad[data.draw(st.integers(100, len(bad) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "fuzzed.mat"
    path.write_bytes(bytes(bad[: data.draw(st.integers(0, len(bad)))]) + data.draw(st.binary(max_size=9)))
    with suppress(DfeError):
        read_mat(path)


def test_the_oracle_of_the_hand_made_file() -> None:
    scipy_io = pytest.importorskip("scipy.io", reason="comes with the extra study")
    assert scipy_io.loadmat(io.BytesIO(made()))["exp"].tolist() == [[1, 3], [2, 4]]
