"""Wavefront OBJ: the vertices and faces of one frame.

Lines ``v x y z`` and ``f a/b/c ...`` (numbers from 1, or from the end where negative); all else is passed over. Source:
the format's description in "Object Files (.obj)", Wavefront Advanced Visualizer manual, appendix B1. Our own since two
kinds of line are all that is needed, and a mesh library would be the largest part of the base installation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.frontends.meshes.sequence import check_triangles, fans


class Mesh(NamedTuple):
    """One frame."""

    points: DoubleArray
    """``(V, 3)``."""
    triangles: NDArray[np.int32]
    """``(F, 3)``; empty where the file has none."""


def read_obj(data: bytes, where: str) -> Mesh:
    """The mesh in an OBJ file's bytes.

    Raises:
        TableError: no vertices, or a line that cannot be read; the error names it.
    """
    lines = data.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").splitlines()
    vertices = [(i, line) for i, line in enumerate(lines, 1) if line.lstrip()[:2] in (b"v ", b"v\t")]
    faces = [(i, line) for i, line in enumerate(lines, 1) if line.lstrip()[:2] in (b"f ", b"f\t")]
    if not vertices:
        raise TableError("holds no vertices (lines that begin with v): no OBJ file?", where=where)
    points = np.empty((len(vertices), 3))
    for row, (number, line) in enumerate(vertices):
        try:
            words = line.split()
            points[row] = float(words[1]), float(words[2]), float(words[3])
        except (ValueError, IndexError):
            raise TableError("a vertex without three coordinates", where=f"{where}, line {number}") from None
    polygons = []
    for number, line in faces:
        try:
            corners = np.array([int(word.split(b"/")[0]) for word in line.split()[1:]], np.int64)
        except (ValueError, OverflowError):
            raise TableError("a face of something else than vertices", where=f"{where}, line {number}") from None
        polygons.append(np.where(corners < 0, len(points) + corners, corners - 1))
    for (number, _), polygon in zip(faces, polygons, strict=True):
        if len(polygon) < 3 or polygon.min() < 0 or polygon.max() >= len(points):
            raise TableError(
                f"a face that is none of three or more of the {len(points)} vertices", where=f"{where}, line {number}"
            )
    triangles = fans(polygons)
    check_triangles(triangles, len(points), where)
    return Mesh(points, triangles)
