"""How alike displays are on the mesh: cosines, mirror partners, and a tree by average linkage."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import DoubleArray, IntArray
from dfe.displays.displays import length_mm
from dfe.space.base import ExpressionSpace

PARTNER_COSINE = 0.95
"""A display is another's mirror partner if its cosine with the mirror image is at least this."""

_STILL_MM = 1e-6


class Tree(NamedTuple):
    """A binary tree over U displays, as scipy writes linkages: nodes below U are displays, the others merges."""

    merges: IntArray
    """``(U - 1, 2)``: the two nodes of each merge, the smaller number first."""
    heights: DoubleArray
    """``(U - 1,)``: mean distance 1 - |cosine| between the members of the two, never falling."""
    order: IntArray
    """``(U,)``: the leaves as they stand side by side."""


def cosines(directions: ArrayLike, others: ArrayLike, space: ExpressionSpace) -> DoubleArray:
    """Cosine of movements in mm over the moving vertices, ``(U, D)`` and ``(W, D)`` to ``(U, W)``; 0 for nothing."""
    a, b = np.asarray(directions, np.float64), np.asarray(others, np.float64)
    return np.asarray(np.clip(_unit(a, space) @ space.gram @ _unit(b, space).T, -1.0, 1.0))


def _unit(rows: DoubleArray, space: ExpressionSpace) -> DoubleArray:
    length = length_mm(rows, space)
    return np.asarray(np.where(length > _STILL_MM, 1 / np.maximum(length, _STILL_MM), 0.0)[:, None] * rows)


def mirror_partners(directions: ArrayLike, space: ExpressionSpace) -> IntArray:
    """The display nearest to the mirror image of each, ``(U,)``; itself where symmetric, -1 where none is near."""
    rows = np.asarray(directions, np.float32)
    return partners_of(cosines(space.mirror(rows), rows, space))


def partners_of(like: DoubleArray) -> IntArray:
    """:func:`mirror_partners` from the cosines ``(U, U)`` of mirror images, in rows, with the displays."""
    if not len(like):
        return np.zeros(0, np.int64)
    # One that is its own mirror image stays its own partner, however like it another one is.
    own = np.diagonal(like) >= like.max(axis=1) - 1e-9
    best = np.where(own, np.arange(len(like)), like.argmax(axis=1))
    return np.where(like.max(axis=1) >= PARTNER_COSINE, best, -1)


def similarity_tree(cosine: ArrayLike) -> Tree:
    """Tree by average linkage (UPGMA; Sokal & Michener 1958) on the distances 1 - |cosine|.

    Args:
        cosine: ``(U, U)`` symmetric.
    """
    distance = 1 - np.abs(np.asarray(cosine, np.float64))
    count = len(distance)
    node, size = np.arange(count), np.ones(count)
    np.fill_diagonal(distance, np.inf)
    merges, heights = np.zeros((max(count - 1, 0), 2), np.int64), np.zeros(max(count - 1, 0))
    for step in range(count - 1):
        i, j = divmod(int(np.argmin(distance)), count)
        merges[step] = sorted((node[i], node[j]))
        heights[step] = distance[i, j]
        joined = (size[i] * distance[i] + size[j] * distance[j]) / (size[i] + size[j])
        distance[i], distance[:, i] = joined, joined
        distance[i, i] = distance[j] = distance[:, j] = np.inf
        node[i], size[i] = count + step, size[i] + size[j]
    return Tree(merges, heights, _leaves(merges, count))


def _leaves(merges: IntArray, count: int) -> IntArray:
    members = [[leaf] for leaf in range(count)]
    for a, b in merges.tolist():
        members.append(members[a] + members[b])
    return np.array(members[-1] if count else [], np.int64)
