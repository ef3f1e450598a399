"""Components of displacement fields: principal ones, and sparse ones that each move a part of the face.

Both are about zero, the neutral face, and not about the mean: an expression vector of zeros is the neutral.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, FloatArray

_FILLING = 20
_FILLED_RANK = 20
_FILLED_VARIANCE = 0.95
_SWEEPS = 30
_SETTLED = 1e-3
_NEGLIGIBLE = 1e-4
_RANKS = 4
_SMALLEST = 1e-12


class Components(NamedTuple):
    """Displacement fields ``weights @ basis``, nearly."""

    weights: DoubleArray
    """``(n, D)``, each column with a root mean square of 1."""
    basis: DoubleArray
    """``(D, V, 3)`` mm for a weight of 1."""
    explained: DoubleArray
    """``(D,)``: share of the squared displacement that the first 1, 2, ... D components explain together."""


def principal(fields: FloatArray, *, count: int | None = None, variance: float = 0.98, most: int = 64) -> Components:
    """Principal components, strongest first.

    Args:
        fields: ``(n, V, 3)`` mm, finite.
        count: number of components; None: as many as explain the share ``variance``, at most ``most``. Never more than
            the fields hold.
        variance: share of the squared displacement.
        most: limit where ``count`` is None.
    """
    flat = fields.reshape(len(fields), -1)
    values, scores = _scores(flat)
    share = np.cumsum(values) / max(values.sum(), _SMALLEST)
    if count is None:
        count = min(int(np.searchsorted(share, variance - 1e-9)) + 1, most)
    count = max(min(count, int((values > _SMALLEST * max(values[0], _SMALLEST)).sum())), 1)
    weights = scores[:, :count] * np.sqrt(len(flat))
    basis = (weights.T @ flat / len(flat)).reshape(count, *fields.shape[1:])
    return _upright(weights, basis, share[:count])


def sparse(fields: FloatArray, count: int, strength: float = 0.1) -> Components:
    """Sparse localised components: each moves few vertices, and the others not at all.

    Minimises ``|X - W C|^2 + penalty * sum over components and vertices of |C_kv|`` with columns of W of fixed length:
    the group penalty of T. Neumann et al., "Sparse Localized Deformation Components", ACM TOG 32 (2013) 179, without
    its support maps and here by block coordinate descent, whose steps for one component are exact: a least-squares time
    course, and group soft thresholding of its vertices. At the end each vertex's displacements are fitted again over
    the components that move it, so that the penalty chooses vertices without shrinking what they do.

    Args:
        fields: ``(n, V, 3)`` mm, finite.
        count: number of components, at most.
        strength: the penalty, in units of the root mean square displacement of a vertex; 0 is no penalty.
    """
    n, vertices = fields.shape[:2]
    flat = fields.reshape(n, -1)
    values, scores = _scores(flat)
    # All is done in the coordinates of the principal components: time courses are rotated there, their lengths are not.
    # Those of the last ten thousandth of the energy, or beyond four times as many as are asked for, are left out.
    enough = int(np.searchsorted(np.cumsum(values), (1 - _NEGLIGIBLE) * values.sum())) + 1
    kept = scores[:, : max(min(enough, _RANKS * count), count)]
    x = (kept.T @ flat).astype(np.float64).reshape(kept.shape[1], vertices, 3)
    count = min(count, len(x))
    penalty = strength * np.sqrt(np.square(x).sum() / vertices)
    w, c = _begin(x, count, penalty)
    rest = x - np.tensordot(w, c, axes=1)
    for _ in range(_SWEEPS):
        before = w.copy()
        for k in range(count):
            rest += w[:, k, None, None] * c[k]
            energy = np.square(c[k]).sum()
            if energy > _SMALLEST:
                course = np.tensordot(rest, c[k], axes=([1, 2], [0, 1]))
                w[:, k] = course / max(float(np.linalg.norm(course)), _SMALLEST)
            c[k] = _shrink(np.tensordot(w[:, k], rest, axes=1), penalty)
            rest -= w[:, k, None, None] * c[k]
        if np.abs(w - before).max() < _SETTLED:
            break
    used = np.square(c).sum(axis=(1, 2)) > _SMALLEST
    if not used.any():
        return principal(fields, count=1)
    w, c = w[:, used], _refitted(x, w[:, used], np.square(c[used]).sum(axis=2) > 0)
    order = np.argsort(-np.square(c).sum(axis=(1, 2)), kind="stable")
    w, c = w[:, order], c[order]
    weights, basis = kept @ w * np.sqrt(n), c / np.sqrt(n)
    explained = _captured(x, c) / max(float(values.sum()), _SMALLEST)
    return _upright(weights, basis, explained)


def fill(fields: FloatArray, seen: BoolArray) -> FloatArray:
    """Missing points as the principal components of the others say, found in turns (as in EM for PCA).

    Args:
        fields: ``(n, V, 3)`` mm, NaN where a point is missing.
        seen: ``(n, V)``.
    """
    whole = np.where(seen[..., None], fields, np.float32(0))
    if seen.all():
        return whole
    for _ in range(_FILLING):
        found = principal(whole, variance=_FILLED_VARIANCE, most=_FILLED_RANK)
        guess = np.tensordot(found.weights, found.basis, axes=1).astype(np.float32)
        whole = np.where(seen[..., None], whole, guess)
    return whole


def _scores(flat: FloatArray) -> tuple[DoubleArray, DoubleArray]:
    """Squared singular values, falling, and left singular vectors ``(n, r)`` of ``(n, P)``."""
    n, width = flat.shape
    if n <= width:
        gram = (flat @ flat.T).astype(np.float64)
        values, vectors = np.linalg.eigh((gram + gram.T) / 2)
        return np.maximum(values[::-1], 0), vectors[:, ::-1]
    u, s, _ = np.linalg.svd(flat.astype(np.float64), full_matrices=False)
    return np.square(s), u


def _upright(weights: DoubleArray, basis: DoubleArray, explained: DoubleArray) -> Components:
    """Columns with a root mean square of 1, the side where they go farther being the positive one."""
    size = np.sqrt(np.square(weights).mean(axis=0))
    size = np.where(size > 0, size, 1.0)
    sign = np.where(np.power(weights / size, 3).sum(axis=0) < 0, -1.0, 1.0)
    return Components(weights / (size * sign), basis * (size * sign)[:, None, None], explained)


def _shrink(field: DoubleArray, penalty: float) -> DoubleArray:
    length = np.linalg.norm(field, axis=1, keepdims=True)
    shrunk: DoubleArray = field * np.maximum(1 - penalty / 2 / np.maximum(length, _SMALLEST), 0)
    return shrunk


def _begin(x: DoubleArray, count: int, penalty: float) -> tuple[DoubleArray, DoubleArray]:
    """One component after the other, from the vertex that is explained worst and the way it moves most."""
    rest, w, c = x.copy(), np.zeros((len(x), count)), np.zeros((count, *x.shape[1:]))
    for k in range(count):
        worst = int(np.argmax(np.square(rest).sum(axis=(0, 2))))
        u, _, _ = np.linalg.svd(rest[:, worst], full_matrices=False)
        w[:, k] = u[:, 0]
        c[k] = _shrink(np.tensordot(w[:, k], rest, axes=1), penalty)
        rest -= w[:, k, None, None] * c[k]
    return w, c


def _refitted(x: DoubleArray, w: DoubleArray, active: BoolArray) -> DoubleArray:
    """``(D, V, 3)``: least squares of every vertex over the components that are active ``(D, V)`` there."""
    c = np.zeros((w.shape[1], *x.shape[1:]))
    patterns, which = np.unique(active.T, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        at = np.flatnonzero(which.ravel() == number)
        if pattern.any():
            solved = np.linalg.lstsq(w[:, pattern], x[:, at].reshape(len(x), -1), rcond=None)[0]
            c[np.ix_(np.flatnonzero(pattern), at)] = solved.reshape(-1, len(at), 3)
    return c


def _captured(x: DoubleArray, basis: DoubleArray) -> DoubleArray:
    """``(D,)``: squared length of what the first 1, 2, ... fields of a basis tell of ``x`` with the best weights."""
    flat = basis.reshape(len(basis), -1)
    gram, products = flat @ flat.T, flat @ x.reshape(len(x), -1).T
    solved = (np.linalg.lstsq(gram[:k, :k], products[:k], rcond=None)[0] for k in range(1, len(basis) + 1))
    return np.array([np.sum(part * products[: len(part)]) for part in solved])
