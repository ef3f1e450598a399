"""Where training starts: the neutral, the map to mesh coordinates, the first book and gains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, FloatArray
from dfe.space.base import ExpressionSpace
from dfe.training.kmeans import kmeans, nearest

_SAMPLE = 20_000
_EIGENVALUE_FLOOR = 1e-8
_LOWEST_GAIN = 1e-3


class LatentMap(NamedTuple):
    """The map between coefficients and mesh coordinates in mm."""

    to_latent: DoubleArray
    """``(D, D)``: L, the symmetric square root of the Gram matrix."""
    from_latent: DoubleArray
    """``(D, D)``: its inverse."""


class Start(NamedTuple):
    """First book ``(K, d)``, code 0 being zero, and gains ``(N,)``, the first being 1."""

    book: DoubleArray
    gains: DoubleArray


def latent_map(space: ExpressionSpace) -> LatentMap:
    """Symmetric square root of the space's Gram matrix, and its inverse.

    Eigenvalues are floored at 1e-8 of the largest, so that combinations of coefficients that move nothing stay finite.
    """
    values, vectors = np.linalg.eigh(space.gram)
    roots = np.sqrt(np.maximum(values, values[-1] * _EIGENVALUE_FLOOR))
    return LatentMap((vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T)


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


def first_book(z: DoubleArray, weights: DoubleArray, levels: int, size: int, seed: int, *, gains: bool = True) -> Start:
    """Shared book and gains from a residual k-means with separate books.

    The residuals of ALL levels, brought to the first level's size, are pooled and clustered: the book starts with
    something to say at every level, and each gain with the size of its level's residuals.

    Args:
        z: ``(n, d)`` mesh coordinates, neutral subtracted.
        weights: ``(n,)``, relative probability of a row.
        levels: N.
        size: K.
        seed: of the sample and of k-means.
        gains: of the levels; without, all are 1 and residuals are pooled as they are.
    """
    rng = np.random.default_rng(seed)
    residual = z[rng.choice(len(z), min(len(z), _SAMPLE), replace=False, p=None if _even(weights) else _share(weights))]
    whole = _length(residual)
    pooled: list[DoubleArray] = []
    sizes: list[float] = []
    for _ in range(levels):
        sizes.append(max(_length(residual) / whole, _LOWEST_GAIN) if gains else 1.0)
        part = rng.permutation(len(residual))[: max(len(residual) // 2, size)]
        pooled.append(residual[part] / sizes[-1])
        centres = np.concatenate([np.zeros((1, z.shape[1])), kmeans(residual, size - 1, rng, iterations=10)])
        residual = residual - centres[nearest(residual, centres)[0]]
    book = np.concatenate([np.zeros((1, z.shape[1])), kmeans(np.concatenate(pooled), size - 1, rng)])
    return Start(book, np.array([1.0, *sizes[1:]]))


def _length(z: DoubleArray) -> float:
    """Root mean square length of the rows, never zero."""
    return max(float(np.sqrt(np.square(z).sum(axis=1).mean())), 1e-9)


def _median(columns: DoubleArray, weights: DoubleArray) -> DoubleArray:
    """Weighted median of each column."""
    order = np.argsort(columns, axis=0, kind="stable")
    below = np.cumsum(weights[order], axis=0)
    middle = (below >= weights.sum() / 2).argmax(axis=0)
    median: DoubleArray = np.take_along_axis(columns, np.take_along_axis(order, middle[None], axis=0), axis=0)[0]
    return median


def _even(weights: DoubleArray) -> bool:
    return bool((weights == weights[0]).all())


def _share(weights: DoubleArray) -> DoubleArray:
    share: DoubleArray = weights / weights.sum()
    return share
