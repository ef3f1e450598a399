"""Mesh sequences as numpy's arrays: ``.npz`` with vertices (and faces, times), ``.npy`` with vertices alone."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.array_files import MAX_BYTES, parse_npy
from dfe.base.budget import PACKED_ARRAYS, packed_too_large, unfolds_to
from dfe.base.errors import ModelError, TableError
from dfe.base.types import DoubleArray
from dfe.frontends.meshes.sequence import MeshSequence, regular_fans

VERTICES = ("vertices", "verts", "points")
FACES = ("faces", "triangles")
TIMES = ("time_s", "times", "time", "timestamps")
RATES = ("fps", "rate", "frame_rate")

_ADVICE = "save vertices as (frames, points, 3), and faces as (F, 3)"


def read_npy(data: bytes, where: str) -> MeshSequence:
    """The sequence in an ``.npy`` file.

    Raises:
        TableError: damaged, of Python objects, or of another shape.
    """
    return _sequence(_array(data, where), None, None, where)


def read_npz(data: bytes, where: str) -> MeshSequence:
    """The sequence in an ``.npz`` file: ``vertices`` (or verts, points), and where there are any ``faces``, ``time_s``
    or ``fps``.

    Raises:
        TableError: damaged, of Python objects, without vertices, or of arrays that do not fit together.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            most = unfolds_to(len(data), MAX_BYTES, PACKED_ARRAYS)
            if sum(info.file_size for info in members.values()) > most:
                raise packed_too_large(most, where)

            def member(names: tuple[str, ...]) -> NDArray[Any] | None:
                name = next((n for n in names if n in members), None)
                return None if name is None else _array(archive.read(members[name]), f"{where}, {name}")

            vertices = member(VERTICES)
            if vertices is None:
                raise TableError("holds no array called vertices", where=where, advice=_ADVICE)
            faces, times, rate = member(FACES), member(TIMES), member(RATES)
    # zipfile raises NotImplementedError where a file is packed in a way that it does not know, and RuntimeError where
    # one is locked with a password.
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise TableError(f"is no npz file ({error})", where=where) from None
    except (ValueError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise TableError(f"is a damaged npz file ({error})", where=where) from None
    if times is None and rate is not None:
        times = _times_of(rate, len(vertices) if vertices.ndim else 0, where)
    return _sequence(vertices, faces, times, where)


def _times_of(rate: NDArray[Any], count: int, where: str) -> DoubleArray:
    if rate.size != 1 or rate.dtype.kind not in "iuf" or not 0 < float(rate.ravel()[0]) < np.inf:
        raise TableError("its rate is no number of frames per second", where=where)
    return np.arange(count) / float(rate.ravel()[0])


def _array(data: bytes, where: str) -> NDArray[Any]:
    try:
        array = parse_npy(data, where)
    except ModelError as error:
        raise TableError(f"is no array of numbers: {error.what}", where=where, advice=error.advice) from None
    if array.dtype.kind not in "iuf":
        raise TableError("is no array of numbers", where=where)
    return array


def _sequence(
    vertices: NDArray[Any], faces: NDArray[Any] | None, times: NDArray[Any] | None, where: str
) -> MeshSequence:
    if vertices.ndim != 3 or vertices.shape[2] != 3:
        raise TableError(f"vertices of shape {vertices.shape}, not (frames, points, 3)", where=where, advice=_ADVICE)
    triangles = np.zeros((0, 3), np.int32)
    if faces is not None and faces.size:
        if faces.ndim != 2 or faces.shape[1] < 3 or faces.dtype.kind == "f":
            raise TableError(f"faces of shape {faces.shape}, not (F, 3) whole numbers", where=where, advice=_ADVICE)
        if not 0 <= int(faces.min()) <= int(faces.max()) < vertices.shape[1]:
            raise TableError(f"a face names a point that is none of the {vertices.shape[1]}", where=where)
        triangles = regular_fans(faces)
    time_s = None
    if times is not None:
        if times.shape != (len(vertices),) or not np.isfinite(times).all() or (np.diff(times) < 0).any():
            raise TableError(f"its times are not {len(vertices)} numbers that rise", where=where)
        time_s = (times - times[0]).astype(np.float64) if len(times) else times.astype(np.float64)
    with np.errstate(over="ignore"):
        points = vertices.astype(np.float32)
    return MeshSequence(where, points, triangles, np.arange(len(points), dtype=np.int64), time_s)
