"""The drawn head for the page's scripts: one mesh and its movements, as whole numbers in base64."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray, FloatArray
from dfe.draw.colours import heat_light
from dfe.draw.render import FACE_CAMERA
from dfe.space.base import ExpressionSpace

HEAT_COLOURS = 65

_INT16 = 32_767
_STILL_MM = 0.004
_SAME_MM = 0.02
_DIGITS = 5


def pack_head(
    space: ExpressionSpace, templates: FloatArray, neutral: FloatArray, heat_max_mm: float
) -> dict[str, Any] | None:
    """Mesh, movements and colours as plain JSON values; None where there is nothing to draw.

    The movements are the coefficients of the space where displacement is linear in them and they are fewer than the
    displays, else the displays themselves. Each is kept over the vertices that it moves by more than 4 µm, as int16
    of its own scale: an error of at most 1/65,534 of its largest displacement.

    Args:
        space: of the templates.
        templates: ``(U, D)``.
        neutral: ``(D,)``, the face that no display stands for.
        heat_max_mm: hot end of the colours.

    Returns:
        ``vertices`` (int16, ``vertexScale`` mm), ``triangles`` and ``mirror`` (uint16 or uint32), ``look`` (int8 each),
        ``movements`` (``counts``, ``index``, ``delta``, ``scale``), ``tokens`` (pairs of movement and weight for each
        display), ``rest`` (the same for the neutral), ``camera``, ``heat`` (linear light) and ``heatMax``.
    """
    space = space.drawn
    mesh = space.mesh
    if not len(mesh.triangles):
        return None
    wide = len(mesh.vertices_mm) > np.iinfo(np.uint16).max
    index: Any = np.uint32 if wide else np.uint16
    scale = float(np.abs(mesh.vertices_mm).max()) / _INT16
    movements, weights = _movements(space, templates, neutral)
    look = mesh.appearance
    return {
        "wide": wide,
        "vertices": _packed(np.rint(mesh.vertices_mm / scale), np.int16),
        "vertexScale": scale,
        "triangles": _packed(mesh.triangles, index),
        "mirror": _packed(mesh.mirror, index),
        "look": None
        if look is None
        else {
            "material": _packed(look.material, np.int8),
            "openness": _packed(look.openness, np.uint8),
            "aboveCut": _packed(look.above_cut, np.int8),
            "brow": _packed(look.brow, np.int8),
        },
        "movements": _sparse(movements, index),
        "tokens": [_pairs(row) for row in weights[:-1]],
        "rest": _pairs(weights[-1]),
        "camera": {
            "lookAt": list(FACE_CAMERA.look_at_mm),
            "distance": FACE_CAMERA.distance_mm,
            "span": FACE_CAMERA.span_mm,
        },
        "heat": np.round(heat_light(np.linspace(0, 1, HEAT_COLOURS), 1.0), _DIGITS).ravel().tolist(),
        "heatMax": heat_max_mm,
    }


def _movements(
    space: ExpressionSpace, templates: FloatArray, neutral: FloatArray
) -> tuple[DoubleArray, NDArray[np.floating[Any]]]:
    """Movements ``(M, V, 3)`` in mm, and how much of each is in every display and, last, in the neutral."""
    rows = np.vstack([templates, neutral[None]])
    moved = space.displace(rows)
    if space.dimension <= len(rows):
        basis = space.basis.astype(np.float64)
        built = np.tensordot(rows.astype(np.float64), basis, axes=1)
        if np.abs(built - moved).max() < _SAME_MM:
            return basis, rows
    return moved.astype(np.float64), np.eye(len(rows))


def _sparse(movements: DoubleArray, index: Any) -> dict[str, Any]:
    counts, places, deltas, scales = [], [], [], []
    for one in movements:
        moves = np.flatnonzero((np.abs(one) > _STILL_MM).any(axis=1))
        scale = float(np.abs(one).max()) / _INT16 or 1.0
        counts.append(len(moves))
        places.append(moves)
        deltas.append(np.rint(one[moves] / scale))
        scales.append(scale)
    return {
        "counts": counts,
        "index": _packed(np.concatenate(places), index),
        "delta": _packed(np.concatenate(deltas), np.int16),
        "scale": scales,
    }


def _pairs(weights: NDArray[np.floating[Any]]) -> list[list[float]]:
    return [[int(i), round(float(weights[i]), _DIGITS)] for i in np.flatnonzero(np.abs(weights) > 10.0**-_DIGITS)]


def _packed(values: NDArray[Any], kind: Any) -> str:
    return b64encode(np.ascontiguousarray(values, np.dtype(kind).newbyteorder("<")).tobytes()).decode()
