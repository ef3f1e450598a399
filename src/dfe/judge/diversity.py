"""Diversity: how many different displays a coding has, uses, and combines."""

from __future__ import annotations

from math import lgamma
from typing import NamedTuple

import numpy as np

from dfe.base.types import CodeArray, DoubleArray, FloatArray, IntArray
from dfe.judge.units import SILENT, Units
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.stats.perplexity import perplexity

FACES = 10_000
"""Distinct token sets are counted per this many faces."""

_IN_SPAN = 1e-4


class Diversity(NamedTuple):
    """Codes that say nothing are left out throughout."""

    displays: int
    """Displays that the coding can say, U."""
    share_used: float
    """Share of them that some face uses; the others are dead."""
    perplexity: Estimate
    """Effective number of displays in use."""
    effective_rank: float
    """Effective number of directions that the displays span, by singular values."""
    energy_rank: float
    """The same by their squares, the shares of energy: counts only what is strong."""
    mean_distance_mm: float
    """Mean distance between two displays of unit energy, 0 (the same) to 2 (opposite); 1.41 at right angles."""
    variance_covered: Estimate
    """Share of the faces' variance that lies in the span of the displays; 1 for any book that spans the space."""
    distinct_sets: float
    """Different multisets of displays to be expected among ``distinct_sets_of`` faces."""
    distinct_sets_of: int
    """:data:`FACES`, or all faces where there are fewer: figures of other numbers of faces do not compare."""


def diversity(units: Units, x: FloatArray, codes: CodeArray, bootstrap: SubjectBootstrap) -> Diversity:
    """All figures of diversity.

    Args:
        units: the displays of a coding.
        x: ``(n, D)`` finite expressions.
        codes: ``(n, N)`` of these expressions.
        bootstrap: of these faces. The perplexity's interval lies low: a draw misses some of the rarest displays.
    """
    said = units.said(codes)
    faces = min(len(said), FACES)
    ranks = effective_ranks(units)
    return Diversity(
        displays=len(units),
        share_used=float((units.uses(codes) > 0).mean()) if len(units) else float("nan"),
        perplexity=_perplexity_of_faces(said, bootstrap),
        effective_rank=ranks[0],
        energy_rank=ranks[1],
        mean_distance_mm=mean_distance_mm(units),
        variance_covered=variance_covered(units, x, bootstrap),
        distinct_sets=distinct_sets(said, faces),
        distinct_sets_of=faces,
    )


def effective_ranks(units: Units) -> tuple[float, float]:
    """Exp of the entropy of the normalised singular values of the unit-energy displays, and of those squared.

    The first is the effective rank of Roy and Vetterli (2007), The effective rank: a measure of effective
    dimensionality. Rows are displays, columns coordinates on the mesh in mm; dead displays count, still ones do not.
    NaN where none moves.
    """
    values = np.asarray(np.linalg.svd(_coordinates(units), compute_uv=False), np.float64)
    return perplexity(values), perplexity(np.square(values))


def mean_distance_mm(units: Units) -> float:
    """Mean over pairs of the root mean square distance between displays of unit energy; NaN without a pair."""
    at = np.flatnonzero(units.moves)
    if len(at) < 2:
        return float("nan")
    cosines = units.cosines[np.ix_(at, at)][np.triu_indices(len(at), 1)]
    return float(np.sqrt(np.maximum(2 - 2 * cosines, 0.0)).mean())


def variance_covered(units: Units, x: FloatArray, bootstrap: SubjectBootstrap) -> Estimate:
    """Share of the variance in mm² of faces ``(n, D)`` about their mean that lies in the span of the displays."""
    _, values, axes = np.linalg.svd(_coordinates(units), full_matrices=False)
    # What float32 leaves of a direction that is none would otherwise count as one.
    axes = axes[values > _IN_SPAN * values.max(initial=0.0)]
    centred = (x - x.mean(axis=0, dtype=np.float64)) @ _root(units)
    return bootstrap.ratio(np.square(centred @ axes.T).sum(axis=1), np.square(centred).sum(axis=1))


def distinct_sets(said: IntArray, faces: int) -> float:
    """Different multisets of displays to be expected among ``faces`` of the faces, drawn without replacement.

    Rarefaction: sum over sets of ``1 - C(n - n_i, m) / C(n, m)``, where n_i of n faces have set i (Hurlbert 1971, The
    nonconcept of species diversity). To say nothing is a set, too; levels and intensities make no difference.

    Args:
        said: ``(n, N)`` display by level, as :meth:`Units.said` gives.
        faces: m, at most n.
    """
    counts = np.unique(np.sort(said, axis=1), axis=0, return_counts=True)[1]
    sizes, number = np.unique(counts, return_counts=True)
    missed = [_miss(len(said), int(size), faces) for size in sizes]
    return float(number @ (1 - np.array(missed))) if len(sizes) else 0.0


def _miss(n: int, with_set: int, m: int) -> float:
    """Chance that none of m faces drawn from n has a set that ``with_set`` of them have."""
    rest = n - with_set
    if m > rest:
        return 0.0
    ways = lgamma(rest + 1) - lgamma(rest - m + 1) - lgamma(n + 1) + lgamma(n - m + 1)
    return float(np.exp(ways))


def _perplexity_of_faces(said: IntArray, bootstrap: SubjectBootstrap) -> Estimate:
    speaks = said != SILENT
    face, display = np.nonzero(speaks)[0], said[speaks]
    people = SubjectBootstrap(bootstrap.index(len(said)), bootstrap.draws, bootstrap.seed)
    return people.statistic(lambda weights: perplexity(np.bincount(display, weights[face])))


def _coordinates(units: Units) -> DoubleArray:
    """``(U_moving, D)``: displays of unit energy in coordinates whose distances are those on the mesh, mm."""
    return np.asarray(units.unit_directions[units.moves] @ _root(units))


def _root(units: Units) -> DoubleArray:
    """``(D, D)``, L with ``L L' = G``."""
    values, vectors = np.linalg.eigh(units.space.gram)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
