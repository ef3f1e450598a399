"""Time courses of two groups (or two conditions) compared by clusters: stretches of time in which they differ.

Maris and Oostenveld (2007, *Journal of Neuroscience Methods* 164, 177). The test says that the courses differ; it says
nothing about when a difference begins or how far it extends (Sassenhagen and Draschkow, 2019, *Psychophysiology* 56,
e13335).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray
from dfe.stats.contrasts import Design
from dfe.stats.draws import PERMUTATIONS
from dfe.stats.terms import exchanges

CAUTION = (
    "A cluster test says that the time courses differ somewhere; the bounds of a cluster are no estimate of when a "
    "difference begins, ends or how far it extends."
)
_TINY = 1e-12
_NEAR = 1 - 1e-9
_AT_ONCE = 256


class Cluster(NamedTuple):
    """A run of neighbouring bins in which |t| is above the threshold, on one side."""

    column: int
    """The display."""
    first: int
    last: int
    """Its bins, both included."""
    mass: float
    """Sum of t over its bins; negative where the second group shows less."""
    p: float
    """Share of permutations whose largest cluster, of any display, has as much mass: ``(b + 1) / (B + 1)``."""


class ClusterTest(NamedTuple):
    """All clusters, the largest first."""

    clusters: tuple[Cluster, ...]
    threshold: float
    """|t| that a bin must exceed."""
    permutations: int


def cluster_test(
    courses: DoubleArray,
    design: Design | None,
    *,
    alpha: float = 0.05,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> ClusterTest:
    """Compare time courses ``(S, bins, T)``.

    Args:
        courses: one for each subject and display; for conditions, the difference of a subject's two courses.
        design: groups and strata; None tests differences against nothing by flipping subjects' signs.
        alpha: two-sided, of the t that a bin must exceed to be part of a cluster. It decides what kind of cluster is
            found best, not how often one is found by chance.
        permutations: B.
        seed: of the permutations.

    Raises:
        UsageError: too few subjects, or courses that are not finite.
    """
    from scipy.stats import t as student

    if courses.ndim != 3 or not np.isfinite(courses).all():
        raise UsageError("time courses are not finite")
    subjects, bins, columns = courses.shape
    df = subjects - (1 if design is None else 2)
    if df < 2 or (design is not None and min(design.second.sum(), (~design.second).sum()) < 2):
        raise UsageError("a comparison of time courses needs two subjects in each group")
    threshold = float(student.isf(alpha / 2, df))
    flat = courses.reshape(subjects, bins * columns)
    shape = (-1, bins, columns)
    if design is None:
        seen = _t_signs(flat, np.ones((1, subjects))).reshape(shape)
        batches = (_t_signs(flat, signs) for signs in _signs(subjects, permutations, seed))
    else:
        seen = _t_groups(flat, design.second[None]).reshape(shape)
        batches = (_t_groups(flat, design.second[order]) for order in exchanges(design.stratum, permutations, seed))
    null = np.concatenate([largest_mass(t.reshape(shape), threshold) for t in batches] or [np.zeros(0)])
    found = []
    for column in range(columns):
        for first, last, mass in clusters_of(seen[0, :, column], threshold):
            beyond = int((null >= abs(mass) * _NEAR).sum())
            found.append(Cluster(column, first, last, mass, (beyond + 1) / (permutations + 1)))
    found.sort(key=lambda one: (-abs(one.mass), one.column, one.first))
    return ClusterTest(tuple(found), threshold, permutations)


def clusters_of(t: DoubleArray, threshold: float) -> list[tuple[int, int, float]]:
    """First bin, last bin and mass of each cluster of one course ``(bins,)``."""
    out: list[tuple[int, int, float]] = []
    for sign in (1.0, -1.0):
        above = np.concatenate([[False], sign * t > threshold, [False]])
        edges = np.flatnonzero(above[1:] != above[:-1]).reshape(-1, 2)
        out += [(int(a), int(b) - 1, float(t[a:b].sum())) for a, b in edges]
    return sorted(out)


def largest_mass(t: DoubleArray, threshold: float) -> DoubleArray:
    """Mass of the largest cluster of any display, ``(b,)`` of ``(b, bins, T)``; 0 where there is none."""
    best = np.zeros(t.shape[0])
    for sign in (1.0, -1.0):
        run = np.zeros((t.shape[0], t.shape[2]))
        for moment in range(t.shape[1]):
            value = sign * t[:, moment]
            run = np.where(value > threshold, run + value, 0.0)
            np.maximum(best, run.max(axis=1), out=best)
    return best


def _t_groups(flat: DoubleArray, labels: BoolArray) -> DoubleArray:
    """Two-sample t with pooled variance of each labelling ``(b, S)``, ``(b, columns)``."""
    second = labels.astype(np.float64)
    n2 = second.sum(axis=1, keepdims=True)
    n1 = flat.shape[0] - n2
    centred = flat - flat.mean(axis=0)
    sums = second @ centred
    # Centred columns: the first group's sum is the second's with the other sign.
    difference = sums / n2 + sums / n1
    within = (centred**2).sum(axis=0) - sums**2 / n2 - sums**2 / n1
    error = np.sqrt(within.clip(0) / (flat.shape[0] - 2) * (1 / n1 + 1 / n2))
    return np.asarray(np.divide(difference, error, out=np.zeros_like(difference), where=error > _TINY))


def _t_signs(flat: DoubleArray, signs: DoubleArray) -> DoubleArray:
    """One-sample t of each choice of signs ``(b, S)``."""
    count = flat.shape[0]
    mean = signs @ flat / count
    within = (flat**2).sum(axis=0) - count * mean**2
    error = np.sqrt(within.clip(0) / (count - 1) / count)
    return np.asarray(np.divide(mean, error, out=np.zeros_like(mean), where=error > _TINY))


def _signs(subjects: int, permutations: int, seed: int) -> list[DoubleArray]:
    rng = np.random.default_rng(seed)
    sizes = [min(_AT_ONCE, permutations - start) for start in range(0, permutations, _AT_ONCE)]
    return [rng.choice([-1.0, 1.0], (size, subjects)) for size in sizes]
