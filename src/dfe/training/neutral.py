"""The expression that no display stands for, where a training begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from dfe.base.rows import Rows, column_sums
from dfe.base.types import DoubleArray, FloatArray

Neutral = Literal["mode", "mean", "zero"]


MODE_ROWS = 200_000
"""The commonest face is sought among so many rows at most, drawn evenly."""


def neutral_of(rows: Rows, weights: DoubleArray, neutral: Neutral, to_latent: DoubleArray) -> DoubleArray:
    """The expression ``(D,)`` that no display stands for: the commonest face of the rows, their mean, or zero."""
    if neutral == "mode":
        return common_face(*_some(rows, weights), to_latent)
    if neutral == "mean":
        return column_sums(_weighted(rows, weights)) / float(weights.sum())
    return np.zeros(rows.shape[1])


def _some(rows: Rows, weights: DoubleArray) -> tuple[FloatArray, DoubleArray]:
    if len(rows) <= MODE_ROWS:
        return rows.whole(), weights
    drawn = np.sort(np.random.default_rng(0).choice(len(rows), MODE_ROWS, replace=False))
    return rows.take(drawn), weights[drawn]


def _weighted(rows: Rows, weights: DoubleArray) -> Iterator[DoubleArray]:
    first = 0
    for block in rows.blocks():
        yield block.astype(np.float64) * weights[first : first + len(block), None]
        first += len(block)


def common_face(x: FloatArray, weights: DoubleArray, to_latent: DoubleArray, iterations: int = 200) -> DoubleArray:
    """The commonest face ``(D,)`` of the rows: the mode of their density on the mesh, found by mean shift.

    The Gaussian kernel is as wide as half the median distance from the median face, where the climb begins.

    Args:
        x: ``(n, D)`` rows.
        weights: ``(n,)``.
        to_latent: ``(D, d)``.
    """
    z = x.astype(np.float64) @ to_latent
    here = _median(z, weights)
    width = _median(np.linalg.norm(z - here, axis=1)[:, None], weights)[0] / 2
    for _ in range(iterations):
        near = weights * np.exp(-np.square(z - here).sum(axis=1) / (2 * max(width, 1e-9) ** 2))
        there = near @ z / near.sum()
        if np.linalg.norm(there - here) < 1e-6:
            break
        here = there
    near = weights * np.exp(-np.square(z - here).sum(axis=1) / (2 * max(width, 1e-9) ** 2))
    face: DoubleArray = near @ x.astype(np.float64) / near.sum()
    return face


def _median(columns: DoubleArray, weights: DoubleArray) -> DoubleArray:
    """Weighted median of each column."""
    order = np.argsort(columns, axis=0, kind="stable")
    below = np.cumsum(weights[order], axis=0)
    middle = (below >= weights.sum() / 2).argmax(axis=0)
    median: DoubleArray = np.take_along_axis(columns, np.take_along_axis(order, middle[None], axis=0), axis=0)[0]
    return median
