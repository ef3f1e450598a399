"""The packaged face model on disk: ``facemodel.safetensors`` (arrays) beside ``facemodel.json`` (card and the rest)."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from dfe.base.errors import ModelError
from dfe.facemodel.model import FaceModel

ARRAYS, CARD = "facemodel.safetensors", "facemodel.json"
FORMAT_VERSION = 1
HEAD_STEP_MM = 2**-10
_FOLDER = Path(__file__).resolve().parents[1] / "assets" / "facemodel"
_ADVICE = "install discrete-facial-encoding again"
_DOUBLE = (
    "mean_mm", "identity", "identity_variance", "expression", "expression_covariance", "rest_covariance",
    "turn_mean", "turn", "turn_variance", "noise_mm", "size_weights",
)  # fmt: skip
_WHOLE = {"partner": np.int32, "rigid": np.int32, "mirror": np.int32, "triangles": np.int32, "vertex_region": np.int8}


def model_files(model: FaceModel, card: dict[str, Any]) -> tuple[bytes, bytes]:
    """Contents of the two files, the arrays first.

    Args:
        model: float arrays are kept as float32, so they should hold nothing finer.
        card: on what it was learned, by whom it may be used, what it is worth.
    """
    arrays: dict[str, np.ndarray[Any, Any]] = {name: getattr(model, name).astype(np.float32) for name in _DOUBLE}
    arrays |= {name: getattr(model, name).astype(kind) for name, kind in _WHOLE.items()}
    arrays["head_basis"] = np.rint(model.head_basis / HEAD_STEP_MM).astype(np.int16)
    # safetensors writes memory as it lies, so rows must lie in order.
    data = save_arrays({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    fields = {
        "format_version": FORMAT_VERSION,
        "version": model.version,
        "names": list(model.names),
        "regions": list(model.regions),
        "sha256": hashlib.sha256(data).hexdigest(),
        "card": card,
    }
    return data, (json.dumps(fields, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


@cache
def load_model(folder: Path | None = None) -> FaceModel:
    """The face model of a folder; of the package by default. Made once, then shared.

    Raises:
        ModelError: a file is missing, damaged or of another format.
    """
    folder = folder or _FOLDER
    fields = read_card(folder)
    try:
        data = (folder / ARRAYS).read_bytes()
    except OSError as problem:
        raise ModelError("cannot be read", where=folder / ARRAYS, advice=_ADVICE) from problem
    if hashlib.sha256(data).hexdigest() != fields["sha256"]:
        raise ModelError("does not match its checksum: damaged", where=folder / ARRAYS, advice=_ADVICE)
    try:
        arrays = load_arrays(data)
        parts: dict[str, Any] = {name: arrays[name].astype(np.float64) for name in _DOUBLE}
        parts |= {name: arrays[name] for name in _WHOLE}
        parts["head_basis"] = arrays["head_basis"].astype(np.float32) * np.float32(HEAD_STEP_MM)
        names, regions = tuple(fields["names"]), tuple(fields["regions"])
        return FaceModel(version=fields["version"], names=names, regions=regions, **parts)
    except (SafetensorError, KeyError, ValueError, TypeError) as problem:
        raise ModelError("holds no whole face model", where=folder / ARRAYS, advice=_ADVICE) from problem


def read_card(folder: Path | None = None) -> dict[str, Any]:
    """Everything of a face model that is not an array; ``["card"]`` says on what it was learned.

    Raises:
        ModelError: the file is missing, damaged or of another format.
    """
    path = (folder or _FOLDER) / CARD
    try:
        fields: dict[str, Any] = json.loads(path.read_bytes())
        version = fields["format_version"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ModelError("cannot be read as a face model's card", where=path, advice=_ADVICE) from problem
    if version != FORMAT_VERSION:
        raise ModelError(
            f"has format {version!r}; this package reads {FORMAT_VERSION}", where=path, advice="update dfe"
        )
    return fields
