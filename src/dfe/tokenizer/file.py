"""Tokenizers on disk: a folder with ``tokenizer.safetensors`` (arrays) and ``tokenizer.json`` (everything else).

One on a learned space has the space's own two files beside them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from safetensors.numpy import save as save_arrays

from dfe.base.errors import ModelError, OutputError
from dfe.base.files import replacing
from dfe.base.json_objects import read_object
from dfe.base.tensors import read_tensors
from dfe.quantizers.registry import quantizer_kind
from dfe.space.base import ExpressionSpace
from dfe.space.file import ARRAYS as SPACE_ARRAYS
from dfe.space.file import FIELDS as SPACE_FIELDS
from dfe.space.file import holds_space, read_space, space_files
from dfe.space.learned import PREFIX, LearnedSpace
from dfe.space.registry import load_space
from dfe.tokenizer.tokenizer import FORMAT_VERSION, NAME, Tokenizer

WEIGHTS = "tokenizer.safetensors"
METADATA = "tokenizer.json"
DEFAULT = "default"

_BUILT_IN = Path(__file__).resolve().parents[1] / "assets" / "tokenizers"
_MAX_WEIGHT_BYTES = 2**30
_NO_DEFAULT = {
    "arkit-phone/face41": "add --calibrate to map a phone's coefficients, approximately (docs/tables.md)",
}
_DAMAGED = "take a fresh copy of the tokenizer"


@dataclass(frozen=True)
class _Metadata:
    """The fields of ``tokenizer.json``, each of the type that it should have."""

    name: str
    version: str
    subject_neutral: str
    quantizer: str
    space: Mapping[str, Any]
    config: Mapping[str, Any]
    card: Mapping[str, Any]
    sha256: str
    hash: str


def load_tokenizer(
    name: str | PathLike[str] = DEFAULT,
    *,
    space: ExpressionSpace | None = None,
    flame: str | PathLike[str] | None = None,
) -> Tokenizer:
    """Open a tokenizer.

    Args:
        name: ``"default"``, the displays of the face model's space; the ``name@version`` of one that comes with the
            package, or a folder (or the ``tokenizer.json`` in it).
        space: the space it was trained in, where that is none of the package's, nor a learned one that lies beside it.
        flame: FLAME model file, for tokenizers trained on its mesh.

    Raises:
        ModelError: there is no such tokenizer, or its files are missing, damaged, of another format or another space.
    """
    folder = _locate(name)
    path = folder / METADATA
    metadata = _metadata(path)
    space = _space(metadata, path, space, flame)
    try:
        config = quantizer_kind(metadata.quantizer).read_config(metadata.config)
    except ModelError as error:
        raise ModelError(error.what, where=path, advice=_DAMAGED) from None
    weights = read_tensors(
        folder / WEIGHTS, metadata.sha256, most_bytes=_MAX_WEIGHT_BYTES, what="a tokenizer", advice=_DAMAGED
    )
    try:
        tokenizer = Tokenizer(
            name=metadata.name,
            version=metadata.version,
            space=space,
            config=config,
            weights=weights,
            subject_neutral=metadata.subject_neutral,
            card=metadata.card,
        )
    except ModelError as error:
        raise ModelError(error.what, where=folder / WEIGHTS, advice=_DAMAGED) from None
    if tokenizer.hash != metadata.hash:
        raise ModelError("its fields do not match its hash: the file was changed", where=path, advice=_DAMAGED)
    tokenizer.folder = folder
    return tokenizer


def default_ids() -> dict[str, str]:
    """The ``name@version`` of each space's default tokenizer, by the space's id; the package's own default first.

    Raises:
        ModelError: the package's list of them is missing or damaged.
    """
    path = _BUILT_IN / "default.json"
    absent = "the package has no default tokenizers"
    named = {space: str(name) for space, name in read_object(path, "list of tokenizers", absent=absent).items()}
    if not named:
        raise ModelError("names no default tokenizer", where=path, advice="install discrete-facial-encoding again")
    return named


def default_id(space: str, where: str | Path | None = None) -> str:
    """The ``name@version`` of a space's default tokenizer.

    Args:
        space: its id.
        where: what has faces in that space, for the error.

    Raises:
        ModelError: no tokenizer of the package codes that space.
    """
    name = default_ids().get(space)
    if name is None:
        what = f"the faces are in space {space}, which no tokenizer of the package codes"
        raise ModelError(
            what, where=where, advice=_NO_DEFAULT.get(space, "train one, or write no tokens (--tokenizer none)")
        )
    return name


def save_tokenizer(tokenizer: Tokenizer, folder: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a tokenizer's two files into a folder, and return the folder; those of a learned space beside them.

    Raises:
        OutputError: the folder holds a tokenizer already, or cannot be written.
        ModelError: the name or version could not be part of a folder's name.
    """
    folder = Path(folder)
    for part in (tokenizer.name, tokenizer.version):
        if not NAME.fullmatch(part):
            raise ModelError(f"{part!r} cannot name a tokenizer", advice="use letters, digits, '.', '_' and '-'")
    if not overwrite and (folder / METADATA).exists():
        raise OutputError("holds a tokenizer already", where=folder, advice="choose another folder or overwrite it")
    weights = save_arrays(dict(sorted(tokenizer.weights.items())))
    fields = tokenizer.identity() | {
        "sha256": hashlib.sha256(weights).hexdigest(),
        "hash": tokenizer.hash,
        "card": tokenizer.card,
    }
    text = json.dumps(fields, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    contents = {WEIGHTS: weights, METADATA: text.encode()}
    if isinstance(tokenizer.space, LearnedSpace):
        beside = space_files(tokenizer.space)
        contents = {SPACE_ARRAYS: beside.arrays, SPACE_FIELDS: beside.fields} | contents
    with replacing(*(folder / name for name in contents), overwrite=True) as files:
        for file, content in zip(files, contents.values(), strict=True):
            file.write(content)
    return folder


def _locate(name: str | PathLike[str]) -> Path:
    if isinstance(name, str) and name == DEFAULT:
        name = next(iter(default_ids().values()))
    path = Path(name)
    if path.name in (METADATA, WEIGHTS):
        path = path.parent
    if path.is_dir():
        return path
    if isinstance(name, str) and name.count("@") == 1:
        plain, _, version = name.partition("@")
        return _built_in(plain, version)
    raise ModelError(
        "there is no such tokenizer",
        where=path,
        advice="name a folder with a tokenizer.json in it, 'default', or name@version",
    )


def _built_in(name: str, version: str) -> Path:
    if not all(NAME.fullmatch(part) for part in (name, version)):
        raise ModelError("does not name a tokenizer and its version", where=f"{name}@{version}")
    folder = _BUILT_IN / f"{name}-{version}"
    if not folder.is_dir():
        raise ModelError("the package has no such tokenizer", where=f"{name}@{version}", advice="name its folder")
    return folder


def _metadata(path: Path) -> _Metadata:
    absent = "is missing: this folder holds no tokenizer"
    values = read_object(path, "tokenizer's metadata", absent=absent, advice=_DAMAGED)
    version = values.get("format_version")
    if version is None:
        raise ModelError("is no tokenizer's metadata (no format_version)", where=path)
    if isinstance(version, bool) or version != FORMAT_VERSION:
        raise ModelError(
            f"has format version {version!r}, this package reads {FORMAT_VERSION}", where=path, advice="update dfe"
        )
    kinds = {"name": str, "version": str, "subject_neutral": str, "quantizer": str, "sha256": str, "hash": str}
    kinds_of_tables = dict.fromkeys(("space", "config", "card"), dict)
    for key, kind in (kinds | kinds_of_tables).items():
        if not isinstance(values.get(key), kind):
            raise ModelError(f"has no proper field {key!r}", where=path, advice=_DAMAGED)
    return _Metadata(**{key: values[key] for key in kinds | kinds_of_tables})


def _space(
    metadata: _Metadata, path: Path, given: ExpressionSpace | None, flame: str | PathLike[str] | None
) -> ExpressionSpace:
    name = metadata.space.get("id")
    if not isinstance(name, str):
        raise ModelError("does not name its space", where=path, advice=_DAMAGED)
    if given is None and name.startswith(PREFIX) and holds_space(path.parent):
        given = read_space(path.parent)
    if given is None:
        try:
            given = load_space(name, int(metadata.space.get("version", 1)), flame=flame)
        except ModelError as error:
            what = f"codes a space that cannot be loaded ({error.what})"
            raise ModelError(what, where=path, advice=error.advice) from None
    if metadata.space.get("hash") != given.hash:
        raise ModelError(
            f"was made for space {name} version {metadata.space.get('version')}, not for {given.id} "
            f"version {given.version} as it is here",
            where=path,
            advice="use the version of dfe that it was made with, or train anew",
        )
    return given
