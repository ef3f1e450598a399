"""Seeded k-means in numpy: k-means++ start, Lloyd steps, empty clusters moved to the worst-served rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray

_CHUNK = 8192


def nearest(rows: DoubleArray, centres: DoubleArray) -> tuple[NDArray[np.int64], DoubleArray]:
    """Index of each row's nearest centre, and the squared distance to it, ``(n,)`` each."""
    index = np.empty(len(rows), dtype=np.int64)
    distance = np.empty(len(rows))
    half = np.einsum("kd,kd->k", centres, centres) / 2
    for first in range(0, len(rows), _CHUNK):
        part = slice(first, first + _CHUNK)
        index[part] = (rows[part] @ centres.T - half).argmax(axis=1)
        distance[part] = np.square(rows[part] - centres[index[part]]).sum(axis=1)
    return index, distance


def kmeans(rows: DoubleArray, size: int, rng: np.random.Generator, iterations: int = 25) -> DoubleArray:
    """Centres ``(size, d)`` of ``(n, d)`` rows, n at least ``size``."""
    centres = _spread(rows, size, rng)
    for _ in range(iterations):
        index, distance = nearest(rows, centres)
        counts = np.bincount(index, minlength=size)
        order = np.argsort(index, kind="stable")
        filled = np.flatnonzero(counts)
        starts = np.concatenate([[0], np.cumsum(counts[filled])[:-1]])
        moved = centres.copy()
        moved[filled] = np.add.reduceat(rows[order], starts, axis=0) / counts[filled, None]
        empty = np.flatnonzero(counts == 0)
        moved[empty] = rows[np.argsort(-distance, kind="stable")[: len(empty)]]
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def _spread(rows: DoubleArray, size: int, rng: np.random.Generator) -> DoubleArray:
    """k-means++: each further centre is a row drawn in proportion to its squared distance from those so far."""
    centres = np.empty((size, rows.shape[1]))
    centres[0] = rows[rng.integers(len(rows))]
    distance = np.square(rows - centres[0]).sum(axis=1)
    for k in range(1, size):
        cumulative = np.cumsum(distance)
        drawn = np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")
        centres[k] = rows[min(drawn, len(rows) - 1)]
        distance = np.minimum(distance, np.square(rows - centres[k]).sum(axis=1))
    return centres
