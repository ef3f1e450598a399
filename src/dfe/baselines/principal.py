"""Principal components with scalar steps: bits where the variance is, or alike for the first N as in a linear 3DMM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, FloatArray, IntArray
from dfe.baselines.additive import AdditiveCoder, mean_face
from dfe.baselines.metric import MeshMetric, mesh_metric, metric_of
from dfe.baselines.scalar import equal_steps, lloyd_max, quantiles, step_of
from dfe.displays.displays import Displays
from dfe.space.base import ExpressionSpace

_MOST_BITS = 10
_REACH = 3.0
_SMALLEST_MM = 1e-9


@dataclass(frozen=True, eq=False)
class ScalarSearch:
    """Each principal component to its own nearest step.

    Args:
        metric: turned to the principal axes.
        base: ``(D,)``.
        points: representatives of each level's component, rising, in mm.
        codes: code of each representative, by level.
    """

    metric: MeshMetric
    base: FloatArray
    points: tuple[DoubleArray, ...]
    codes: tuple[IntArray, ...]

    def __call__(self, x: DoubleArray) -> IntArray:
        """Codes ``(n, N)`` of expressions ``(n, D)``."""
        z = self.metric.to_mm(x - self.base)
        steps = enumerate(zip(self.points, self.codes, strict=True))
        return np.stack([codes[step_of(z[:, level], points)] for level, (points, codes) in steps], axis=1)


def principal_bits(train: FloatArray, space: ExpressionSpace, bits: int) -> AdditiveCoder:
    """Principal components in mm, with bits dealt greedily: each next one where it lowers the squared error most.

    A component of b bits has ``2**b`` Lloyd-Max steps; code 0 is the one nearest to 0. Components without a bit stay
    at the mean face. Levels come by variance, so the first m codes are the best m on average over faces.

    Args:
        train: ``(n, D)`` finite expressions.
        space: of the expressions.
        bits: of a face, in all.

    Raises:
        UsageError: more bits than 10 a mesh coordinate.
    """
    base = mean_face(train)
    centred = mesh_metric(space).to_mm(train - base)
    metric, variance = mesh_metric(space).principal(centred)
    if not 1 <= bits <= _MOST_BITS * metric.rank:
        raise UsageError(f"{metric.rank} principal components take 1 to {_MOST_BITS * metric.rank} bits, not {bits}")
    points = _dealt(metric.to_mm(train - base), bits)
    return _scalar_coder(f"pca-{bits}bits", space, metric, base, points, np.sqrt(variance))


def flame_style(train: FloatArray, space: ExpressionSpace, size: int, levels: int) -> AdditiveCoder:
    """The first N coefficients of a linear expression basis as 3DMMs have it, each rounded to K equal steps.

    As in FLAME ("Learning a model of facial shape and expression from 4D scans", Li et al., 2017): principal
    components of vertex displacements, over all vertices alike, each coefficient in units of its standard deviation,
    the first ones kept. FLAME learns them from scans; here they come from the training expressions, and a space of D
    coefficients has D at most. All vertices or moving ones hardly differ (what does not move adds nothing), so the
    components are those of :func:`principal_bits` all but exactly; the difference is in the rounding, which here
    spends ``log2 K`` bits on each of N coefficients and none on the others, over three standard deviations to either
    side. Code 0 is 0 and silent.

    Args:
        train: ``(n, D)`` finite expressions.
        space: of the expressions.
        size: K.
        levels: N.

    Raises:
        UsageError: more levels than mesh coordinates.
    """
    base = mean_face(train)
    flat = space.basis.reshape(space.dimension, -1).astype(np.float64)
    everywhere = metric_of(flat @ flat.T / len(space.mesh.vertices_mm))
    if levels > everywhere.rank:
        raise UsageError(f"a face has {everywhere.rank} mesh coordinates, not {levels}")
    metric, variance = everywhere.principal(everywhere.to_mm(train - base))
    deviation = np.sqrt(variance)
    points = [equal_steps(size, _REACH) * sigma for sigma in deviation[:levels]]
    return _scalar_coder(f"flame-pca-{size}x{levels}", space, metric, base, points, deviation)


def _dealt(z: DoubleArray, bits: int) -> list[DoubleArray]:
    """Rising representatives of the leading components, up to the last one that gets a bit."""
    points = [np.zeros(1) for _ in range(z.shape[1])]
    error = np.square(z).mean(axis=0)
    richer = [_steps(column, 1) for column in z.T]
    left = np.array([_error(column, p) for column, p in zip(z.T, richer, strict=True)])
    for _ in range(bits):
        i = int((error - left).argmax())
        points[i], error[i] = richer[i], left[i]
        given = len(points[i]).bit_length() - 1
        if given == _MOST_BITS:
            left[i] = np.inf
        else:
            richer[i] = _steps(z[:, i], given + 1)
            left[i] = _error(z[:, i], richer[i])
    used = max(i + 1 for i, p in enumerate(points) if len(p) > 1)
    return points[:used]


def _steps(column: DoubleArray, bits: int) -> DoubleArray:
    return lloyd_max(column, quantiles(column, 2**bits))


def _error(column: DoubleArray, points: DoubleArray) -> float:
    return float(np.square(column - points[step_of(column, points)]).mean())


def _scalar_coder(
    id: str,
    space: ExpressionSpace,
    metric: MeshMetric,
    base: FloatArray,
    points: list[DoubleArray],
    deviation: DoubleArray,
) -> AdditiveCoder:
    """The coder of rising representatives; displays are each component's two directions, at one standard deviation."""
    levels, size = len(points), max(len(p) for p in points)
    directions = metric.back[:levels] * np.maximum(deviation[:levels, None], _SMALLEST_MM)
    unit = np.full((levels, size), -1)
    intensity = np.zeros((levels, size), np.float32)
    codes: list[IntArray] = []
    for level, values in enumerate(points):
        zero = int(np.abs(values).argmin())
        code = np.concatenate([np.arange(1, zero + 1), [0], np.arange(zero + 1, len(values))])
        codes.append(code)
        unit[level, code] = 2 * level + (values < 0)
        intensity[level, code] = np.abs(values) / max(deviation[level], _SMALLEST_MM)
        unit[level][intensity[level] == 0] = -1
    both = np.stack([directions, -directions], axis=1).reshape(2 * levels, -1).astype(np.float32)
    search = ScalarSearch(metric, base, tuple(points), tuple(codes))
    return AdditiveCoder(id, space, base, Displays.of(space, both, unit, intensity), search)
