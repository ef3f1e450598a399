"""Pickles are read as data: what Python writes comes back, and nothing that a pickle names is ever called."""

from __future__ import annotations

import collections
import os
import pickle
import struct
import sys
import types
import weakref
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.base.errors import DfeError, ModelError
from dfe.base.pickles import Content, parse_pickle, read_array_pickle, read_model_pickle, read_plain_pickle

scalars = (
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False) | st.text() | st.binary()
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
        | st.sets(st.integers() | st.text(), max_size=4)
        | st.frozensets(st.text(), max_size=3)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(plain, st.integers(0, 5))
def test_plain_data_come_back_from_every_protocol(value: object, protocol: int) -> None:
    assert parse_pickle(pickle.dumps(value, protocol), Content.PLAIN, where="x") == value


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", ["f8", ">f4", "f2", "i8", ">u4", "b1", "i1"])
def test_arrays_come_back(kind: str, protocol: int) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "c": rng.integers(0, 2, (3, 4)).astype(kind),
        "fortran": np.asfortranarray(rng.integers(0, 100, (2, 3, 4)).astype(kind)),
        "empty": np.zeros((0, 5), kind),
        "scalar": np.array(1, kind)[()],
        "ordered": collections.OrderedDict(b=np.ones(2, kind)),
    }
    read = parse_pickle(pickle.dumps(arrays, protocol), Content.ARRAYS, where="x")
    assert isinstance(read, dict)
    for name in ("c", "fortran", "empty"):
        np.testing.assert_array_equal(read[name], arrays[name])
        assert read[name].dtype == np.dtype(kind).newbyteorder("=")
    assert read["scalar"] == 1
    np.testing.assert_array_equal(read["ordered"]["b"], np.ones(2))


def test_a_pickle_of_python_2_is_read(tmp_path: Path) -> None:
    # As the ChaLearn annotations are: byte strings of protocol 0 and 2, whose text is latin-1.
    for text in (
        b"(dp0\nS'a\\xe9b'\np1\n(dp2\nS'x.mp4'\np3\nF0.5\nss.",
        b"\x80\x02}q\x00U\x03a\xe9b}U\x05x.mp4G" + struct.pack(">d", 0.5) + b"ss.",
    ):
        (tmp_path / "a.pkl").write_bytes(text)
        assert read_plain_pickle(tmp_path / "a.pkl") == {"aéb": {"x.mp4": 0.5}} == pickle.loads(text, encoding="latin1")


class Evil:
    def __init__(self, function: object, *args: object) -> None:
        self.reduced = (function, args)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.reduced


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    ("evil", "name"),
    [
        (Evil(os.system, "touch PWNED"), f"{os.name}.system"),
        (Evil(eval, "open('PWNED', 'w')"), "builtins.eval"),
        (Evil(getattr, os, "system"), "builtins.getattr"),
        (Evil(np.load, "x"), "numpy"),
        (Evil(types.SimpleNamespace), "types.SimpleNamespace"),
    ],
    ids=["system", "eval", "getattr", "np.load", "class"],
)
def test_names_are_refused_and_never_called(evil: Evil, name: str, protocol: int, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = b"" if evil.reduced[0] is getattr else pickle.dumps({"x": evil}, protocol)
    data = data or b"cbuiltins\ngetattr\n(S'a'\nS'b'\ntR."
    (tmp_path / "evil.pkl").write_bytes(data)
    for read in (read_plain_pickle, read_array_pickle, lambda path: read_model_pickle(path, ("x",))):
        with pytest.raises(ModelError, match=rf"evil.pkl: names '.*{name}.*which is not let in.*never code") as caught:
            read(tmp_path / "evil.pkl")
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "PWNED").exists()


def test_each_reader_lets_in_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"a": np.arange(3)}))
    assert read_array_pickle(path)["a"].tolist() == [0, 1, 2]
    with pytest.raises(ModelError, match=r"names 'numpy\._?core\.multiarray\._reconstruct'"):
        read_plain_pickle(path)
    path.write_bytes(b"\x80\x02cchumpy.ch\nCh\n)\x81}U\x01xK\x05sb.")
    with pytest.raises(ModelError, match=r"names 'chumpy\.ch\.Ch'"):
        read_array_pickle(path)


def _fake_chumpy() -> dict[str, types.ModuleType]:
    class Ch:
        def __init__(self, **state: object) -> None:
            self.__dict__ = state

    modules = {name: types.ModuleType(name) for name in ("chumpy", "chumpy.ch", "chumpy.reordering")}
    for module, name in (("chumpy.ch", "Ch"), ("chumpy.reordering", "Select"), ("chumpy.ch", "MatVecMult")):
        made = type(name, (Ch,), {"__module__": module, "__qualname__": name})
        setattr(modules[module], name, made)
    return modules


