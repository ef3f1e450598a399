"""How much more than Poisson counts spread: by group, and shared over displays.

Each group's variance of subjects' own rates is the median over displays, weighted by what a display says about it; what
a display spreads beyond that is a factor, drawn towards the displays' median as far as it rests on few degrees of
freedom (McCarthy, Chen and Smyth, 2012, *Nucleic Acids Research* 40, 4288; Lund and others, 2012, *Stat. Appl. Genet.
Mol. Biol.* 11 (5), 8).
"""

from __future__ import annotations

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.stats.count_spread import Clusters, Fit, Spread

_LARGEST = 100.0
_HALVINGS = 40
_USUAL = 0.5
"""Dispersion that weighs displays before it is known."""
_FEWEST_DF, _FEWEST_DISPLAYS, _LEAST_PRIOR = 1.0, 4, 0.5


def row_dispersion(count: DoubleArray, fit: Fit, x: DoubleArray, rows: BoolArray) -> tuple[DoubleArray, DoubleArray]:
    """Dispersion of each display's rows by moments ``(T,)``, and what the rows say about it, ``(T,)``.

    The one at which Pearson's chi-square of these rows is what is left of their number (Breslow, 1984, *Applied
    Statistics* 33, 38); 0 where they spread no more than Poisson's.
    """
    mean = fit.weighted.mean
    free = (1 - leverage(fit, x))[rows].clip(0.0).sum(axis=0)
    mu, squared = mean[rows], (count[rows] - mean[rows]) ** 2
    safe = mu.clip(1e-300)

    def excess(dispersion: DoubleArray) -> DoubleArray:
        return np.asarray((squared / (safe * (1 + dispersion * mu))).sum(axis=0) - free)

    low, high = np.zeros(mu.shape[1]), np.full(mu.shape[1], _LARGEST)
    spread = excess(low) > 0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        over = excess(middle) > 0
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    said = ((mu / (1 + _USUAL * mu)) ** 2).sum(axis=0) * (free > 0)
    return np.where(spread, high, 0.0), np.asarray(said)


def leverage(fit: Fit, x: DoubleArray) -> DoubleArray:
    """Share of each row that the fit takes to itself, ``(n, T)``."""
    inverse = np.linalg.inv(fit.information)
    return np.asarray(np.einsum("ntk,tkj,nj->nt", fit.weighted.design(x), inverse, x))


def shared_level(
    count: DoubleArray, fit: Fit, x: DoubleArray, rows: BoolArray, dispersion: float, clusters: Clusters
) -> float:
    """How much of a dispersion is a subject's own level: from products of two rows of a subject, median over displays.

    What the fit takes away from such a product is given back.
    """
    mean = fit.weighted.mean
    pair = (mean / (mean + dispersion * mean**2).clip(1e-300)) * rows[:, None]
    left = pair * (count - mean)
    inverse = np.linalg.inv(fit.information)
    along = (pair * mean)[:, :, None] * x[:, None, :]
    sums = clusters.sums(along)
    taken = np.einsum("stk,tkj,stj->t", sums, inverse, sums) - np.einsum("ntk,tkj,ntj->t", along, inverse, along)
    product = (clusters.sums(left) ** 2).sum(axis=0) - (left**2).sum(axis=0) + taken
    said = (clusters.sums(pair * mean) ** 2).sum(axis=0) - ((pair * mean) ** 2).sum(axis=0)
    known = said > 0
    if not known.any():
        return 0.0
    return float(np.clip(weighted_median(product[known] / said[known], said[known]), 0.0, dispersion))


def group_spread(
    count: DoubleArray, fit: Fit, x: DoubleArray, group: IntArray, clusters: Clusters
) -> tuple[Spread, DoubleArray]:
    """The spread that displays share, group by group, and its dispersions ``(G,)``.

    Args:
        count: ``(n, T)``.
        fit: of their means.
        x: its design.
        group: ``(n,)`` numbers 0 to G - 1, the same in all rows of a cluster.
        clusters: of rows.
    """
    groups = int(group.max(initial=-1)) + 1
    total, within = np.zeros(groups), np.zeros(len(group))
    between = np.zeros(len(clusters))
    for one in range(groups):
        rows = group == one
        found, said = row_dispersion(count, fit, x, rows)
        total[one] = weighted_median(found, said) if said.any() else 0.0
        shared = shared_level(count, fit, x, rows, total[one], clusters) if clusters.repeated else 0.0
        within[rows] = total[one] - shared
        between[clusters.of_row[rows]] = shared
    return Spread(between[:, None], within[:, None], clusters), total


def weighted_median(values: DoubleArray, weights: DoubleArray) -> float:
    """The value at which half of the weight is reached."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def prior_freedom(variance: DoubleArray, df: DoubleArray, most: float) -> float:
    """Degrees of freedom that displays' common variance is worth to each of them: few where they really differ.

    As far as logarithms of variances scatter more than their degrees of freedom explain, with the moments of Smyth
    (2004, *Stat. Appl. Genet. Mol. Biol.* 3 (1), 3); displays weigh by their degrees of freedom.

    Args:
        variance: ``(T,)`` of displays, relative to their model.
        df: ``(T,)`` behind each.
        most: what it is at most.
    """
    from scipy.special import digamma, polygamma

    known = (df >= _FEWEST_DF) & (variance > 0)
    if known.sum() < _FEWEST_DISPLAYS:
        return most
    half, weight = df[known] / 2, df[known] / df[known].sum()
    level = np.log(variance[known]) - digamma(half) + np.log(half)
    scatter = float(weight @ (level - weight @ level) ** 2) / (1 - float(weight @ weight))
    left = scatter - float(weight @ polygamma(1, half))
    low, high = _LEAST_PRIOR, most
    if left <= polygamma(1, high / 2):
        return most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if polygamma(1, middle / 2) > left else (low, middle)
    return high
