"""Coders of non-negative units in no order: a face is a base plus a few units, each at one of a few intensities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, FloatArray, IntArray
from dfe.baselines.additive import AdditiveCoder
from dfe.baselines.metric import MeshMetric, mesh_metric
from dfe.baselines.scalar import lloyd_max, quantiles
from dfe.displays.displays import Displays
from dfe.space.base import ExpressionSpace

_SWEEPS = 25
_ROUNDING_SWEEPS = 4
_SMALLEST = 1e-12


class Pursuit(NamedTuple):
    """Units chosen for each face, and how much of each."""

    units: IntArray
    """``(m, n)``: the units, in the order in which they were chosen."""
    amounts: DoubleArray
    """``(m, n)``: non-negative; 0 where a unit turned out not to help."""


def pursue(match: DoubleArray, gram: DoubleArray, active: int) -> Pursuit:
    """Non-negative orthogonal matching pursuit ("On the uniqueness of nonnegative sparse solutions", Bruckstein 2008).

    The unit that matches best what is left over joins; then the amounts of all chosen ones are fitted anew,
    non-negative, by coordinate descent. Every step works row by row, so a face's result depends on no other face.

    Args:
        match: ``(n, U)`` inner products of faces and units.
        gram: ``(U, U)`` inner products of units.
        active: units to choose, m, at most U.
    """
    rows = np.arange(len(match))
    length = np.sqrt(np.maximum(np.diag(gram), _SMALLEST))
    units = np.empty((active, len(match)), dtype=np.int64)
    amounts = np.zeros((active, len(match)))
    shared = np.empty((active, active, len(match)))
    wanted = np.empty((active, len(match)))
    for step in range(active):
        left = match.copy()
        for unit, amount in zip(units[:step], amounts[:step], strict=True):
            left -= amount[:, None] * gram[unit]
        left /= length
        for unit in units[:step]:
            left[rows, unit] = -np.inf
        units[step] = left.argmax(axis=1)
        wanted[step] = match[rows, units[step]]
        for earlier in range(step + 1):
            shared[step, earlier] = shared[earlier, step] = gram[units[step], units[earlier]]
        for _ in range(_SWEEPS if step else 1):
            for j in range(step + 1):
                amounts[j] = np.maximum(_alone(j, step + 1, wanted, shared, amounts), 0.0)
    return Pursuit(units, amounts)


def _alone(j: int, count: int, wanted: DoubleArray, shared: DoubleArray, amounts: DoubleArray) -> DoubleArray:
    """The best amount ``(n,)`` of chosen unit j, the others staying as they are."""
    rest: DoubleArray = wanted[j].copy()
    for i in range(count):
        if i != j:
            rest -= shared[j, i] * amounts[i]
    rest /= np.maximum(shared[j, j], _SMALLEST)
    return rest


@dataclass(frozen=True, eq=False)
class UnitSearch:
    """Matching pursuit in mm, then each chosen unit in turn to the intensity that leaves least over.

    Args:
        metric: of the space.
        base: ``(D,)``.
        units: ``(U, r)`` in mm.
        intensity: ``(U, Q + 1)``, rising from 0.
        active: units of a face at most.
    """

    metric: MeshMetric
    base: FloatArray
    units: DoubleArray
    intensity: DoubleArray
    active: int

    def __call__(self, x: DoubleArray) -> IntArray:
        """Codes ``(n, U)`` of expressions ``(n, D)``: the intensity of each unit."""
        gram = self.units @ self.units.T
        match = self.metric.to_mm(x - self.base) @ self.units.T
        chosen, amounts = pursue(match, gram, self.active)
        rows = np.arange(len(x))
        wanted = np.stack([match[rows, unit] for unit in chosen])
        shared = np.stack([np.stack([gram[a, b] for b in chosen]) for a in chosen])
        levels = self.intensity[chosen]
        codes = np.zeros_like(chosen)
        for sweep in range(1 + _ROUNDING_SWEEPS):
            for j in range(self.active):
                # The first sweep rounds what the pursuit found; the next ones make up for the rounding of the others.
                best = amounts[j] if sweep == 0 else _alone(j, self.active, wanted, shared, amounts)
                codes[j] = np.abs(levels[j] - best[:, None]).argmin(axis=1)
                amounts[j] = levels[j][rows, codes[j]]
        spread = np.zeros((len(x), len(self.units)), dtype=np.int64)
        for unit, code in zip(chosen, codes, strict=True):
            spread[rows, unit] = code
        return spread


def unit_coder(
    id: str,
    space: ExpressionSpace,
    base: FloatArray,
    units: DoubleArray,
    sample: FloatArray,
    *,
    active: int,
    intensities: int,
) -> AdditiveCoder:
    """A coder of given units, its intensities fitted to the amounts of a sample of faces.

    Args:
        id: of the coder.
        space: of the expressions.
        base: ``(D,)``, the expression without any unit.
        units: ``(U, D)``; each becomes a display of 1 mm.
        sample: ``(n, D)`` expressions.
        active: units of a face at most, m.
        intensities: Q; each unit's are Lloyd-Max steps of the amounts above 0 that faces have of it.
    """
    metric = mesh_metric(space)
    length = np.linalg.norm(metric.to_mm(units), axis=1, keepdims=True)
    directions = (units / np.maximum(length, _SMALLEST)).astype(np.float32)
    atoms = metric.to_mm(directions)
    chosen, amounts = pursue(metric.to_mm(sample - base) @ atoms.T, atoms @ atoms.T, active)
    steps = np.zeros((len(units), intensities + 1), np.float32)
    for unit in range(len(units)):
        above = amounts[(chosen == unit) & (amounts > 0)]
        above = above if len(above) else np.ones(1)
        steps[unit, 1:] = lloyd_max(above, quantiles(above, intensities))
    said = np.tile(np.arange(len(units))[:, None], (1, intensities + 1))
    said[:, 0] = -1
    search = UnitSearch(metric, base, atoms, steps.astype(np.float64), active)
    return AdditiveCoder(id, space, base, Displays.of(space, directions, said, steps, ordered=False), search)
