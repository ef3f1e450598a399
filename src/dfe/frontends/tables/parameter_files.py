"""Named arrays as model-fitting tools save them: npz, npy, mat and pickles, and folders of one of these a frame.

Names are compared without case, underscores and hyphens. Nothing is unpickled: a dictionary that ``np.save`` or pickle
wrote is read as data (:mod:`dfe.base.pickles`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.array_files import npy_shape, npz_shapes, read_npy_objects, read_npz
from dfe.base.errors import ModelError, TableError
from dfe.base.matlab_files import read_mat
from dfe.base.pickles import read_array_pickle

SUFFIXES = (".npz", ".npy", ".mat", ".pkl", ".pickle")
UNNAMED = ""
"""Name of the array of an npy file whose own name says nothing."""

Arrays = dict[str, NDArray[Any]]

_NESTED = 2


class FrameFile(NamedTuple):
    """A file, or a folder of files, that holds one frame."""

    path: Path
    frame: int
    face: int | None


def plain_name(name: str) -> str:
    """A name as it is compared: ``expCode``, ``exp_code`` and ``exp-code`` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def read_arrays(path: Path, names: Collection[str]) -> Arrays:
    """Arrays of a file by their plain names.

    Args:
        path: one of :data:`SUFFIXES`, or a folder of npy files that are named like the arrays.
        names: plain names that are wanted; an npy file of another name is :data:`UNNAMED`.

    Raises:
        TableError: it cannot be read, is damaged, or holds anything but data.
    """
    try:
        if path.is_dir():
            return _read_folder(path, names)
        suffix = path.suffix.lower()
        if suffix == ".npz":
            found: Mapping[str, object] = dict(read_npz(path).items())
        elif suffix == ".npy":
            value = read_npy_objects(path)
            own = plain_name(path.stem)
            found = value if isinstance(value, dict) else {own if own in names else UNNAMED: value}
        elif suffix == ".mat":
            found = dict(read_mat(path).items())
        elif suffix in SUFFIXES:
            value = read_array_pickle(path)
            found = value if isinstance(value, dict) else {UNNAMED: value}
        else:
            raise TableError(f"is no file of parameters ({', '.join(SUFFIXES)})", where=path)
    except ModelError as error:
        raise TableError(error.what, where=error.where, advice=error.advice) from None
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from None
    arrays: Arrays = {}
    _collect(found, names, arrays, 0)
    return arrays


def array_shapes(path: Path, names: Collection[str]) -> dict[str, tuple[int, ...]]:
    """Shapes of a file's arrays by their plain names, from its headers alone; empty if it is none of numpy's.

    Never raises: what cannot be read has no shapes.
    """
    try:
        suffix = path.suffix.lower()
        if suffix == ".npz" and path.is_file():
            return {plain_name(key): shape for key, shape in npz_shapes(path).items()}
        if suffix == ".npy" and path.is_file() and plain_name(path.stem) in names:
            shape = npy_shape(path)
            return {} if shape is None else {plain_name(path.stem): shape}
    except (ModelError, OSError):
        pass
    return {}


def frame_files(path: Path, names: Collection[str]) -> list[FrameFile]:
    """The frames of a folder that holds one file or one folder each, in the order of their numbers.

    ``000123`` and ``frame_123.npy`` are frame 123; ``000123_001``, as EMOCA's demo names them, is its second face.
    Numbers that start at 1 are counted from 0; frames whose names have no number, or the same one, are counted as they
    are sorted.

    Args:
        path: the folder.
        names: plain names of arrays; a folder of npy files named like these is one frame.

    Raises:
        TableError: it holds no such frames.
    """
    try:
        inside = sorted(path.iterdir(), key=lambda entry: _natural(entry.name))
        entries = [e for e in inside if (_is_frame(e, names) if e.is_dir() else e.suffix.lower() in SUFFIXES)]
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from None
    if not entries:
        raise TableError("holds no files of parameters", where=path, advice="name the file or the folder of frames")
    stems = [entry.name if entry.is_dir() else entry.stem for entry in entries]
    pairs = [re.fullmatch(r"(\d{1,15})_(\d{1,9})", stem) for stem in stems]
    if all(pairs):
        numbers = [(int(pair[1]), int(pair[2])) for pair in pairs if pair]
        faces: list[int | None] = [face for _, face in numbers]
        frames = [frame for frame, _ in numbers]
    else:
        last = [re.search(r"(\d{1,15})\D*$", stem) for stem in stems]
        frames = [int(found[1]) for found in last if found]
        faces = [None] * len(entries)
        if len(set(frames)) < len(entries):
            frames = list(range(len(entries)))
    first = min(frames)
    found_files = [FrameFile(e, n - (first == 1), f) for e, n, f in zip(entries, frames, faces, strict=True)]
    return sorted(found_files, key=lambda file: (file.frame, -1 if file.face is None else file.face))


def is_one_file(path: Path, names: Collection[str]) -> bool:
    """Whether a folder is a single set of arrays: npy files that are named like them.

    Raises:
        TableError: it cannot be read.
    """
    try:
        return any(entry.suffix.lower() == ".npy" and plain_name(entry.stem) in names for entry in path.iterdir())
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from None


def _is_frame(folder: Path, names: Collection[str]) -> bool:
    return any(
        entry.suffix.lower() in SUFFIXES and (entry.suffix.lower() != ".npy" or plain_name(entry.stem) in names)
        for entry in folder.iterdir()
    )


def _read_folder(path: Path, names: Collection[str]) -> Arrays:
    arrays: Arrays = {}
    for entry in sorted(path.iterdir()):
        if entry.suffix.lower() == ".npy" and plain_name(entry.stem) in names:
            arrays |= read_arrays(entry, names)
    if not arrays:
        others = [entry for entry in sorted(path.iterdir()) if entry.suffix.lower() in SUFFIXES and entry.is_file()]
        if len(others) != 1:
            raise TableError(f"holds {len(others)} files of parameters, not one", where=path)
        return read_arrays(others[0], names)
    return arrays


def _collect(found: Mapping[Any, object], names: Collection[str], arrays: Arrays, depth: int) -> None:
    for key, value in found.items():
        name = plain_name(key) if isinstance(key, str) else UNNAMED
        if isinstance(value, Mapping):
            if depth < _NESTED:
                _collect(value, names, arrays, depth + 1)
        elif name in names and name not in arrays:
            array = _as_array(value)
            if array is not None:
                arrays[name] = array


def _as_array(value: object) -> NDArray[Any] | None:
    if isinstance(value, list | tuple):
        if not all(isinstance(item, int | float | np.ndarray) for item in value):
            return None
        # Arrays of one shape, as a list of frames; what is ragged is no table.
        shapes = {np.shape(item) for item in value}
        return np.array(value) if len(shapes) == 1 else None
    if isinstance(value, str):
        return np.array(value)
    return value if isinstance(value, np.ndarray) else (np.array(value) if isinstance(value, int | float) else None)


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), part) if part.isdecimal() and len(part) < 16 else (1, 0, part) for part in parts]
