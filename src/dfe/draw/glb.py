"""Faces as ``.glb`` files: one mesh with morph targets, which 3-D programs show as sliders, and a movement of them.

Format: glTF 2.0 (Khronos, ISO/IEC 12113:2022), binary container. Units are metres, +x is the subject's left, +y up, and
the face looks along +z, as glTF asks of things with a front. No extensions, so that every reader can open it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.draw.render import vertex_normals

_FLOAT, _UBYTE, _USHORT, _UINT = 5126, 5121, 5123, 5125
_VERTICES, _TRIANGLES = 34962, 34963
_MM = 1e-3
STILL_MM = 0.001
"""A vertex that a target moves by no more than this is left where it is; most targets then move few vertices."""
_STILL_NORMAL = 0.01


@dataclass(frozen=True, eq=False)
class Movement:
    """Weights of the morph targets over time.

    Args:
        times_s: ``(T,)``, strictly ascending from 0 on.
        weights: ``(T, K)``; linear in between.
        name: of the animation.
    """

    times_s: NDArray[np.floating[Any]]
    weights: NDArray[np.floating[Any]]
    name: str = "recording"


def head_glb(
    vertices_mm: ArrayLike,
    triangles: NDArray[np.integer[Any]],
    targets_mm: ArrayLike,
    names: Sequence[str],
    *,
    colours: ArrayLike | None = None,
    movement: Movement | None = None,
    about: dict[str, Any] | None = None,
) -> bytes:
    """The bytes of a ``.glb`` file.

    Args:
        vertices_mm: ``(V, 3)`` of the face at rest.
        triangles: ``(F, 3)``, counter-clockwise seen from outside.
        targets_mm: ``(K, V, 3)``, how far each target at weight 1 moves each vertex. Normals are those of the moved
            face; those of several targets at once are their sum, near enough.
        names: of the targets, in ``extras.targetNames`` of the mesh, where Blender and three.js look for them.
        colours: ``(V, 4)`` linear light 0 to 1 and presence: what lies below 0.5 of it is cut off.
        movement: of the targets over time.
        about: plain JSON values, kept in ``asset.extras``.

    Raises:
        UsageError: names, targets and movement do not fit together, or times do not ascend.
    """
    points = np.asarray(vertices_mm, np.float64)
    targets = np.asarray(targets_mm, np.float64)
    if targets.shape != (len(names), *points.shape):
        raise UsageError(f"{len(names)} names do not fit morph targets of shape {targets.shape}")
    parts = _Parts()
    normals = vertex_normals(points, triangles)
    attributes = {
        "POSITION": parts.vertices(points * _MM, limits=True),
        "NORMAL": parts.vertices(normals),
    }
    if colours is not None:
        attributes["COLOR_0"] = parts.colours(np.asarray(colours, np.float64))
    primitive: dict[str, Any] = {
        "attributes": attributes,
        "indices": parts.triangles(triangles, len(points)),
        "material": 0,
    }
    if len(names):
        primitive["targets"] = [_target(parts, points, normals, triangles, moved) for moved in targets]
    mesh: dict[str, Any] = {"primitives": [primitive], "extras": {"targetNames": list(names)}}
    if len(names):
        mesh["weights"] = [0.0] * len(names)
    content: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "DFE", **({"extras": about} if about else {})},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "head"}],
        "meshes": [mesh],
        "materials": [
            {
                "name": "clay",
                "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.65},
                "alphaMode": "MASK",
            }
        ],
    }
    if movement is not None:
        content["animations"] = [_animation(parts, movement, len(names))]
    return _container(content | parts.json(), bytes(parts.data))


def _target(
    parts: _Parts,
    points: NDArray[np.float64],
    normals: NDArray[np.float64],
    triangles: NDArray[np.integer[Any]],
    moved: NDArray[np.float64],
) -> dict[str, int]:
    turned = vertex_normals(points + moved, triangles) - normals
    far = np.linalg.norm(moved, axis=1) > STILL_MM
    changed = np.flatnonzero(far | (np.linalg.norm(turned, axis=1) > _STILL_NORMAL))
    return parts.sparse(changed, {"POSITION": moved[changed] * _MM, "NORMAL": turned[changed]}, len(points))


def _animation(parts: _Parts, movement: Movement, targets: int) -> dict[str, Any]:
    times, weights = np.asarray(movement.times_s, np.float32), np.asarray(movement.weights, np.float32)
    if weights.shape != (len(times), targets) or not len(times):
        raise UsageError(f"weights of shape {weights.shape} do not fit {len(times)} times and {targets} morph targets")
    if times[0] < 0 or not (np.diff(times) > 0).all() or not np.isfinite(weights).all():
        raise UsageError("a movement needs times that ascend and weights that are numbers")
    return {
        "name": movement.name,
        "samplers": [
            {
                "input": parts.scalars(times, limits=True),
                "output": parts.scalars(weights.ravel()),
                "interpolation": "LINEAR",
            }
        ],
        "channels": [{"sampler": 0, "target": {"node": 0, "path": "weights"}}],
    }


class _Parts:
    """The buffer as it grows, with its views and accessors."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []

    def json(self) -> dict[str, Any]:
        return {"buffers": [{"byteLength": len(self.data)}], "bufferViews": self._views, "accessors": self._accessors}

    def vertices(self, rows: NDArray[np.float64], limits: bool = False) -> int:
        values = rows.astype("<f4")
        view = self._view(values.tobytes(), _VERTICES)
        return self._accessor(view, _FLOAT, "VEC3", values, limits)

    def colours(self, light: NDArray[np.float64]) -> int:
        values = np.rint(np.clip(light, 0, 1) * 255).astype(np.uint8)
        accessor = self._accessor(self._view(values.tobytes(), _VERTICES), _UBYTE, "VEC4", values)
        self._accessors[accessor]["normalized"] = True
        return accessor

    def triangles(self, triangles: NDArray[np.integer[Any]], count: int) -> int:
        kind, component = _index_type(count)
        values = triangles.astype(kind).ravel()
        return self._accessor(self._view(values.tobytes(), _TRIANGLES), component, "SCALAR", values)

    def scalars(self, values: NDArray[np.float32], limits: bool = False) -> int:
        return self._accessor(self._view(values.astype("<f4").tobytes()), _FLOAT, "SCALAR", values, limits)

    def sparse(self, where: NDArray[np.intp], rows: dict[str, NDArray[np.float64]], count: int) -> dict[str, int]:
        """Accessors of ``count`` vectors that are zero but in a few places; they share the list of the places."""
        if not len(where):
            # A list of places may not be empty: one vertex that does not move stands for none that does.
            where, rows = np.zeros(1, np.intp), {name: np.zeros((1, 3)) for name in rows}
        kind, component = _index_type(count)
        places = self._view(where.astype(kind).tobytes())
        made = {}
        for name, values in rows.items():
            fixed = values.astype("<f4")
            self._accessors.append(
                {
                    "componentType": _FLOAT,
                    "count": count,
                    "type": "VEC3",
                    "sparse": {
                        "count": len(where),
                        "indices": {"bufferView": places, "componentType": component},
                        "values": {"bufferView": self._view(fixed.tobytes())},
                    },
                }
            )
            made[name] = len(self._accessors) - 1
            if name == "POSITION":
                everywhere = fixed if len(where) == count else np.concatenate([fixed, np.zeros((1, 3), "<f4")])
                self._accessors[-1] |= _limits(everywhere)
        return made

    def _view(self, data: bytes, target: int | None = None) -> int:
        self.data += bytes(-len(self.data) % 4)
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(data)}
        self._views.append(view | ({"target": target} if target is not None else {}))
        self.data += data
        return len(self._views) - 1

    def _accessor(self, view: int, component: int, kind: str, values: NDArray[Any], limits: bool = False) -> int:
        accessor: dict[str, Any] = {"bufferView": view, "componentType": component, "count": len(values), "type": kind}
        self._accessors.append(accessor | (_limits(values) if limits else {}))
        return len(self._accessors) - 1


def _limits(values: NDArray[Any]) -> dict[str, list[float]]:
    rows = values.reshape(len(values), -1)
    return {"min": [float(v) for v in rows.min(axis=0)], "max": [float(v) for v in rows.max(axis=0)]}


def _index_type(count: int) -> tuple[str, int]:
    """The smallest type that can number so many vertices; the largest number of a type means something else."""
    return ("<u2", _USHORT) if count < 65535 else ("<u4", _UINT)


def _container(content: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    text += b" " * (-len(text) % 4)
    data += bytes(-len(data) % 4)
    length = 12 + 8 + len(text) + 8 + len(data)
    return b"".join(
        (
            struct.pack("<4sII", b"glTF", 2, length),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(data), b"BIN\0"),
            data,
        )
    )
