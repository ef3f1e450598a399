"""Coordinates in which the distance of two expressions is their error in mm on the mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray
from dfe.space.base import ExpressionSpace

_RANK = 1e-8
_COEFFICIENT_PLACES = 24
_MAP_PLACES = 22
_MM_PLACES = 20


@dataclass(frozen=True, eq=False)
class MeshMetric:
    """Linear map between differences of expressions ``(n, D)`` and mesh coordinates ``(n, r)`` in mm.

    Euclidean distance there is :meth:`~dfe.space.base.ExpressionSpace.error_mm`. r is the rank of the Gram matrix:
    combinations of coefficients that move nothing have no coordinate, and come back as zero.

    Coefficients, map and coordinates are taken to so many binary places that the products and sums of a face's size
    are exact in float64. What is computed from them then depends on no order of summation, so on no batch.
    """

    forth: DoubleArray
    """``(D, r)``, with ``forth @ forth.T`` the Gram matrix."""
    back: DoubleArray
    """``(r, D)``, with ``back @ forth`` the identity, but for rounding."""

    @property
    def rank(self) -> int:
        """Number of coordinates, r."""
        return len(self.back)

    def to_mm(self, difference: ArrayLike) -> DoubleArray:
        """Differences of expressions ``(n, D)`` to coordinates ``(n, r)``, to a millionth of a mm."""
        rows = _places(np.asarray(difference, dtype=np.float64), _COEFFICIENT_PLACES)
        return _places(rows @ self.forth, _MM_PLACES)

    def from_mm(self, z: ArrayLike) -> DoubleArray:
        """Coordinates ``(n, r)`` to the smallest differences of expressions ``(n, D)`` that have them."""
        rows: DoubleArray = np.asarray(z, dtype=np.float64) @ self.back
        return rows

    def principal(self, z: DoubleArray) -> tuple[MeshMetric, DoubleArray]:
        """The same metric turned to the principal axes of centred rows ``(n, r)``, and their variances ``(r,)``, mm².

        Axes come by falling variance; each points to where its largest coefficient grows.
        """
        values, vectors = np.linalg.eigh(z.T @ z / len(z))
        axes = vectors[:, ::-1]
        back = axes.T @ self.back
        strongest = back[np.arange(len(back)), np.abs(back).argmax(axis=1)]
        sign = np.where(strongest < 0, -1.0, 1.0)
        turned = MeshMetric(_rounded_map(self.forth @ (axes * sign)), back * sign[:, None])
        return turned, np.maximum(values[::-1], 0.0)


def mesh_metric(space: ExpressionSpace) -> MeshMetric:
    """The metric of a space's moving vertices."""
    return metric_of(space.gram)


def metric_of(gram: DoubleArray) -> MeshMetric:
    """The metric ``|d|² = d @ gram @ d`` of a Gram matrix ``(D, D)``, mm², that may lack rank.

    Raises:
        UsageError: the Gram matrix is zero.
    """
    values, vectors = np.linalg.eigh(gram)
    keep = values > max(float(values[-1]), 0.0) * _RANK
    if not keep.any():
        raise UsageError("no coefficient of this space moves the mesh, so there is nothing to measure in mm")
    roots = np.sqrt(values[keep])
    return MeshMetric(_rounded_map(vectors[:, keep] * roots), (vectors[:, keep] / roots).T)


def _rounded_map(matrix: DoubleArray) -> DoubleArray:
    _, exponent = np.frexp(np.abs(matrix).max())
    return _places(matrix, _MAP_PLACES - int(exponent))


def _places(a: DoubleArray, places: int) -> DoubleArray:
    rounded: DoubleArray = np.ldexp(np.rint(np.ldexp(a, places)), -places)
    return rounded
