"""Mesh sequences as they lie on disk: found, told apart and read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dfe.base.array_files import MAX_BYTES
from dfe.base.errors import TableError
from dfe.base.text_stream import first_bytes, whole_file
from dfe.base.types import FloatArray, Progress
from dfe.frontends.meshes.arrays import VERTICES, read_npy, read_npz
from dfe.frontends.meshes.kinect import is_kinect, read_kinect
from dfe.frontends.meshes.obj import Mesh, read_obj
from dfe.frontends.meshes.ply import read_ply
from dfe.frontends.meshes.sequence import MeshSequence

_READERS: dict[str, Callable[[bytes, str], Mesh]] = {".obj": read_obj, ".ply": read_ply}
_MAX_TEXT_BYTES = 2**30
_MAX_FRAME_BYTES = 2**29
_FIRST_BYTES = 65536
_NUMBER = re.compile(r"(.*?)(\d{1,18})(\D*)$")


def is_sequence(path: Path) -> bool:
    """Whether a folder or file is a mesh sequence, by its names and first bytes; never raises."""
    try:
        if path.is_dir():
            return any(child.suffix.lower() in _READERS for child in path.iterdir())
        name = path.name.lower()
        if name.endswith(".npz"):
            with zipfile.ZipFile(path) as archive:
                return any(member.removesuffix(".npy") in VERTICES for member in archive.namelist())
        if name.endswith(".npy"):
            with path.open("rb") as file:
                array = np.lib.format.read_magic(file), np.lib.format.read_array_header_1_0(file)
            return len(array[1][0]) == 3 and array[1][0][2] == 3
        if name.endswith((".txt", ".txt.gz", ".csv", ".csv.gz")):
            return is_kinect(first_bytes(path, _FIRST_BYTES).split(b"\n")[0])
    except Exception:  # whatever is wrong with it, it is not known to be one; reading it says what is wrong
        return False
    return False


def sequences_in(path: Path) -> list[Path]:
    """The sequences that a path names: itself, or those in a folder of them, in order of their names.

    Raises:
        TableError: there is none.
    """
    if is_sequence(path) or path.is_file():
        return [path]
    try:
        found = [child for child in sorted(path.iterdir()) if not child.name.startswith(".") and is_sequence(child)]
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from None
    if not found:
        what = "holds no mesh sequence: numbered .obj or .ply files, .npz or .npy of vertices, or Kinect points"
        raise TableError(what, where=path)
    return found


def read_sequence(path: Path, progress: Progress | None = None) -> MeshSequence:
    """Read one sequence: a folder of numbered ``.obj`` or ``.ply``, an ``.npz``, ``.npy`` or text of Kinect points.

    Raises:
        TableError: it cannot be read, or its frames do not fit together; the error names file and line or frame.
    """
    if path.is_dir():
        return _read_folder(path, progress)
    where, name = str(path), path.name.lower()
    data = whole_file(path, MAX_BYTES if name.endswith((".npz", ".npy")) else _MAX_TEXT_BYTES)
    if name.endswith(".npz"):
        return read_npz(data, where)
    if name.endswith(".npy"):
        return read_npy(data, where)
    if path.suffix.lower() in _READERS:
        mesh = _READERS[path.suffix.lower()](data, where)
        return MeshSequence(where, _points(mesh)[None], mesh.triangles, np.zeros(1, np.int64))
    if is_kinect(data[:_FIRST_BYTES].split(b"\n")[0]):
        read = read_kinect(data, where)
        return MeshSequence(
            where, read.points, np.zeros((0, 3), np.int32), np.arange(len(read.points), dtype=np.int64), read.time_s,
            unit="mm", warnings=read.warnings, repaired=read.repaired,
        )  # fmt: skip
    raise TableError("is no mesh sequence", where=path, advice="give a folder of .obj or .ply, .npz, .npy or points")


def _read_folder(folder: Path, progress: Progress | None) -> MeshSequence:
    files = _frames(folder)
    first = _frame(files[0][1])
    points = np.empty((len(files), *first.points.shape), np.float32)
    for row, (_, path) in enumerate(files):
        mesh = _frame(path) if row else first
        if len(mesh.points) != len(first.points):
            what = f"has {len(mesh.points)} vertices, {files[0][1].name} has {len(first.points)}"
            raise TableError(what, where=path, advice="give frames of one topology")
        if not np.array_equal(mesh.triangles, first.triangles):
            raise TableError(f"has other faces than {files[0][1].name}", where=path, advice="give one topology")
        points[row] = _points(mesh)
        if progress is not None:
            progress(row + 1, len(files))
    return MeshSequence(
        str(folder), points, first.triangles, np.array([number for number, _ in files], np.int64),
        sources=tuple(path.name for _, path in files),
    )  # fmt: skip


def _frames(folder: Path) -> list[tuple[int, Path]]:
    """The frames in their order, by the last number in their names."""
    try:
        files = sorted(p for p in folder.iterdir() if p.suffix.lower() in _READERS and not p.name.startswith("."))
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=folder) from None
    if not files:
        raise TableError("holds no .obj or .ply files", where=folder)
    found: dict[int, Path] = {}
    stem = None
    for path in files:
        match = _NUMBER.match(path.stem)
        if match is None:
            raise TableError("has no number that says which frame it is", where=path, advice="move it elsewhere")
        kind = (match[1], match[3], path.suffix.lower())
        if stem not in (None, kind):
            raise TableError(f"is of another sequence than {files[0].name}", where=path, advice="one folder for each")
        stem, number = kind, int(match[2])
        if number in found:
            raise TableError(f"is frame {number}, and so is {found[number].name}", where=path)
        found[number] = path
    return sorted(found.items())


def _frame(path: Path) -> Mesh:
    return _READERS[path.suffix.lower()](whole_file(path, _MAX_FRAME_BYTES), str(path))


def _points(mesh: Mesh) -> FloatArray:
    with np.errstate(over="ignore"):
        return mesh.points.astype(np.float32)
