"""What other tools have pickled, as plain data and numpy arrays; no code of a pickle is ever run.

Three readers, from strict to lenient: :func:`read_plain_pickle` (containers, text, numbers), :func:`read_array_pickle`
(with numpy arrays) and :func:`read_model_pickle` (with the wrappers of chumpy and scipy.sparse, opened without either
package). Everything else that a pickle names ends the reading.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.budget import LIFT, allowed
from dfe.base.errors import ModelError
from dfe.base.pickle_machine import Call, Name, Refused, follow

MAX_BYTES = 1 << 29
"""Largest file that is read, 512 MiB; a FLAME model has 53 MB."""

_MAX_MADE_BYTES = 1 << 30
_MAX_DEPTH = 64
_MAX_DIMENSIONS = 8
_NUMBERS = re.compile(r"(b1|[iu][1248]|f[248])")
_SETS = ("builtins.set", "builtins.frozenset")
_ORDERED = "collections.OrderedDict"
_RECONSTRUCT = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
_SCALAR = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")
_FROM_BUFFER = ("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer")
_NDARRAY, _DTYPE = "numpy.ndarray", "numpy.dtype"
_ENCODE, _NO_BYTES = "_codecs.encode", "builtins.bytes"
"""How Python 3 writes bytes, and no bytes, for Python 2."""
_SPARSE = re.compile(r"scipy\.sparse\.(_?\w+\.)?(csc|csr|coo)_(matrix|array)")
_DAMAGED = "get the file anew; it may be truncated or damaged"


class Content(IntEnum):
    """What may be in a pickle; each lets in what the one before does."""

    PLAIN = 0
    """Dictionaries, lists, tuples, sets, text, bytes, numbers."""
    ARRAYS = 1
    """Numpy arrays and scalars of numbers."""
    MODEL = 2
    """Arrays that chumpy or scipy.sparse have wrapped; weak references, which are dropped."""


def read_plain_pickle(path: Path) -> object:
    """A pickle that holds dictionaries, lists, tuples, sets, text, bytes and numbers only.

    Raises:
        ModelError: the file cannot be read, is too large or damaged, or names anything else.
    """
    return parse_pickle(read_bytes(path), Content.PLAIN, where=path)


def read_array_pickle(path: Path) -> object:
    """As :func:`read_plain_pickle`, with numpy arrays of numbers."""
    return parse_pickle(read_bytes(path), Content.ARRAYS, where=path)


def read_model_pickle(path: Path, keys: Sequence[str]) -> dict[str, object]:
    """Entries of a pickled dictionary, arrays of chumpy and scipy.sparse among them as dense numpy arrays.

    Args:
        path: the file.
        keys: entries that are wanted; those that are absent are left out, all others are not looked at.

    Raises:
        ModelError: as :func:`read_plain_pickle`, or it holds no dictionary.
    """
    data = read_bytes(path)
    with _naming(path):
        root = follow(data, lambda name: _content(name) is not None)
        if isinstance(root, Call) and str(root.name) == _ORDERED:
            root = dict(root.args[0] if root.args else root.items)  # type: ignore[call-overload]
        if not isinstance(root, dict):
            raise Refused("holds no dictionary")
        values = _Values()
        named = {key.decode("latin-1") if isinstance(key, bytes) else key: value for key, value in root.items()}
        return {key: values.of(named[key]) for key in keys if key in named}


def parse_pickle(data: bytes, content: Content, *, where: str | Path) -> object:
    """What a pickle in memory holds; ``where`` is named in errors.

    Raises:
        ModelError: as :func:`read_plain_pickle`.
    """

    def allows(name: Name) -> bool:
        needed = _content(name)
        return needed is not None and needed <= content

    with _naming(where):
        return _Values().of(follow(data, allows))


def parse_single_object(data: bytes, *, where: str | Path) -> object:
    """What the one entry of a pickled numpy array of objects holds; ``np.save`` writes a dictionary like that.

    Raises:
        ModelError: as :func:`read_array_pickle`, or there is not one entry.
    """
    with _naming(where):
        root = follow(data, lambda name: _content(name) in (Content.PLAIN, Content.ARRAYS))
        state = root.state if isinstance(root, Call) and str(root.name) in _RECONSTRUCT else None
        entries = state[-1] if isinstance(state, tuple) and state else None
        if not isinstance(entries, list) or len(entries) != 1:
            raise ValueError("not one object")
        return _Values().of(entries[0])


def read_bytes(path: Path) -> bytes:
    """The bytes of a file of at most :data:`MAX_BYTES`.

    Raises:
        ModelError: it cannot be read or is larger.
    """
    try:
        if path.stat().st_size > (most := allowed(MAX_BYTES)):
            advice = f"check that it is the right file; {LIFT}"
            raise ModelError(f"is larger than {most >> 20} MiB", where=path, advice=advice)
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror})", where=path) from None


@contextmanager
def _naming(where: str | Path) -> Iterator[None]:
    """What goes wrong inside becomes one line that names the file."""
    try:
        yield
    except Refused as error:
        raise ModelError(f"{error}: only data are read from pickles, never code", where=where) from None
    except (ValueError, TypeError, LookupError, ArithmeticError, MemoryError, struct.error) as error:
        what = f"is no pickle that can be read here ({type(error).__name__}: {str(error)[:200]})"
        raise ModelError(what, where=where, advice=_DAMAGED) from None


def _content(name: Name) -> Content | None:
    """How lenient a reader has to be to let a name in; None: no reader does."""
    words = str(name)
    if words in (*_SETS, _ORDERED, _ENCODE, _NO_BYTES):
        return Content.PLAIN
    if words in (*_RECONSTRUCT, *_SCALAR, *_FROM_BUFFER, _NDARRAY, _DTYPE):
        return Content.ARRAYS
    if name.module.split(".")[0] in ("chumpy", "weakref") or _SPARSE.fullmatch(words):
        return Content.MODEL
    return None


class _Values:
    """Values of what the machine has built, each made once; what refers to itself or is too much is refused."""

    def __init__(self) -> None:
        self.made: dict[int, object] = {}
        self.open: set[int] = set()
        self.left = _MAX_MADE_BYTES

    def of(self, item: object) -> object:
        if isinstance(item, str | bytes | int | float | set | frozenset | None):
            return item
        key = id(item)
        if key not in self.made:
            if key in self.open or len(self.open) >= _MAX_DEPTH:
                raise Refused("holds itself" if key in self.open else f"is nested more than {_MAX_DEPTH} deep")
            self.open.add(key)
            self.made[key] = self._make(item)
            self.open.remove(key)
        return self.made[key]

    def _make(self, item: object) -> object:
        if isinstance(item, dict):
            return {key: self.of(value) for key, value in item.items()}
        if isinstance(item, list):
            return [self.of(value) for value in item]
        if isinstance(item, tuple):
            return tuple(self.of(value) for value in item)
        if isinstance(item, Call):
            return self._call(item)
        raise Refused(f"has {item} where data should stand")

    def _call(self, call: Call) -> object:
        words = str(call.name)
        if words in _SETS:
            return self._set(call)
        if words == _ORDERED:
            pairs = self.of(call.args[0]) if call.args else []
            return dict(pairs) | {key: self.of(value) for key, value in call.items}  # type: ignore[call-overload]
        if words == _ENCODE:
            return self._bytes(call.args[0])
        if words == _NO_BYTES:
            return b""
        if words in _RECONSTRUCT or words == _NDARRAY:
            state = self._state(call, tuple)
            shape, kind, fortran, data = state[-4:]
            return self._array(shape, kind, "F" if fortran else "C", data)
        if words in _FROM_BUFFER:
            data, kind, shape, order = call.args
            return self._array(shape, kind, "F" if order == "F" else "C", data)
        if words in _SCALAR:
            return self._array((), call.args[0], "C", call.args[1]).item()
        if call.name.module.split(".")[0] == "weakref":
            return None
        if words == _DTYPE:
            return str(self._dtype(call))
        state = self._state(call, dict)
        return self._sparse(words, state) if _SPARSE.fullmatch(words) else self._chumpy(call.name, state)

    def _state(self, call: Call, kind: type[Any]) -> Any:
        if not isinstance(call.state, kind):
            raise ValueError(f"{call.name} without its contents")
        return call.state

    def _set(self, call: Call) -> object:
        values = self.of(call.args[0]) if call.args else []
        if not isinstance(values, list | tuple | set | frozenset):
            raise ValueError("a set of what is no list")
        if not all(isinstance(value, str | bytes | int | float | None) for value in values):
            raise Refused("has a set of what is neither text nor numbers")
        return frozenset(values) if call.name.name == "frozenset" else set(values)

    def _spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise Refused(f"unfolds to more than {_MAX_MADE_BYTES >> 20} MiB")

    def _bytes(self, data: object) -> bytes:
        if isinstance(data, Call) and str(data.name) in (_ENCODE, _NO_BYTES):
            data = self.of(data)
        if isinstance(data, str):
            self._spend(len(data))
            return data.encode("latin-1")
        if not isinstance(data, bytes):
            raise Refused("has an array of Python objects")
        return data

    def _dtype(self, kind: object) -> np.dtype[Any]:
        if not isinstance(kind, Call) or str(kind.name) != _DTYPE or not kind.args:
            raise ValueError("an array without a type")
        code = self._bytes(kind.args[0]).decode("latin-1") if isinstance(kind.args[0], bytes) else kind.args[0]
        if not isinstance(code, str) or not _NUMBERS.fullmatch(code):
            raise Refused(f"has an array of {str(code)[:40]!r}, not of numbers")
        order = kind.state[1] if isinstance(kind.state, tuple) and len(kind.state) > 1 else "="
        return np.dtype(code).newbyteorder(">" if order in (">", b">") else "<")

    def _array(self, shape: object, kind: object, order: str, data: object) -> NDArray[Any]:
        if not isinstance(shape, tuple) or len(shape) > _MAX_DIMENSIONS:
            raise ValueError("an array without a proper shape")
        if not all(isinstance(n, int) and n >= 0 for n in shape):
            raise ValueError("an array without a proper shape")
        dtype, content = self._dtype(kind), self._bytes(data)
        if math.prod(shape) * dtype.itemsize != len(content):
            raise ValueError(f"an array of shape {shape} in {len(content)} bytes")
        flat = np.frombuffer(content, dtype) if content else np.zeros(0, dtype)
        array: NDArray[Any] = flat.reshape(shape, order="F" if order == "F" else "C")
        return array.astype(dtype.newbyteorder("="), copy=False)

    def _numbers(self, item: object) -> NDArray[Any]:
        value = self.of(item)
        if isinstance(value, list | tuple) and all(isinstance(number, int | float) for number in value):
            value = np.array(value)
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
            raise ValueError("an array of what are no numbers")
        return value

    def _chumpy(self, name: Name, state: Mapping[object, object]) -> NDArray[Any]:
        if "x" in state:
            return self._numbers(state["x"])
        if "a" in state and "idxs" in state:
            where = self._numbers(state["idxs"])
            self._spend(8 * where.size)
            chosen: NDArray[Any] = self._numbers(state["a"]).ravel()[where.ravel()]
            shape = state.get("preferred_shape")
            return chosen if shape is None else chosen.reshape(self._shape(shape))
        raise Refused(f"computes an array by {name}, which is not known here")

    def _shape(self, shape: object) -> tuple[int, ...]:
        return tuple(int(n) for n in self._numbers(shape).ravel())

    def _sparse(self, words: str, state: Mapping[object, object]) -> NDArray[Any]:
        shape = self._shape(state["_shape"] if "_shape" in state else state["shape"])
        if len(shape) != 2 or min(shape) < 0:
            raise ValueError("a sparse matrix without a proper shape")
        self._spend(8 * shape[0] * shape[1])
        data = self._numbers(state["data"])
        if "coo" in words:
            coords = state["coords"] if "coords" in state else (state["row"], state["col"])
            if not isinstance(coords, tuple) or len(coords) != 2:
                raise ValueError("a sparse matrix whose parts do not fit")
            rows, columns = self._numbers(coords[0]), self._numbers(coords[1])
        else:
            pointer, inner = self._numbers(state["indptr"]).astype(np.int64), self._numbers(state["indices"])
            lengths = np.diff(pointer)
            if not len(pointer) or pointer[-1] != len(data) or lengths.min(initial=0) < 0 or lengths.sum() != len(data):
                raise ValueError("a sparse matrix whose parts do not fit")
            outer = np.repeat(np.arange(len(lengths)), lengths)
            rows, columns = (inner, outer) if "csc" in words else (outer, inner)
        if not len(rows) == len(columns) == len(data) or min(rows.min(initial=0), columns.min(initial=0)) < 0:
            raise ValueError("a sparse matrix whose parts do not fit")
        dense = np.zeros(shape)
        np.add.at(dense, (rows, columns), data)
        return dense
