"""FLAME's forward pass: from shape, expression and pose to vertices, by linear blend skinning.

Vertices are ``template + shape basis @ shape + expression basis @ expression``; the joints are regressed from them; the
pose adds ``pose basis @ (rotations of joints 1 to 4 - identity)``; each vertex then follows the joints by its weights.
After Li et al. 2017 (FLAME) and Loper et al. 2015 (SMPL); written anew from the formulas.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from dfe.base.types import DoubleArray
from dfe.space.flame_model import JOINTS, FlameModel
from dfe.space.rigid import rotations

_PARENTS = (-1, 0, 1, 1, 1)
_ROWS_AT_ONCE = 64


def flame_vertices(
    model: FlameModel,
    *,
    shape: ArrayLike | None = None,
    expression: ArrayLike | None = None,
    pose: ArrayLike | None = None,
    eyelids: ArrayLike | None = None,
    dtype: DTypeLike = np.float64,
) -> NDArray[np.floating[Any]]:
    """Vertices ``(n, 5023, 3)`` in mm.

    Args:
        model: the FLAME model.
        shape: ``(n, up to 300)`` identity coefficients; zero if None, as the others.
        expression: ``(n, up to 100)``.
        pose: ``(n, 15)`` axis-angle vectors in radians of root, neck, jaw, left eye and right eye.
        eyelids: ``(n, 2)``, SMIRK's, added to the posed vertices as SMIRK does; without its files they move nothing.
        dtype: of the calculation and of what it returns, float32 or float64.
    """
    given = {"shape": shape, "expression": expression, "pose": pose, "eyelids": eyelids}
    rows = {name: np.asarray(values, np.float64) for name, values in given.items() if values is not None}
    (count,) = {len(array) for array in rows.values()}
    out = np.empty((count, *model.template.shape), dtype)
    for start in range(0, len(out), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        out[part] = _skinned(model, {name: array[part] for name, array in rows.items()}, out.dtype)
    return out


def _skinned(model: FlameModel, rows: dict[str, NDArray[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
    count = len(next(iter(rows.values())))
    resting = np.broadcast_to(model.template.astype(dtype), (count, *model.template.shape)).copy()
    for name, basis in (("shape", model.shape_basis), ("expression", model.expression_basis)):
        if name in rows:
            resting += _blended(basis, rows[name], dtype)
    if "pose" in rows:
        resting = _posed(model, resting, rotations(rows["pose"].reshape(count, JOINTS, 3)), dtype)
    if "eyelids" in rows and model.eyelids is not None:
        resting += np.tensordot(rows["eyelids"].astype(dtype), model.eyelids.astype(dtype), axes=1)
    return resting


def _blended(basis: NDArray[Any], rows: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    used = basis[..., : rows.shape[1]].astype(dtype)
    return np.tensordot(rows.astype(dtype), used, axes=(1, 2))


def _posed(model: FlameModel, resting: NDArray[Any], turns: DoubleArray, dtype: np.dtype[Any]) -> NDArray[Any]:
    joints = np.einsum("jv,nvk->njk", model.joint_regressor, resting, optimize=True)
    correctives = (turns[:, 1:] - np.eye(3)).reshape(len(turns), -1)
    resting = resting + _blended(model.pose_basis, correctives, dtype)
    # A joint's frame: its rotation and place after those of its parents; then what that does to a resting point.
    turned, placed = turns.copy(), joints.copy()
    for joint, parent in enumerate(_PARENTS):
        if parent >= 0:
            turned[:, joint] = turned[:, parent] @ turns[:, joint]
            along = (joints[:, joint] - joints[:, parent])[..., None]
            placed[:, joint] = placed[:, parent] + (turned[:, parent] @ along)[..., 0]
    shift = placed - (turned @ joints[..., None])[..., 0]
    out = np.zeros_like(resting)
    for joint in range(JOINTS):
        moved = resting @ turned[:, joint].transpose(0, 2, 1).astype(dtype) + shift[:, joint, None].astype(dtype)
        out += model.weights[:, joint, None].astype(dtype) * moved
    return out