def test_wrapped_arrays_are_opened_without_their_packages(tmp_path: Path, monkeypatch) -> None:
    sparse = pytest.importorskip("scipy.sparse", reason="comes with the extra study")
    modules = _fake_chumpy()
    rng = np.random.default_rng(1)
    values = rng.normal(size=(4, 3))
    matrix = sparse.random(5, 7, 0.4, random_state=0)
    with monkeypatch.context() as here:
        for name, module in modules.items():
            here.setitem(sys.modules, name, module)
        ch, select = modules["chumpy.ch"].Ch, modules["chumpy.reordering"].Select
        content = {
            "ch": ch(x=values, _dirty_vars={"x"}, _cache={1: None}),
            "select": select(a=ch(x=values), idxs=np.array([3, 0, 11, 5]), preferred_shape=(2, 2)),
            "flat": select(a=values, idxs=np.array([1, 2])),
            "odd": modules["chumpy.ch"].MatVecMult(mtx=values, vec=values),
            "csc": sparse.csc_matrix(matrix),
            "csr": sparse.csr_matrix(matrix),
            "coo": sparse.coo_matrix(matrix),
            "style": "lbs",
        }
        (tmp_path / "m.pkl").write_bytes(pickle.dumps(content, 2))
    keys = ("ch", "select", "flat", "csc", "csr", "coo", "style", "absent")
    read = read_model_pickle(tmp_path / "m.pkl", keys)
    assert sorted(read) == sorted(keys[:-1])
    assert "chumpy" not in sys.modules
    np.testing.assert_array_equal(read["ch"], values)
    np.testing.assert_array_equal(read["select"], values.ravel()[[3, 0, 11, 5]].reshape(2, 2))
    np.testing.assert_array_equal(read["flat"], values.ravel()[1:3])
    for kind in ("csc", "csr", "coo"):
        np.testing.assert_array_equal(read[kind], matrix.toarray())
    assert read["style"] == "lbs"
    with pytest.raises(ModelError, match=r"m\.pkl: computes an array by chumpy\.ch\.MatVecMult"):
        read_model_pickle(tmp_path / "m.pkl", ("odd",))


def test_weak_references_are_dropped(tmp_path: Path) -> None:
    assert weakref.WeakSet.__module__ == "_weakrefset"
    (tmp_path / "w.pkl").write_bytes(b"\x80\x02}U\x01acweakref\nref\n)Rs.")
    assert read_model_pickle(tmp_path / "w.pkl", ("a",)) == {"a": None}


def _nested(depth: int) -> bytes:
    return b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b"."


def _laughs(depth: int) -> bytes:
    """Lists of two references to the list before: 2 ** depth values when walked naively."""
    steps = b"".join(b"0(" + (b"h" + bytes([i - 1])) * 2 + b"lq" + bytes([i]) for i in range(1, depth))
    return b"\x80\x02]q\x00" + steps + b"."


HUGE = struct.pack("<Q", 1 << 62)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_nested(100_000), "nested more than"),
        (b"\x80\x02]q\x00h\x00a.", "holds itself"),
        (b"\x80\x02}q\x00U\x01ah\x00s.", "holds itself"),
        (b"\x80\x04\x8e" + HUGE + b"x.", "ends too early"),
        (b"\x80\x05\x96" + HUGE + b"x.", "ends too early"),
        (b"\x80\x02T\xff\xff\xff\xff.", "ends too early"),
        (b"\x8b\xff\xff\xff\x7f.", "32 bytes"),
        (b"I" + b"9" * 100_000 + b"\n.", "32 bytes"),
        (b"Pname\n.", "instruction b'P'"),
        (b"(ios\nsystem\n.", "instruction b'i'"),
        (b"\x82\x01.", "instruction"),
        (b"\x80\x02}(K\x01K\x02e.", "no list"),
        (b"\x80\x02]\x85]K\x01s.", "neither text nor numbers"),
        (b"\x80\x02}]K\x01s.", "neither text nor numbers"),
        (b"\x80\x02}K\x01b.", "plain data"),
        (b"\x80\x02K\x01)R.", "calls what is no name"),
        (b"\x80\x02ccopy_reg\n_reconstructor\n)R.", "object of no kind"),
        (b"\x80\x02c__builtin__\nset\n.", "where data should stand"),
        (b"\x80\x02j\xff\xff\xff\xff.", "KeyError"),
        (b"\x80\x02r\xff\xff\xff\x7f.", "IndexError"),
        (b"K\x01K\x02.", "middle of a value"),
        (b".", "middle of a value"),
        (b"", "ends too early"),
        (b"a", "IndexError"),
        (b"e", "IndexError"),
        (b"\x85.", "too few"),
    ],
)
def test_what_is_damaged_or_a_trap_ends_in_one_line(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "bad.pkl").write_bytes(data)
    with pytest.raises(ModelError, match=message) as caught:
        read_array_pickle(tmp_path / "bad.pkl")
    assert str(caught.value).startswith(str(tmp_path / "bad.pkl"))


