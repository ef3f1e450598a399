"""Residual k-means: each level's word says what the words before it left over, in mm.

The quantiser of "Residual vector quantisation" (Chen, Guan & Wang, 2010), with a book for each level or one for all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfe.base.types import DoubleArray, FloatArray, IntArray
from dfe.baselines.additive import AdditiveCoder, mean_face
from dfe.baselines.kmeans import kmeans, nearest
from dfe.baselines.metric import MeshMetric, mesh_metric
from dfe.displays.displays import Displays
from dfe.space.base import ExpressionSpace


@dataclass(frozen=True, eq=False)
class ResidualSearch:
    """Greedy search: at each level the word that leaves least over, in mm.

    Args:
        metric: of the space.
        base: ``(D,)``.
        words: ``(K, r)`` for each level, in mm.
    """

    metric: MeshMetric
    base: FloatArray
    words: tuple[DoubleArray, ...]

    def __call__(self, x: DoubleArray) -> IntArray:
        """Codes ``(n, N)`` of expressions ``(n, D)``."""
        left = self.metric.to_mm(x - self.base)
        codes = np.empty((len(x), len(self.words)), dtype=np.int64)
        for level, words in enumerate(self.words):
            codes[:, level] = nearest(left, words)
            left = left - words[codes[:, level]]
        return codes


def residual_kmeans(train: FloatArray, space: ExpressionSpace, size: int, levels: int, seed: int = 0) -> AdditiveCoder:
    """Residual k-means with a book for each level: K words a level, none of them silent, around the mean face.

    Args:
        train: ``(n, D)`` finite expressions.
        space: of the expressions.
        size: K.
        levels: N.
        seed: of k-means.
    """
    metric, base = mesh_metric(space), mean_face(train)
    books, _ = _separate(metric.to_mm(train - base), levels, size, seed)
    directions = metric.from_mm(np.concatenate(books)).astype(np.float32)
    unit = np.arange(levels * size).reshape(levels, size)
    words = tuple(metric.to_mm(directions[level]) for level in unit)
    table = Displays.of(space, directions, unit, np.ones((levels, size), np.float32))
    return AdditiveCoder(f"residual-kmeans-{size}x{levels}", space, base, table, ResidualSearch(metric, base, words))


def residual_kmeans_shared(
    train: FloatArray, space: ExpressionSpace, size: int, levels: int, seed: int = 0
) -> AdditiveCoder:
    """Residual k-means with one book for all levels: K - 1 words and the silent code 0, around the mean face.

    The book is k-means over the residuals of all levels of separate books of K - 1 words, used greedily; code 0 is
    said where every word would leave more over than silence, with no threshold. Arguments as :func:`residual_kmeans`.
    """
    metric, base = mesh_metric(space), mean_face(train)
    _, residuals = _separate(metric.to_mm(train - base), levels, size - 1, seed)
    directions = metric.from_mm(kmeans(np.concatenate(residuals), size - 1, seed)).astype(np.float32)
    words = np.concatenate([np.zeros((1, metric.rank)), metric.to_mm(directions)])
    unit = np.tile(np.arange(-1, size - 1), (levels, 1))
    table = Displays.of(space, directions, unit, (unit >= 0).astype(np.float32))
    search = ResidualSearch(metric, base, (words,) * levels)
    return AdditiveCoder(f"residual-kmeans-shared-{size}x{levels}", space, base, table, search)


def _separate(z: DoubleArray, levels: int, size: int, seed: int) -> tuple[list[DoubleArray], list[DoubleArray]]:
    """Books ``(size, r)`` of the levels, and the rows ``(n, r)`` that each was fitted on."""
    books: list[DoubleArray] = []
    residuals = [z]
    for level in range(levels):
        books.append(kmeans(residuals[-1], size, seed + level))
        residuals.append(residuals[-1] - books[-1][nearest(residuals[-1], books[-1])])
    return books, residuals[:-1]
