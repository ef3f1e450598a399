"""Product quantisation: principal axes dealt into groups, each group with words of its own.

"Optimized Product Quantization" (Ge, He, Ke & Sun, CVPR 2013), the parametric solution of section 3.2: principal
axes in mm, dealt by balancing the products of their variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, FloatArray, IntArray
from dfe.baselines.additive import AdditiveCoder, mean_face
from dfe.baselines.kmeans import kmeans, nearest
from dfe.baselines.metric import MeshMetric, mesh_metric
from dfe.displays.displays import Displays
from dfe.space.base import ExpressionSpace

_SMALLEST_VARIANCE = 1e-9


@dataclass(frozen=True, eq=False)
class ProductSearch:
    """The nearest word of each group, in mm.

    Args:
        metric: turned to the principal axes.
        base: ``(D,)``.
        groups: coordinates of each level.
        words: ``(K, len(group))`` for each level, in mm.
    """

    metric: MeshMetric
    base: FloatArray
    groups: tuple[IntArray, ...]
    words: tuple[DoubleArray, ...]

    def __call__(self, x: DoubleArray) -> IntArray:
        """Codes ``(n, N)`` of expressions ``(n, D)``."""
        z = self.metric.to_mm(x - self.base)
        return np.stack([nearest(z[:, g], words) for g, words in zip(self.groups, self.words, strict=True)], axis=1)


def product_quantisation(
    train: FloatArray, space: ExpressionSpace, size: int, levels: int, seed: int = 0
) -> AdditiveCoder:
    """Product quantisation into N groups of K words each, none of them silent, around the mean face.

    Levels come by the variance that their group holds, so the first m codes are the best m on average over faces.

    Args:
        train: ``(n, D)`` finite expressions.
        space: of the expressions.
        size: K.
        levels: N, at most the number of coefficients.
        seed: of k-means.

    Raises:
        UsageError: more levels than mesh coordinates.
    """
    base = mean_face(train)
    metric, variance = mesh_metric(space).principal(mesh_metric(space).to_mm(train - base))
    if levels > metric.rank:
        raise UsageError(f"{metric.rank} mesh coordinates cannot be dealt into {levels} groups")
    groups = balanced_groups(variance, levels)
    z = metric.to_mm(train - base)
    directions = np.empty((levels * size, space.dimension), np.float32)
    unit = np.arange(levels * size).reshape(levels, size)
    words: list[DoubleArray] = []
    for level, group in enumerate(groups):
        centres = np.zeros((size, metric.rank))
        centres[:, group] = kmeans(z[:, group], size, seed + level)
        directions[unit[level]] = metric.from_mm(centres)
        words.append(metric.to_mm(directions[unit[level]])[:, group])
    table = Displays.of(space, directions, unit, np.ones((levels, size), np.float32))
    search = ProductSearch(metric, base, groups, tuple(words))
    return AdditiveCoder(f"product-{size}x{levels}", space, base, table, search)


def balanced_groups(variance: Sequence[float] | DoubleArray, groups: int) -> tuple[IntArray, ...]:
    """Indices of falling variances ``(r,)``, dealt so that products of variances balance; by the variance they hold.

    Each variance goes to the group with the smallest product that is not full. Variances count relative to the
    smallest one, so that no product falls when its group grows.
    """
    variance = np.maximum(np.asarray(variance, dtype=np.float64), _SMALLEST_VARIANCE)
    weight = np.log(variance / variance.min())
    room = -(-len(variance) // groups)
    dealt: list[list[int]] = [[] for _ in range(groups)]
    for i in np.argsort(-variance, kind="stable"):
        open_groups = [g for g in dealt if len(g) < room]
        min(open_groups, key=lambda g: (sum(weight[g]), len(g))).append(int(i))
    dealt.sort(key=lambda g: -variance[g].sum())
    return tuple(np.array(sorted(g)) for g in dealt)
