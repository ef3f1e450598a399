"""Learned spaces on disk: a folder with ``space.safetensors`` (arrays) and ``space.json`` (everything else)."""

from __future__ import annotations

import hashlib
import json
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as save_arrays

from dfe.base.errors import ModelError, OutputError, UsageError
from dfe.base.files import replacing
from dfe.base.json_objects import read_object
from dfe.base.tensors import read_tensors
from dfe.space.base import FaceMesh
from dfe.space.learned import PREFIX, LearnedSpace
from dfe.space.recipe import Recipe

ARRAYS, FIELDS = "space.safetensors", "space.json"
FORMAT_VERSION = 1

_MAX_ARRAYS_BYTES = 2**31
_DAMAGED = "take a fresh copy of the space, or learn it anew"


class SpaceFiles(NamedTuple):
    """What the two files hold."""

    arrays: bytes
    fields: bytes


def space_files(space: LearnedSpace) -> SpaceFiles:
    """The contents of a learned space's two files."""
    arrays: dict[str, NDArray[Any]] = {
        "basis_mm": space.basis.astype(np.float32),
        "lower": space.lower.astype(np.float32),
        "triangles": space.mesh.triangles.astype(np.int32),
        "upper": space.upper.astype(np.float32),
        "vertices_mm": space.mesh.vertices_mm.astype(np.float32),
    }
    data = save_arrays(arrays)
    fields = {
        "format_version": FORMAT_VERSION,
        "id": space.id,
        "version": space.version,
        "names": list(space.names),
        "recipe": space.recipe.to_json(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "hash": space.hash,
    }
    return SpaceFiles(data, (json.dumps(fields, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def save_space(space: LearnedSpace, folder: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a learned space's two files into a folder, both or none, and return the folder.

    Raises:
        OutputError: the folder holds a space already, or cannot be written.
    """
    folder = Path(folder)
    if not overwrite and (folder / FIELDS).exists():
        raise OutputError("holds a space already", where=folder, advice="choose another folder or overwrite it")
    files = space_files(space)
    with replacing(folder / ARRAYS, folder / FIELDS, overwrite=True) as (arrays, fields):
        arrays.write(files.arrays)
        fields.write(files.fields)
    return folder


def holds_space(folder: str | PathLike[str]) -> bool:
    """Whether the folder (or the ``space.json`` in it) is named that holds a learned space."""
    try:
        return _folder(folder).joinpath(FIELDS).is_file()
    except (OSError, ValueError):
        return False


def read_space(folder: str | PathLike[str]) -> LearnedSpace:
    """The learned space in a folder (or whose ``space.json`` is named).

    Raises:
        ModelError: a file is missing, damaged, changed or of another format.
    """
    folder = _folder(folder)
    path = folder / FIELDS
    values = _fields(path)
    arrays = _arrays(folder / ARRAYS, values["sha256"])
    try:
        recipe = Recipe.from_json(values["recipe"])
    except ModelError as error:
        raise ModelError(error.what, where=path, advice=_DAMAGED) from None
    count = len(arrays["vertices_mm"])
    d = len(values["names"])
    try:
        space = LearnedSpace(
            id=values["id"],
            version=values["version"],
            names=tuple(values["names"]),
            lower=arrays["lower"],
            upper=arrays["upper"],
            mesh=FaceMesh(
                arrays["vertices_mm"],
                arrays["triangles"],
                np.arange(count, dtype=np.int32),
                ("face",),
                np.zeros(count, np.int8),
            ),
            basis=arrays["basis_mm"],
            partner=np.arange(d, dtype=np.int32),
            regions={"face": tuple(range(d))},
            flips=False,
            recipe=recipe,
        )
    except UsageError as error:
        raise ModelError(error.what, where=folder / ARRAYS, advice=_DAMAGED) from None
    if max(recipe.rigid, default=0) >= count:
        raise ModelError(f"its recipe names a point that its {count} points do not have", where=path, advice=_DAMAGED)
    if space.hash != values["hash"]:
        raise ModelError("its fields do not match its hash: the file was changed", where=path, advice=_DAMAGED)
    return space


def _folder(name: str | PathLike[str]) -> Path:
    path = Path(name)
    return path.parent if path.name in (ARRAYS, FIELDS) else path


def _fields(path: Path) -> dict[str, Any]:
    absent = "is missing: this folder holds no learned space"
    values = read_object(path, "learned space", absent=absent, advice=_DAMAGED)
    version = values.get("format_version")
    if version is None:
        raise ModelError("is no learned space (no format_version)", where=path)
    if type(version) is not int or version != FORMAT_VERSION:
        what = f"has format version {version!r}, this package reads {FORMAT_VERSION}"
        raise ModelError(what, where=path, advice="update dfe")
    for key, kind in {"id": str, "version": int, "names": list, "sha256": str, "hash": str}.items():
        if type(values.get(key)) is not kind:
            raise ModelError(f"has no proper field {key!r}", where=path, advice=_DAMAGED)
    names = values["names"]
    if not values["id"].startswith(PREFIX) or not names or any(type(name) is not str for name in names):
        raise ModelError("has no proper id and names", where=path, advice=_DAMAGED)
    if len(set(names)) < len(names):
        raise ModelError("names a coefficient twice", where=path, advice=_DAMAGED)
    return {**values, "recipe": values.get("recipe")}


def _arrays(path: Path, sha256: str) -> dict[str, NDArray[Any]]:
    arrays = read_tensors(path, sha256, most_bytes=_MAX_ARRAYS_BYTES, what="a space", advice=_DAMAGED)
    shapes = {"vertices_mm": (-1, 3), "triangles": (-1, 3), "basis_mm": (-1, -1, 3), "lower": (-1,), "upper": (-1,)}
    for key, shape in shapes.items():
        array = arrays.get(key)
        kind = np.int32 if key == "triangles" else np.float32
        if (
            array is None
            or array.dtype != kind
            or array.ndim != len(shape)
            or (shape[-1] == 3 and array.shape[-1] != 3)
        ):
            raise ModelError(f"has no proper array {key}", where=path, advice=_DAMAGED)
        if not np.isfinite(array).all():
            raise ModelError(f"array {key} holds numbers that are not finite", where=path, advice=_DAMAGED)
    triangles = arrays["triangles"]
    if triangles.size and not 0 <= triangles.min() <= triangles.max() < len(arrays["vertices_mm"]):
        raise ModelError("a triangle names a vertex that is not there", where=path, advice=_DAMAGED)
    return arrays
