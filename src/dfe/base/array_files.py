"""Numpy's npy and npz files, read with their sizes checked before anything is made; no pickle inside is ever run.

``numpy.load`` trusts the shape in a file's header and makes the array first; here the header has to fit the bytes that
are there. An array of Python objects, which numpy writes as a pickle, is read as data by :mod:`dfe.base.pickles` where
the reader asks for it, and refused otherwise.
"""

from __future__ import annotations

import ast
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.budget import PACKED_ARRAYS, allowed, packed_too_large, unfolds_to
from dfe.base.errors import ModelError
from dfe.base.pickles import parse_single_object, read_bytes

MAX_BYTES = 1 << 31
"""Most bytes that the arrays of an npz file may unfold to, 2 GiB."""

_PLAIN_KINDS = "biufSU"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
    MemoryError,
)
"""What damaged archives make the standard library raise."""
_DAMAGED = "get the file anew; it may be truncated or damaged"


def read_npy(path: Path) -> NDArray[Any]:
    """The array of an npy file.

    Raises:
        ModelError: it cannot be read, is damaged, or holds Python objects.
    """
    return parse_npy(read_bytes(path), path)


def read_npy_objects(path: Path) -> object:
    """As :func:`read_npy`; of one Python object, as ``np.save`` writes a dictionary, what it holds as plain data."""
    data = read_bytes(path)
    shape, _, dtype, start = _header(data, path)
    if dtype.hasobject and math.prod(shape) == 1:
        return parse_single_object(data[start:], where=path)
    return parse_npy(data, path)


def npy_shape(path: Path) -> tuple[int, ...] | None:
    """Shape of the array of an npy file, from its header alone; None if it holds objects.

    Raises:
        ModelError: as :func:`read_npy`.
    """
    try:
        with path.open("rb") as stream:
            shape, _, dtype, _ = _header(stream.read(_HEADER_BYTES), path)
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror})", where=path) from None
    return None if dtype.hasobject else shape


def read_npz(path: Path, keys: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
    """Arrays of an npz file by name.

    Args:
        path: the file.
        keys: those that are wanted; all that hold no Python objects if None.

    Raises:
        ModelError: it cannot be read, is damaged, or unfolds to more than :data:`MAX_BYTES`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = _members(archive)
            if keys is not None:
                wanted = {key: member for key, member in wanted.items() if key in keys}
            _check_budget(wanted, path)
            arrays = {}
            for key, member in wanted.items():
                with archive.open(member) as stream:
                    data = stream.read(member.file_size + 1)
                if keys is not None or not _header(data, path)[2].hasobject:
                    arrays[key] = parse_npy(data, f"{path}, {key}")
            return arrays
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror or error})", where=path) from None
    except _BROKEN as error:
        raise ModelError(f"is no npz file ({error})", where=path, advice=_DAMAGED) from None


def check_npz(path: Path) -> None:
    """Make sure that the arrays of an npz file are as large as their headers say, and within its budget.

    Raises:
        ModelError: as :func:`read_npz`, or an array holds Python objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive)
            _check_budget(members, path)
            for key, member in members.items():
                with archive.open(member) as stream:
                    shape, _, dtype, start = _header(stream.read(_HEADER_BYTES), f"{path}, {key}")
                if dtype.hasobject:
                    what = "holds Python objects"
                    raise ModelError(what, where=f"{path}, {key}", advice="save plain arrays of numbers")
                if math.prod(shape) * dtype.itemsize + start != member.file_size:
                    raise ModelError("is not as large as its header says", where=f"{path}, {key}", advice=_DAMAGED)
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror or error})", where=path) from None
    except _BROKEN as error:
        raise ModelError(f"is no npz file ({error})", where=path, advice=_DAMAGED) from None


def npz_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays of an npz file by name, from their headers alone; those that hold objects are left out.

    Raises:
        ModelError: as :func:`read_npz`.
    """
    try:
        shapes = {}
        with zipfile.ZipFile(path) as archive:
            for key, member in _members(archive).items():
                with archive.open(member) as stream:
                    shape, _, dtype, _ = _header(stream.read(_HEADER_BYTES), path)
                if not dtype.hasobject:
                    shapes[key] = shape
        return shapes
    except (OSError, *_BROKEN) as error:
        raise ModelError(f"is no npz file ({error})", where=path, advice=_DAMAGED) from None


def _check_budget(members: Mapping[str, zipfile.ZipInfo], path: Path) -> None:
    """By the sizes that the archive's directory names; reading stops there whatever is inside."""
    most = unfolds_to(path.stat().st_size, MAX_BYTES, PACKED_ARRAYS)
    if sum(member.file_size for member in members.values()) > most:
        error = packed_too_large(most, path)
        raise ModelError(error.what, where=path, advice=error.advice)


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    # numpy stores or deflates; other compressions are not let in.
    known = [m for m in archive.infolist() if m.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]
    return {m.filename.removesuffix(".npy"): m for m in known if m.filename.endswith(".npy")}


def parse_npy(data: bytes, where: Path | str) -> NDArray[Any]:
    """The array of an npy file in memory; see :func:`read_npy`."""
    shape, fortran, dtype, start = _header(data, where)
    if dtype.hasobject or dtype.kind not in _PLAIN_KINDS:
        what = "holds Python objects" if dtype.hasobject else f"holds {dtype}, not numbers"
        raise ModelError(what, where=where, advice="save plain arrays of numbers")
    size = math.prod(shape) * dtype.itemsize
    if size != len(data) - start:
        raise ModelError(
            f"an array of shape {shape} needs {size} bytes, {len(data) - start} are there", where=where, advice=_DAMAGED
        )
    flat = np.frombuffer(data, dtype, offset=start) if size else np.zeros(math.prod(shape), dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


_MAGIC = b"\x93NUMPY"
_HEADER_BYTES = 12_000
_KIND = re.compile(r"[<>|=]?[a-zA-Z]\d{0,6}(\[\w*\])?")


def _header(data: bytes, where: Path | str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether columns come first, type, and where the entries begin; as numpy.lib.format describes them."""
    try:
        if data[:6] != _MAGIC or data[6:7] not in (b"\x01", b"\x02"):
            raise ValueError("no header of numpy's")
        start = 10 if data[6] == 1 else 12
        end = start + int.from_bytes(data[8:start], "little")
        if end > min(len(data), _HEADER_BYTES):
            raise ValueError("a header that does not end")
        # Python 2 wrote long numbers with an L behind them.
        described = ast.literal_eval(re.sub(r"(\d)L\b", r"\1", data[start:end].decode("latin-1").strip()))
        kind, fortran, shape = described["descr"], described["fortran_order"], described["shape"]
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            raise ModelError(f"holds {str(kind)[:60]}, not numbers", where=where, advice="save plain arrays of numbers")
        if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape) or len(shape) > 32:
            raise ValueError("no proper shape")
        if math.prod(n or 1 for n in shape) > allowed(MAX_BYTES):
            raise ValueError(f"shape {shape}")
        return shape, bool(fortran), np.dtype(kind), end
    except (ValueError, TypeError, LookupError, SyntaxError, MemoryError, RecursionError) as error:
        what = f"is no npy array ({type(error).__name__}: {str(error)[:120]})"
        raise ModelError(what, where=where, advice=_DAMAGED) from None
