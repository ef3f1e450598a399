"""Places of the face that groups of displays are told by, on the meshes of this package."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dfe.base.types import DoubleArray
from dfe.space.base import ExpressionSpace

POINTS_468: Mapping[str, tuple[int, ...]] = {
    "lip corner left": (291,),
    "lip corner right": (61,),
    "upper lip": (0, 269, 39),
    "upper lip edge": (13,),
    "lower lip": (17, 405, 181),
    "lower lip edge": (14,),
    "chin": (152,),
    "brow inner left": (285, 336),
    "brow inner right": (55, 107),
    "brow middle left": (334,),
    "brow middle right": (105,),
    "brow outer left": (300,),
    "brow outer right": (70,),
    "nose wing left": (358, 327),
    "nose wing right": (129, 98),
    "cheek left": (280,),
    "cheek right": (50,),
}
"""Points of MediaPipe's face mesh; left is the subject's."""

POINTS_HEAD: Mapping[str, tuple[int, ...]] = {
    "lip corner left": (2499,),
    "lip corner right": (422,),
    "upper lip": (466, 3661, 1653),
    "upper lip edge": (474,),
    "lower lip": (492, 2552, 480),
    "lower lip edge": (493,),
    "chin": (1477,),
    "brow inner left": (2301, 2323),
    "brow inner right": (209, 233),
    "brow middle left": (2321,),
    "brow middle right": (231,),
    "brow outer left": (2347,),
    "brow outer right": (261,),
    "nose wing left": (3379, 2372),
    "nose wing right": (1357, 286),
    "cheek left": (3391,),
    "cheek right": (1371,),
}
"""Vertices of the CC0 head nearest to the same points (:mod:`scripts.facemodel_head` places them on it)."""

_MESHES = {468: POINTS_468, 4610: POINTS_HEAD}


def moved_mm(space: ExpressionSpace, directions: np.ndarray) -> dict[str, DoubleArray] | None:
    """How far each place moves with each of ``U`` expressions ``(U, D)``: by name ``(U, 3)`` mm, x to the subject's
    left, y up, z forward. None where the space's mesh is none of ours.
    """
    places = _MESHES.get(len(space.mesh.vertices_mm))
    if places is None or not all(_paired(space, places, name) for name in places if name.endswith("left")):
        return None
    wanted = sorted({vertex for vertices in places.values() for vertex in vertices})
    basis = space.basis[:, wanted].astype(np.float64)
    at = {vertex: place for place, vertex in enumerate(wanted)}
    moved = np.einsum("ud,dvk->uvk", np.asarray(directions, np.float64), basis)
    return {name: moved[:, [at[v] for v in vertices]].mean(axis=1) for name, vertices in places.items()}


def _paired(space: ExpressionSpace, places: Mapping[str, tuple[int, ...]], left: str) -> bool:
    """Whether a place lies on the mesh's left side, with its partner on the right: else the mesh is another's."""
    vertices = np.array(places[left])
    partners = np.array(places[f"{left.removesuffix('left')}right"])
    return bool((space.mesh.mirror[vertices] == partners).all() and (space.mesh.vertices_mm[vertices, 0] > 0).all())
