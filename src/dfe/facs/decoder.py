"""Additive decoders for action units: the base and the directions, one for each unit, that give the faces back best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, FloatArray, IntArray
from dfe.displays.displays import Displays
from dfe.space.base import ExpressionSpace

PENALTIES: tuple[float, ...] = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""Ridge penalties to choose from, for values between 0 and 1."""

FOLDS = 5


class Decoder(NamedTuple):
    """A face is ``base + values @ directions``."""

    base: FloatArray
    """``(D,)``: the face when every unit is at 0."""
    directions: FloatArray
    """``(A, D)``: what a unit at 1 adds."""
    penalty: float
    """Ridge penalty that was chosen."""
    held_out_mm: float
    """Mean mesh error in mm on the folds left out, at that penalty."""


def fit_decoder(
    values: ArrayLike, x: ArrayLike, space: ExpressionSpace, seed: int = 0, groups: ArrayLike | None = None
) -> Decoder:
    """The decoder from unit values ``(n, A)`` to expressions ``(n, D)`` by ridge regression with a free base.

    Without a restriction on the directions the least-squares solution in mm on the mesh is that in coefficients, so
    the metric only enters when the penalty is chosen: the one with the least mm error on folds left out.

    Args:
        values: of the units, between 0 and 1; a row with NaN is left out, as is one of ``x``.
        x: the same faces.
        space: of ``x``.
        seed: deals the rows, or the groups, into folds.
        groups: ``(n,)`` person or recording of each row, kept together in a fold; None: every row for itself.

    Raises:
        UsageError: the rows do not match, or there are fewer than two groups of complete rows.
    """
    a, y = np.asarray(values, np.float64), np.asarray(x, np.float64)
    if a.ndim != 2 or y.shape != (len(a), space.dimension):
        raise UsageError(f"unit values of shape {a.shape} do not fit expressions of shape {y.shape} in {space.id!r}")
    members = np.arange(len(a)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    if len(members) != len(a):
        raise UsageError(f"{len(members)} groups do not fit {len(a)} rows")
    complete = np.isfinite(a).all(axis=1) & np.isfinite(y).all(axis=1)
    a, y, members = a[complete], y[complete], members[complete]
    fold = _folds(members, seed)
    errors = np.zeros((len(PENALTIES), len(a)))
    for held in range(int(fold.max()) + 1):
        test = fold == held
        for i, penalty in enumerate(PENALTIES):
            base, directions = _ridge(a[~test], y[~test], penalty)
            errors[i, test] = space.error_mm(y[test], base + a[test] @ directions)
    best = int(errors.mean(axis=1).argmin())
    base, directions = _ridge(a, y, PENALTIES[best])
    return Decoder(base.astype(np.float32), directions.astype(np.float32), PENALTIES[best], float(errors[best].mean()))


def unit_displays(directions: FloatArray, level_values: ArrayLike, space: ExpressionSpace) -> Displays:
    """Displays of a coding whose level l is unit l, ``(A, D)`` at value 1, and whose code k is value k of ``(K,)``.

    Code 0 says nothing.
    """
    values = np.asarray(level_values, np.float32)
    units, size = len(directions), len(values)
    unit: IntArray = np.repeat(np.arange(units)[:, None], size, axis=1)
    unit[:, 0] = -1
    intensity = np.tile(values, (units, 1))
    intensity[:, 0] = 0
    return Displays.of(space, directions, unit, intensity, usual=values[-1], ordered=False)


def _folds(members: IntArray, seed: int) -> IntArray:
    present, place = np.unique(members, return_inverse=True)
    if len(present) < 2:
        raise UsageError("a decoder needs complete rows of two or more faces (or groups of them) to be fitted to")
    dealt = np.random.default_rng(seed).permutation(len(present)) % min(FOLDS, len(present))
    fold: IntArray = dealt[place]
    return fold


def _ridge(a: DoubleArray, y: DoubleArray, penalty: float) -> tuple[DoubleArray, DoubleArray]:
    mean_a, mean_y = a.mean(axis=0), y.mean(axis=0)
    centred = a - mean_a
    normal = centred.T @ centred / len(a) + penalty * np.eye(a.shape[1])
    directions: DoubleArray = np.linalg.solve(normal, centred.T @ (y - mean_y) / len(a))
    return mean_y - mean_a @ directions, directions
