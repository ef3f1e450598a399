"""Expression spaces that are learned from moving faces: meshes of one topology, or points."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError, UsageError
from dfe.base.types import BoolArray, DoubleArray, FloatArray
from dfe.space.base import MOVES_MM, ExpressionSpace, FaceMesh
from dfe.space.components import Components, fill, principal, sparse
from dfe.space.posing import Posed
from dfe.space.recipe import Recipe
from dfe.space.rigid import seen_points

PREFIX = "learned/"
"""The id of every learned space begins so; its files lie beside the data and the tokenizers on it."""

_FRAMES = 2000
_BOUNDS = (0.1, 99.9)
_BASIS_BITS = 14
_ROWS_AT_ONCE = 512
_RESIDUAL_PERCENTILE = 95


@dataclass(frozen=True, eq=False)
class LearnedSpace(ExpressionSpace):
    """A space of components that were learned, with the recipe that turns points into its coefficients.

    Zero is a recording's own neutral face; so nothing more is to be subtracted, and the neutral mode of recordings in
    such a space is ``none``. The names are ``c1``, ``c2``, ...; one unit is the root mean square of the coefficient in
    the frames that the space was learned from. There is no left-right flip.
    """

    recipe: Recipe = field(default_factory=Recipe)

    @cached_property
    def hash(self) -> str:
        """As of every space, over the recipe too, since it decides what a vector means."""
        digest = hashlib.sha256(super().hash.encode())
        digest.update(json.dumps(self.recipe.deciding(), sort_keys=True).encode())
        return digest.hexdigest()

    def fit(self, displacement: FloatArray, seen: BoolArray | None = None) -> Fitted:
        """Coefficients of displacement fields ``(n, V, 3)`` in mm; see :func:`fit_fields`."""
        return fit_fields(displacement, self.basis, self.recipe.ridge, seen)


class Fitted(NamedTuple):
    """Coefficients of displacement fields."""

    x: FloatArray
    """``(n, D)``; NaN where no point is seen."""
    residual_mm: DoubleArray
    """``(n,)``: root mean square, over the points that are seen, of what the coefficients leave."""


def fit_fields(
    displacement: FloatArray, basis: NDArray[np.floating], ridge: float, seen: BoolArray | None = None
) -> Fitted:
    """Ridge regression of displacement fields on a basis, over the points that are seen.

    Args:
        displacement: ``(n, V, 3)`` mm; NaN where a point is missing.
        basis: ``(D, V, 3)`` mm per unit.
        ridge: added to the diagonal of the basis' gram matrix, as a share of its mean.
        seen: ``(n, V)``; None: where the displacement is finite.
    """
    if seen is None:
        seen = seen_points(displacement)
    d = len(basis)
    flat = basis.reshape(d, -1).astype(np.float64)
    whole = flat @ flat.T
    damping = ridge * np.trace(whole) / d * np.eye(d)
    x, residual = np.full((len(seen), d), np.nan), np.full(len(seen), np.nan)
    for start in range(0, len(seen), _ROWS_AT_ONCE):
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(seen)))
        rows = rows[seen[rows].any(axis=1)]
        if not len(rows):
            continue
        fields = np.where(seen[rows][..., None], displacement[rows], 0).reshape(len(rows), -1).astype(np.float64)
        complete = seen[rows].all(axis=1)
        x[rows[complete]] = np.linalg.solve(whole + damping, flat @ fields[complete].T).T
        for at in np.flatnonzero(~complete):
            there = np.repeat(seen[rows[at]], 3)
            part = flat[:, there]
            x[rows[at]] = np.linalg.solve(part @ part.T + damping, part @ fields[at, there])
        left = (fields - x[rows] @ flat).reshape(len(rows), -1, 3)
        squares = np.where(seen[rows], np.square(left).sum(axis=2), 0.0)
        residual[rows] = np.sqrt(squares.sum(axis=1) / seen[rows].sum(axis=1))
    return Fitted(x.astype(np.float32), residual)


def learn(
    recordings: Sequence[Posed],
    triangles: NDArray[np.int32],
    recipe: Recipe,
    *,
    name: str,
    components: int | None = None,
    variance: float = 0.98,
    strength: float = 0.1,
) -> LearnedSpace:
    """A space from recordings without head motion, all in the pose of one face and of one topology.

    Args:
        recordings: displacements and neutrals; at most 2,000 frames are used, spread evenly.
        triangles: ``(F, 3)``, empty for points.
        recipe: how they were posed, and the method; what was found is added to it.
        name: the space's id is ``learned/<name>``.
        components: their number; None: as many as principal components explain the share ``variance``.
        variance: see above.
        strength: of the penalty of sparse components.

    Raises:
        TableError: too few frames, faces that never move, or a point that is never seen.
        UsageError: no components are asked for, or settings out of their range.
    """
    if components is not None and components < 1:
        raise UsageError(f"a space needs a component or more, not {components}")
    if not 0 < variance <= 1:
        raise UsageError(f"the variance to explain is a share above 0 and up to 1, not {variance}")
    if not 0 <= strength < np.inf:
        raise UsageError(f"the strength of the penalty is a number from 0 up, not {strength}")
    fields, seen = _frames(recordings)
    middle = mean_face([posed.neutral_mm for posed in recordings])
    if missing := np.flatnonzero(~seen_points(middle)).tolist():
        raise TableError(f"point {missing[0]} is missing in all frames", advice="leave it out of the data")
    whole = fill(fields, seen)
    if not np.abs(whole).max() > MOVES_MM:
        raise TableError(f"no point ever moves by more than {MOVES_MM} mm", advice="check the unit and the neutral")
    found = _components(whole, recipe, components, variance, strength)
    # Binary fractions of a millimetre, so that displacements are the same to the last bit everywhere (see displace).
    basis = np.ldexp(np.rint(np.ldexp(found.basis, _BASIS_BITS)), -_BASIS_BITS).astype(np.float32)
    fitted = fit_fields(fields, basis, recipe.ridge, seen)
    lower, upper = np.percentile(fitted.x, _BOUNDS, axis=0)
    every = np.arange(len(middle), dtype=np.int32)
    count = len(basis)
    return LearnedSpace(
        id=f"{PREFIX}{name}",
        version=1,
        names=tuple(f"c{i + 1}" for i in range(count)),
        lower=np.minimum(lower, 0).astype(np.float32),
        upper=np.maximum(upper, 0).astype(np.float32),
        mesh=FaceMesh(
            middle.astype(np.float32), np.asarray(triangles, np.int32), every, ("face",), np.zeros(len(middle), np.int8)
        ),
        basis=basis,
        partner=np.arange(count, dtype=np.int32),
        regions={"face": tuple(range(count))},
        flips=False,
        recipe=replace(
            recipe,
            residual_mm=float(np.percentile(fitted.residual_mm, _RESIDUAL_PERCENTILE)),
            explained=float(found.explained[-1]),
            recordings=len(recordings),
            frames=sum(reason is None for posed in recordings for reason in posed.reason),
        ),
    )


def mean_face(neutrals: Sequence[NDArray[np.floating]]) -> DoubleArray:
    """Mean of neutral faces ``(V, 3)`` in one pose, over those in which a point is there; NaN where in none."""
    stacked = np.stack(neutrals).astype(np.float64)
    there = seen_points(stacked)[..., None]
    count = there.sum(axis=0)
    mean: DoubleArray = np.where(count > 0, np.where(there, stacked, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
    return mean


def _components(fields: FloatArray, recipe: Recipe, count: int | None, variance: float, strength: float) -> Components:
    found = principal(fields, count=count, variance=variance)
    return sparse(fields, len(found.basis), strength) if recipe.method == "sparse" else found


def _frames(recordings: Sequence[Posed]) -> tuple[FloatArray, BoolArray]:
    """Some frames of all recordings, spread evenly."""
    faces = [np.flatnonzero([reason is None for reason in posed.reason]) for posed in recordings]
    total = sum(len(rows) for rows in faces)
    if total < 2:
        raise TableError(f"{total} frames with a face: a space needs two or more")
    step = max(total / _FRAMES, 1.0)
    picked = np.unique((np.arange(min(total, _FRAMES)) * step).astype(np.int64))
    starts = np.cumsum([0, *(len(rows) for rows in faces)])
    fields, seen = [], []
    for posed, rows, start, end in zip(recordings, faces, starts[:-1], starts[1:], strict=True):
        own = rows[picked[(picked >= start) & (picked < end)] - start]
        fields.append(posed.displacement[own])
        seen.append(posed.seen[own])
    return np.concatenate(fields), np.concatenate(seen)
