"""A moving face as a sequence of points, with or without triangles between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray, FloatArray, IntArray
from dfe.space.recipe import Unit

FARTHEST = 1e7
"""No coordinate lies farther from zero than this, in any unit."""


@dataclass(frozen=True, eq=False)
class MeshSequence:
    """Frames of V points each.

    Args:
        name: of the file or folder.
        points: ``(T, V, 3)`` float32; NaN where a point is missing.
        triangles: ``(F, 3)`` int32; empty for points.
        frame: ``(T,)`` numbers of the frames, rising; they may have holes.
        time_s: ``(T,)`` seconds from the start; None where the file tells no time.
        unit: of the points, where the file's kind says it.
        sources: ``T`` names of the frames' files; None: the name of the sequence.
        warnings: one line each, for the user.
        repaired: the times were put right.

    Raises:
        TableError: no frame, fewer than three points, coordinates out of all range, or triangles of other points.
    """

    name: str
    points: FloatArray
    triangles: NDArray[np.int32]
    frame: IntArray
    time_s: DoubleArray | None = None
    unit: Unit | None = None
    sources: tuple[str, ...] | None = None
    warnings: tuple[str, ...] = ()
    repaired: bool = False

    def __post_init__(self) -> None:
        if self.points.ndim != 3 or self.points.shape[2] != 3:
            raise TableError(f"points of shape {self.points.shape}, not (frames, points, 3)", where=self.name)
        if not len(self.points) or self.points.shape[1] < 3:
            raise TableError(
                f"{len(self.points)} frames of {self.points.shape[1]} points: too few for a face", where=self.name
            )
        with np.errstate(invalid="ignore"):
            far = np.flatnonzero((np.abs(self.points) > FARTHEST).any(axis=(1, 2)))
        if len(far):
            where = f"{self.name}, frame {self.frame[far[0]]}"
            raise TableError(f"a coordinate lies farther than {FARTHEST:g} from zero: damaged?", where=where)
        check_triangles(self.triangles, self.points.shape[1], self.name)


def check_triangles(triangles: NDArray[np.integer], count: int, where: str) -> None:
    """Refuse triangles of points that are not there.

    Raises:
        TableError: there is one.
    """
    if triangles.ndim != 2 or triangles.shape[1] != 3:
        raise TableError(f"triangles of shape {triangles.shape}, not (F, 3)", where=where)
    if triangles.size and not 0 <= triangles.min() <= triangles.max() < count:
        raise TableError(f"a triangle names a point that is none of the {count}", where=where)


def fans(polygons: list[NDArray[np.int64]]) -> NDArray[np.int32]:
    """Polygons, each ``(k,)`` indices, cut into triangles ``(F, 3)`` from their first corners."""
    triangles = [(p[0], p[i], p[i + 1]) for p in polygons for i in range(1, len(p) - 1)]
    return np.array(triangles, np.int32).reshape(-1, 3)


def regular_fans(polygons: NDArray[np.integer]) -> NDArray[np.int32]:
    """As :func:`fans`, of polygons ``(n, k)`` that all have k corners."""
    k = polygons.shape[1]
    corners = [polygons[:, [0, i, i + 1]] for i in range(1, k - 1)]
    if not corners:
        return np.zeros((0, 3), np.int32)
    return np.stack(corners, axis=1).reshape(-1, 3).astype(np.int32)