def test_shared_parts_are_read_once(tmp_path: Path) -> None:
    value = parse_pickle(_laughs(60), Content.PLAIN, where="x")
    assert isinstance(value, list)
    assert value[0] is value[1]


def _array_call(shape: tuple[int, ...], kind: str, data: object) -> bytes:
    dtype = b"cnumpy\ndtype\nU" + bytes([len(kind)]) + kind.encode() + b"K\x00K\x01\x87R"
    numbers = b"".join(b"L%dL\n" % n for n in shape)
    body = b"U" + bytes([len(data)]) + data if isinstance(data, bytes) else b"]"
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01("
        + numbers
        + b"t"
        + dtype
        + b"\x89"
        + body
        + b"tb."
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_array_call((2,), "f8", bytes(16)), None),
        (_array_call((10**12,), "f8", bytes(16)), r"shape \(1000000000000,\) in 16 bytes"),
        (_array_call((-2, -1), "f8", bytes(16)), "proper shape"),
        (_array_call((1,) * 9, "f8", bytes(8)), "proper shape"),
        (_array_call((2,), "O8", bytes(16)), "'O8', not of numbers"),
        (_array_call((2,), "V8", bytes(16)), "'V8', not of numbers"),
        (_array_call((2,), "f8", None), "Python objects"),
        (_array_call((0, 2**62), "f8", b""), "ValueError"),
    ],
)
def test_arrays_are_checked_before_they_are_made(data: bytes, message: str | None) -> None:
    if message is None:
        np.testing.assert_array_equal(parse_pickle(data, Content.ARRAYS, where="x"), [0, 0])
        return
    with pytest.raises(ModelError, match=message):
        parse_pickle(data, Content.ARRAYS, where="x")


def test_arrays_of_objects_are_refused() -> None:
    for protocol in (2, 4, 5):
        with pytest.raises(ModelError, match=r"Python objects|not of numbers"):
            parse_pickle(pickle.dumps(np.array([{}, None]), protocol), Content.ARRAYS, where="x")


def test_a_sparse_matrix_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    def call(**state: object) -> bytes:
        return b"\x80\x02}U\x01acscipy.sparse.csc\ncsc_matrix\n)\x81" + pickle.dumps(state, 2)[2:-1] + b"bs."

    index = np.array([0, 1])
    good = {"_shape": (2, 2), "data": np.ones(2), "indices": index, "indptr": np.array([0, 1, 2])}
    for wrong in (
        {},
        {"_shape": (10**9, 10**9)},
        {"_shape": (-1, 2)},
        {"_shape": (1, 2)},
        {"indptr": np.array([0, 2**62, 2])},
        {"indptr": np.array([0, 1, 9])},
        {"indices": np.array([0, -1])},
        {"data": np.ones(3)},
    ):
        (tmp_path / "s.pkl").write_bytes(call(**(good | wrong)))
        if not wrong:
            np.testing.assert_array_equal(read_model_pickle(tmp_path / "s.pkl", ("a",))["a"], np.eye(2))
            continue
        with pytest.raises(ModelError, match=r"s\.pkl"):
            read_model_pickle(tmp_path / "s.pkl", ("a",))


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([bytes([b]) for b in range(128)]) | st.binary(max_size=3)).map(b"".join)
)
def test_noise_never_raises_anything_else(data: bytes) -> None:
    with suppress(DfeError):
        parse_pickle(data, Content.MODEL, where="noise.pkl")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2000), st.integers(0, 255), st.integers(2, 5))
def test_a_damaged_byte_never_raises_anything_else(place: int, byte: int, protocol: int) -> None:
    data = bytearray(pickle.dumps({"a": np.arange(4.0), "b": [1, {"c": (2.5, "x")}]}, protocol))
    data[place % len(data)] = byte
    with suppress(DfeError):
        parse_pickle(bytes(data), Content.MODEL, where="noise.pkl")


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(ModelError, match=r"none\.pkl: cannot be read"):
        read_plain_pickle(tmp_path / "none.pkl")
    (tmp_path / "large.pkl").write_bytes(bytes(20))
    monkeypatch.setattr("dfe.base.pickles.MAX_BYTES", 10)
    with pytest.raises(ModelError, match=r"large\.pkl: is larger"):
        read_plain_pickle(tmp_path / "large.pkl")
    monkeypatch.setattr("dfe.base.pickle_machine.MAX_STEPS", 3)
    with pytest.raises(ModelError, match="more than 3 instructions"):
        parse_pickle(pickle.dumps([1, 2, 3]), Content.PLAIN, where="x")
