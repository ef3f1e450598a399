"""FLAME model files that the user supplies: read without chumpy or smplx, checked, and taken to millimetres.

FLAME: Li, Bolkart, Black, Li and Romero, "Learning a model of facial shape and expression from 4D scans", ACM
Transactions on Graphics 36(6), 2017. The package holds no FLAME file; see docs/flame.md for where to get one and under
which licence. Not checked on a real file, since none is at hand: the layout is that of published readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.array_files import read_npy, read_npz
from dfe.base.errors import ModelError
from dfe.base.pickles import read_bytes, read_model_pickle
from dfe.base.types import DoubleArray, FloatArray, IntArray
from dfe.space.flame_edition import ENCODERS_EDITION, find_edition

VERTICES, TRIANGLES, JOINTS = 5023, 9976, 5
SHAPES, EXPRESSIONS = 300, 100
JAW, LEFT_EYE, RIGHT_EYE = 2, 3, 4
"""Joints, in the order of the pose: root, neck, jaw, left eye, right eye."""

_SHAPES: dict[str, tuple[int, ...]] = {
    "v_template": (VERTICES, 3),
    "f": (TRIANGLES, 3),
    "shapedirs": (VERTICES, 3, SHAPES + EXPRESSIONS),
    "posedirs": (VERTICES, 3, 9 * (JOINTS - 1)),
    "J_regressor": (JOINTS, VERTICES),
    "weights": (VERTICES, JOINTS),
    "kintree_table": (2, JOINTS),
}
_METRE_MM = 1000.0
_HEAD_M = (0.1, 1.0)
_STILL_MM = 1e-6
_STILL_SHARE = 0.05
_WEIGHT_SLACK = 1e-2
_PARENTS = (-1, 0, 1, 1, 1)
_NOT_FLAME = "give the model file of FLAME (generic_model.pkl, flame2023.pkl, ...) or an npz of the same arrays"


@dataclass(frozen=True, eq=False)
class FlameModel:
    """A FLAME model in millimetres; +x is the subject's left, +y up, +z out of the face.

    Args:
        name: of the file.
        sha256: of the file.
        edition: one of :data:`~dfe.space.flame_edition.EDITIONS`.
        expression_sha256: of the expression basis as float32 metres: what a coefficient means.
        template: ``(V, 3)`` float64, V = 5023.
        triangles: ``(9976, 3)`` int32.
        shape_basis: ``(V, 3, 300)`` float32, mm per unit.
        expression_basis: ``(V, 3, 100)`` float32, mm per unit.
        pose_basis: ``(V, 3, 36)`` float32, mm per unit of the entries of (rotation - identity) of joints 1 to 4.
        joint_regressor: ``(5, V)`` float64, joints from vertices.
        weights: ``(V, 5)`` float64, share of each joint in a vertex; rows sum to 1.
        eyelids: ``(2, V, 3)`` float32, mm: SMIRK's left and right eyelid shut; None where its files are not at hand.
        masks: indices of vertices by region, as FLAME_masks.pkl names them.
        notes: one line each, for the user.
    """

    name: str
    sha256: str
    edition: str
    expression_sha256: str
    template: DoubleArray
    triangles: NDArray[np.int32]
    shape_basis: FloatArray
    expression_basis: FloatArray
    pose_basis: FloatArray
    joint_regressor: DoubleArray
    weights: DoubleArray
    eyelids: FloatArray | None = None
    masks: Mapping[str, IntArray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def joints(self) -> DoubleArray:
        """``(5, 3)``: joints of the template."""
        return self.joint_regressor @ self.template


def read_flame(path: Path | str, edition: str | None = None, masks: Path | str | None = None) -> FlameModel:
    """A FLAME model from its file.

    SMIRK's eyelids (``l_eyelid.npy`` and ``r_eyelid.npy``) and the vertex masks (``FLAME_masks.pkl``) are taken along
    where they lie in the same folder.

    Args:
        path: the model, ``.pkl`` as published (also of Python 2, with chumpy and scipy.sparse inside) or ``.npz`` of
            the same arrays under the same names, in metres.
        edition: which edition it is, where neither its contents nor its name tell; see
            :mod:`dfe.space.flame_edition`.
        masks: another place of the masks.

    Raises:
        ModelError: a file cannot be read, is no FLAME model, holds anything but data, or its edition cannot be told.
        UsageError: no such edition.
    """
    path = Path(path)
    if path.is_dir():
        raise ModelError("is a folder", where=path, advice="give the model file in it")
    arrays = _arrays(path)
    sha256 = hashlib.sha256(read_bytes(path)).hexdigest()
    found = find_edition(path, sha256, edition)
    template = _METRE_MM * arrays["v_template"]
    size = np.ptp(arrays["v_template"], axis=0).max()
    if not _HEAD_M[0] < size < _HEAD_M[1]:
        raise ModelError(f"is {size:.3g} m large, which no head is", where=path, advice="give arrays in metres")
    directions = arrays["shapedirs"]
    expression = np.ascontiguousarray(directions[..., SHAPES : SHAPES + EXPRESSIONS], np.float32)
    mask_file = path.parent / "FLAME_masks.pkl" if masks is None else Path(masks)
    model = FlameModel(
        name=path.name,
        sha256=sha256,
        edition=found,
        expression_sha256=hashlib.sha256(expression.astype("<f4").tobytes()).hexdigest(),
        template=template,
        triangles=arrays["f"].astype(np.int32),
        shape_basis=(_METRE_MM * directions[..., :SHAPES]).astype(np.float32),
        expression_basis=(_METRE_MM * directions[..., SHAPES : SHAPES + EXPRESSIONS]).astype(np.float32),
        pose_basis=(_METRE_MM * arrays["posedirs"]).astype(np.float32),
        joint_regressor=arrays["J_regressor"],
        weights=arrays["weights"],
        eyelids=_eyelids(path.parent),
        masks=read_masks(mask_file) if masks is not None or mask_file.exists() else {},
    )
    return _noted(model)


def read_masks(path: Path | str) -> dict[str, IntArray]:
    """Vertices by region from ``FLAME_masks.pkl``: face, eye_region, lips, nose, forehead, scalp, neck, ...

    Raises:
        ModelError: it cannot be read or holds something else.
    """
    path = Path(path)
    content = read_model_pickle(path, _MASKS)
    masks: dict[str, IntArray] = {}
    for name, indices in content.items():
        where = np.asarray(indices)
        if (
            where.ndim != 1
            or where.dtype.kind not in "iu"
            or (len(where) and not 0 <= where.min() <= where.max() < VERTICES)
        ):
            raise ModelError(f"region {name!r} does not hold indices of vertices", where=path)
        masks[name] = np.unique(where.astype(np.int64))
    if not masks:
        raise ModelError("holds none of FLAME's regions", where=path, advice="give FLAME_masks.pkl")
    return masks


_MASKS = (
    "face",
    "eye_region",
    "left_eye_region",
    "right_eye_region",
    "lips",
    "nose",
    "forehead",
    "scalp",
    "neck",
    "boundary",
    "left_ear",
    "right_ear",
    "left_eyeball",
    "right_eyeball",
)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    if path.suffix.lower() == ".npz":
        content: Mapping[str, object] = read_npz(path, _SHAPES)
    else:
        content = read_model_pickle(path, tuple(_SHAPES))
    arrays: dict[str, NDArray[Any]] = {}
    for key, shape in _SHAPES.items():
        value = content.get(key)
        if not isinstance(value, np.ndarray):
            raise ModelError(f"has no array {key!r}", where=path, advice=_NOT_FLAME)
        if key == "shapedirs" and value.ndim == 3 and value.shape[2] > shape[2]:
            value = value[..., : shape[2]]
        if value.shape != shape:
            raise ModelError(f"{key} has shape {value.shape}, not {shape}", where=path, advice=_NOT_FLAME)
        if key in ("f", "kintree_table"):
            arrays[key] = value.astype(np.int64)
            continue
        arrays[key] = value.astype(np.float64)
        if not np.isfinite(arrays[key]).all():
            raise ModelError(f"{key} has entries that are no numbers", where=path, advice=_NOT_FLAME)
    _check(arrays, path)
    return arrays


def _check(arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    faces, weights = arrays["f"], arrays["weights"]
    if faces.min() < 0 or faces.max() >= VERTICES:
        raise ModelError("f names vertices that are not there", where=path, advice=_NOT_FLAME)
    # The root's parent is written as the largest 32-bit number, with or without a sign.
    if tuple(arrays["kintree_table"][0, 1:]) != _PARENTS[1:]:
        raise ModelError("kintree_table is not that of FLAME's five joints", where=path, advice=_NOT_FLAME)
    if weights.min() < -_WEIGHT_SLACK or np.abs(weights.sum(axis=1) - 1).max() > _WEIGHT_SLACK:
        raise ModelError("the rows of weights do not sum to 1", where=path, advice=_NOT_FLAME)


def _eyelids(folder: Path) -> FloatArray | None:
    files = [folder / "l_eyelid.npy", folder / "r_eyelid.npy"]
    if not all(file.exists() for file in files):
        return None
    both = []
    for file in files:
        lid = read_npy(file)
        if lid.shape not in ((VERTICES, 3), (1, VERTICES, 3)) or not np.isfinite(lid).all():
            raise ModelError(f"has shape {lid.shape}, not {(VERTICES, 3)}", where=file, advice="give SMIRK's eyelids")
        both.append((_METRE_MM * lid.astype(np.float64)).reshape(VERTICES, 3))
    return np.array(both, np.float32)


def _noted(model: FlameModel) -> FlameModel:
    still = ~(np.abs(model.expression_basis) > _STILL_MM).any(axis=(1, 2))
    if model.edition != ENCODERS_EDITION or still.mean() < _STILL_SHARE:
        return model
    note = (
        f"{model.name}: no expression component moves {100 * still.mean():.0f}% of the vertices, "
        "as in FLAME 2019 and before; is it really FLAME 2020?"
    )
    return FlameModel(**{**vars(model), "notes": (note,)})
