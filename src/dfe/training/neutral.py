"""The expression that no display stands for, where a training begins."""

from __future__ import annotations

from typing import Literal

import numpy as np

from dfe.base.types import DoubleArray, FloatArray

Neutral = Literal["mode", "mean", "zero"]


def neutral_of(x: FloatArray, weights: DoubleArray, neutral: Neutral, to_latent: DoubleArray) -> DoubleArray:
    """The expression ``(D,)`` that no display stands for: the commonest face of the rows, their mean, or zero."""
    if neutral == "mode":
        return common_face(x, weights, to_latent)
    if neutral == "mean":
        return np.asarray(np.average(x.astype(np.float64), axis=0, weights=weights))
    return np.zeros(x.shape[1])


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
