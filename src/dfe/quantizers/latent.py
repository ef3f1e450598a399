"""The map between expressions and mesh coordinates in mm, in which quantisers are trained and search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.space.base import ExpressionSpace

_EIGENVALUE_FLOOR = 1e-8


class LatentMap(NamedTuple):
    """The map between coefficients and mesh coordinates in mm."""

    to_latent: DoubleArray
    """``(D, D)``: L, the symmetric square root of the Gram matrix."""
    from_latent: DoubleArray
    """``(D, D)``: its inverse."""


def latent_map(space: ExpressionSpace, emphasis: Mapping[str, float] | None = None) -> LatentMap:
    """Symmetric square root of the space's Gram matrix, and its inverse.

    Eigenvalues are floored at 1e-8 of the largest, so that combinations of coefficients that move nothing stay finite.

    Args:
        space: of the expressions.
        emphasis: weights of regions, as of :meth:`ExpressionSpace.weighted_gram`; mm of the plain mesh if None.
    """
    values, vectors = _floored(space.gram if emphasis is None else space.weighted_gram(emphasis))
    roots = np.sqrt(values)
    return LatentMap((vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T)


def square_root(gram: DoubleArray) -> DoubleArray:
    """``(D, D)``: L, symmetric, with ``L L'`` the Gram matrix; eigenvalues floored as in :func:`latent_map`."""
    values, vectors = _floored(gram)
    return np.asarray((vectors * np.sqrt(values)) @ vectors.T)


def _floored(gram: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    values, vectors = np.linalg.eigh(gram)
    return np.maximum(values, values[-1] * _EIGENVALUE_FLOOR), vectors
